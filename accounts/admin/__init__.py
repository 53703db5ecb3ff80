"""The operator's desk for the pool: accounts, API keys and the users of the admin itself."""

from accounts.admin.account import AccountAdmin
from accounts.admin.api_key import ApiKeyAdmin
from accounts.admin.users import GroupAdmin, UserAdmin

__all__ = ["AccountAdmin", "ApiKeyAdmin", "GroupAdmin", "UserAdmin"]
