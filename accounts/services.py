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
    may_check_in,
)
from accounts.health import (
    account_failed,
    account_probe_postponed,
    account_probed_alive,
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
from accounts.leases import LeaseAnswer, LeaseWant, LentAccount, leases_release, leases_sweep, leases_take
from accounts.login_warnings import logins_warn
from accounts.proxies import account_proxy_tested, account_set_proxy, accounts_request_proxy_test
from accounts.renewals import (
    renewal_answered,
    renewal_refused,
    renewal_refused_as_known,
    renewals_tidy,
    renewals_to_check,
)

__all__ = [
    "LeaseAnswer",
    "LeaseWant",
    "LentAccount",
    "account_add",
    "account_checked_in",
    "account_credits_read",
    "account_failed",
    "account_probe_postponed",
    "account_probed_alive",
    "account_proxy_tested",
    "account_refund",
    "account_replace_sessionid",
    "account_set_proxy",
    "account_unreadable",
    "accounts_enable",
    "accounts_read_balance",
    "accounts_request_probe",
    "accounts_request_proxy_test",
    "accounts_rest",
    "accounts_succeeded",
    "accounts_wake",
    "alert_raise",
    "alerts_resolve",
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
