"""The operator's desk for the pool: accounts, API keys, the users of the admin itself, and what they did."""

from accounts.admin.account import AccountAdmin
from accounts.admin.alert import AlertAdmin
from accounts.admin.alert_channel import AlertChannelAdmin
from accounts.admin.api_key import ApiKeyAdmin
from accounts.admin.audit_log import AuditLogAdmin
from accounts.admin.bulk import BulkTaskAdmin
from accounts.admin.delivery import DeliveryAdmin
from accounts.admin.imports import ImportAdmin
from accounts.admin.users import GroupAdmin, UserAdmin

__all__ = [
    "AccountAdmin",
    "AlertAdmin",
    "AlertChannelAdmin",
    "ApiKeyAdmin",
    "AuditLogAdmin",
    "BulkTaskAdmin",
    "DeliveryAdmin",
    "GroupAdmin",
    "ImportAdmin",
    "UserAdmin",
]
