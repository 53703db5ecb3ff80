"""The operator's desk: generations (read-only: what was asked, who served it, what it cost), aliases, prices."""

from accounts.admin import AccountAdmin
from generation.admin.account_use import account_use
from generation.admin.alias import ModelAliasAdmin
from generation.admin.api_key import UsedApiKeyAdmin
from generation.admin.generation import GenerationAdmin
from generation.admin.price import PriceAdmin

__all__ = ["GenerationAdmin", "ModelAliasAdmin", "PriceAdmin", "UsedApiKeyAdmin"]

AccountAdmin.more_panels.append(account_use)
