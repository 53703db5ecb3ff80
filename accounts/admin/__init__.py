"""The operator's desk for the pool: accounts, API keys and the users of the admin itself."""

from accounts.admin.account import AccountAdmin
from accounts.admin.api_key import ApiKeyAdmin
from accounts.admin.bulk import BulkTaskAdmin
from accounts.admin.imports import ImportAdmin
from accounts.admin.users import GroupAdmin, UserAdmin

__all__ = ["AccountAdmin", "ApiKeyAdmin", "BulkTaskAdmin", "GroupAdmin", "ImportAdmin", "UserAdmin"]
