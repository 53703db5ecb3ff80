"""The operator's desk: generations (read-only: what was asked, who served it, what it cost) and model aliases."""

from generation.admin.alias import ModelAliasAdmin
from generation.admin.api_key import UsedApiKeyAdmin
from generation.admin.generation import GenerationAdmin

__all__ = ["GenerationAdmin", "ModelAliasAdmin", "UsedApiKeyAdmin"]
