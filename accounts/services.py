"""The door to the pool: keeping accounts, lending them, and what is learned of them. No network here.

The functions live in modules by noun; other apps import them from here.
"""

from __future__ import annotations

from accounts.alert_review import alerts_review
from accounts.alerts import alert_raise, alerts_prune, alerts_repeat, alerts_resolve
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
    account_unreadable,
    accounts_succeeded,
)
from accounts.import_previews import import_preview
from accounts.imports import import_store, imports_prune
from accounts.keeping import (
    account_add,
    account_replace_sessionid,
    accounts_enable,
    accounts_remove,
    accounts_request_probe,
    accounts_rest,
    accounts_tag,
    accounts_wake,
)
from accounts.leases import (
    LeaseAnswer,
    LeaseWant,
    accounts_hold,
    lease_outlook,
    leases_release,
    leases_sweep,
    leases_take,
)
from accounts.login_warnings import logins_warn
from accounts.merging import account_merge
from accounts.outbox import WebhookEvent, channel_test, deliveries_again, deliveries_prune, webhook_events_post
from accounts.parcels import Parcel, deliveries_claim, delivery_delivered, delivery_failed
from accounts.passthrough import passthrough_accounts, passthrough_find, passthrough_forget
from accounts.pool import LentAccount
from accounts.pool_state import PoolState, is_empty, pool_alerts, pool_state
from accounts.proxies import account_proxy_tested, account_set_proxy, accounts_request_proxy_test
from accounts.refreshing import accounts_read_balance
from accounts.renewals import (
    renewal_answered,
    renewal_refused,
    renewal_refused_as_known,
    renewals_tidy,
    renewals_to_check,
)
from accounts.timeline import account_events_prune

__all__ = [
    "Decision",
    "LeaseAnswer",
    "LeaseWant",
    "LentAccount",
    "Parcel",
    "PoolState",
    "Reading",
    "WebhookEvent",
    "account_add",
    "account_check_in_failed",
    "account_checked_in",
    "account_credits_read",
    "account_events_prune",
    "account_failed",
    "account_merge",
    "account_probe_postponed",
    "account_probed_alive",
    "account_proxy_tested",
    "account_ran_dry",
    "account_refund",
    "account_replace_sessionid",
    "account_set_proxy",
    "account_unreadable",
    "accounts_enable",
    "accounts_hold",
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
    "alerts_prune",
    "alerts_repeat",
    "alerts_resolve",
    "alerts_review",
    "bulk_items_done",
    "bulk_progress",
    "bulk_task_start",
    "bulk_tasks_settle",
    "channel_test",
    "check_ins_due",
    "check_ins_plan",
    "deliveries_again",
    "deliveries_claim",
    "deliveries_prune",
    "delivery_delivered",
    "delivery_failed",
    "import_preview",
    "import_store",
    "imports_prune",
    "is_empty",
    "lease_outlook",
    "leases_release",
    "leases_sweep",
    "leases_take",
    "logins_warn",
    "may_check_in",
    "passthrough_accounts",
    "passthrough_find",
    "passthrough_forget",
    "pool_alerts",
    "pool_state",
    "renewal_answered",
    "renewal_refused",
    "renewal_refused_as_known",
    "renewals_tidy",
    "renewals_to_check",
    "webhook_events_post",
]
