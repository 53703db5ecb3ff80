"""The operator's desk: generations (read-only: what was asked, who served it, what it cost) and model aliases."""

from accounts.admin import AccountAdmin
from generation.admin.account_use import account_use
from generation.admin.alias import ModelAliasAdmin
from generation.admin.generation import GenerationAdmin

__all__ = ["GenerationAdmin", "ModelAliasAdmin"]

AccountAdmin.more_panels.append(account_use)
