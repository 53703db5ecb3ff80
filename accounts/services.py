"""The door to the pool: keeping accounts, lending them, and what is learned of them. No network here.

The functions live in modules by noun; other apps import them from here.
"""

from __future__ import annotations

from accounts.alerts import alert_raise, alerts_resolve
from accounts.balances import Reading, account_credits_read, account_refund
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
from accounts.keeping import (
    account_add,
    account_replace_sessionid,
    accounts_enable,
    accounts_request_probe,
    accounts_rest,
    accounts_wake,
    passthrough_accounts,
    passthrough_find,
    passthrough_forget,
)
from accounts.leases import LeaseAnswer, LeaseWant, lease_outlook, leases_release, leases_sweep, leases_take
from accounts.pool import LentAccount
from accounts.refreshing import accounts_read_balance

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
    "account_probe_postponed",
    "account_probed_alive",
    "account_ran_dry",
    "account_refilled",
    "account_refund",
    "account_replace_sessionid",
    "account_unreadable",
    "accounts_enable",
    "accounts_read_balance",
    "accounts_request_check_in",
    "accounts_request_probe",
    "accounts_rest",
    "accounts_succeeded",
    "accounts_wake",
    "alert_raise",
    "alerts_resolve",
    "check_ins_due",
    "check_ins_plan",
    "lease_outlook",
    "leases_release",
    "leases_sweep",
    "leases_take",
    "may_check_in",
    "passthrough_accounts",
    "passthrough_find",
    "passthrough_forget",
]
