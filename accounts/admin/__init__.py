"""The operator's desk for the pool: accounts, API keys, the users of the admin itself, and what they did."""

from accounts.admin.account import AccountAdmin
from accounts.admin.api_key import ApiKeyAdmin
from accounts.admin.audit_log import AuditLogAdmin
from accounts.admin.users import GroupAdmin, UserAdmin

__all__ = ["AccountAdmin", "ApiKeyAdmin", "AuditLogAdmin", "GroupAdmin", "UserAdmin"]
