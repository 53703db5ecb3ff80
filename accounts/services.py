"""The door to the pool: keeping accounts, lending them, and what is learned of them. No network here.

The functions live in modules by noun; other apps import them from here.
"""

from __future__ import annotations

from accounts.alerts import alert_raise, alerts_resolve
from accounts.balances import Reading, account_credits_read, account_refund
from accounts.bulk import bulk_items_done, bulk_progress, bulk_task_start, bulk_tasks_settle
from accounts.check_ins import (
    account_check_in_failed,
    account_checked_in,
    accounts_request_check_in,
    check_ins_due,
    check_ins_plan,
    may_check_in,
)
from accounts.decisions import Decision
from accounts.health import (
    account_failed,
    account_probe_postponed,
    account_probed_alive,
    account_ran_dry,
    account_refilled,
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
from accounts.leases import LeaseAnswer, LeaseWant, lease_outlook, leases_release, leases_sweep, leases_take
from accounts.merging import account_merge
from accounts.pool import LentAccount
from accounts.proxies import account_proxy_tested, account_set_proxy, accounts_request_proxy_test
from accounts.refreshing import accounts_read_balance
from accounts.renewals import (
    logins_warn,
    renewal_answered,
    renewal_refused,
    renewal_refused_as_known,
    renewals_tidy,
    renewals_to_check,
)

__all__ = [
    "Decision",
    "LeaseAnswer",
    "LeaseWant",
    "LentAccount",
    "Reading",
    "account_add",
    "account_check_in_failed",
    "account_checked_in",
    "account_credits_read",
    "account_failed",
    "account_merge",
    "account_probe_postponed",
    "account_probed_alive",
    "account_proxy_tested",
    "account_ran_dry",
    "account_refilled",
    "account_refund",
    "account_replace_sessionid",
    "account_set_proxy",
    "account_unreadable",
    "accounts_enable",
    "accounts_read_balance",
    "accounts_remove",
    "accounts_request_check_in",
    "accounts_request_probe",
    "accounts_request_proxy_test",
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
    "check_ins_due",
    "check_ins_plan",
    "import_preview",
    "import_store",
    "imports_prune",
    "lease_outlook",
    "leases_release",
    "leases_sweep",
    "leases_take",
    "logins_warn",
    "may_check_in",
    "passthrough_accounts",
    "passthrough_find",
    "passthrough_forget",
    "renewal_answered",
    "renewal_refused",
    "renewal_refused_as_known",
    "renewals_tidy",
    "renewals_to_check",
]
