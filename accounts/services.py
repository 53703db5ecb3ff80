"""The door to the pool: keeping accounts, lending them, and what is learned of them. No network here.

The functions live in modules by noun; other apps import them from here.
"""

from __future__ import annotations

from accounts.alerts import alert_raise, alerts_resolve
from accounts.balances import (
    account_checked_in,
    account_credits_read,
    account_refund,
    accounts_read_balance,
    accounts_request_check_in,
    may_check_in,
)
from accounts.bulk import bulk_items_done, bulk_progress, bulk_task_start, bulk_tasks_settle
from accounts.health import (
    account_failed,
    account_probe_postponed,
    account_probed_alive,
    account_unreadable,
    accounts_succeeded,
)
from accounts.imports import import_preview, import_store, imports_prune
from accounts.keeping import (
    account_add,
    account_replace_sessionid,
    accounts_enable,
    accounts_remove,
    accounts_request_probe,
    accounts_rest,
    accounts_tag,
    accounts_wake,
    passthrough_accounts,
    passthrough_find,
    passthrough_forget,
)
from accounts.leases import LeaseAnswer, LeaseWant, LentAccount, leases_release, leases_sweep, leases_take
from accounts.merging import account_merge

__all__ = [
    "LeaseAnswer",
    "LeaseWant",
    "LentAccount",
    "account_add",
    "account_checked_in",
    "account_credits_read",
    "account_failed",
    "account_merge",
    "account_probe_postponed",
    "account_probed_alive",
    "account_refund",
    "account_replace_sessionid",
    "account_unreadable",
    "accounts_enable",
    "accounts_read_balance",
    "accounts_remove",
    "accounts_request_check_in",
    "accounts_request_probe",
    "accounts_rest",
    "accounts_succeeded",
    "accounts_tag",
    "accounts_wake",
    "alert_raise",
    "alerts_resolve",
    "bulk_items_done",
    "bulk_progress",
    "bulk_task_start",
    "bulk_tasks_settle",
    "import_preview",
    "import_store",
    "imports_prune",
    "leases_release",
    "leases_sweep",
    "leases_take",
    "may_check_in",
    "passthrough_accounts",
    "passthrough_find",
    "passthrough_forget",
]
