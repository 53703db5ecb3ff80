"""Who we are at Jimeng (accounts), who may use us (API keys), and what people are told of both."""

from accounts.models.account import Account, AccountEvent, CreditSnapshot, Lease
from accounts.models.api_key import REVOKED_PREFIX, ApiKey
from accounts.models.keeping import BulkItem, BulkTask, ImportBatch, ImportEntry, RenewalLink
from accounts.models.notices import Alert, AlertChannel, AlertKind, Delivery

__all__ = [
    "REVOKED_PREFIX",
    "Account",
    "AccountEvent",
    "Alert",
    "AlertChannel",
    "AlertKind",
    "ApiKey",
    "BulkItem",
    "BulkTask",
    "CreditSnapshot",
    "Delivery",
    "ImportBatch",
    "ImportEntry",
    "Lease",
    "RenewalLink",
]
