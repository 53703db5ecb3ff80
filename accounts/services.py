"""The door to the pool: keeping accounts, lending them, and what is learned of them. No network here.

The functions live in modules by noun; other apps import them from here.
"""

from __future__ import annotations

from accounts.alert_review import alerts_review
from accounts.alerts import alert_raise, alerts_prune, alerts_repeat, alerts_resolve
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
from accounts.outbox import WebhookEvent, channel_test, deliveries_again, deliveries_prune, webhook_events_post
from accounts.parcels import Parcel, deliveries_claim, delivery_delivered, delivery_failed
from accounts.pool_state import PoolState, is_empty, pool_alerts, pool_state
from accounts.timeline import account_events_prune

__all__ = [
    "LeaseAnswer",
    "LeaseWant",
    "LentAccount",
    "Parcel",
    "PoolState",
    "WebhookEvent",
    "account_add",
    "account_checked_in",
    "account_credits_read",
    "account_events_prune",
    "account_failed",
    "account_probe_postponed",
    "account_probed_alive",
    "account_refund",
    "account_replace_sessionid",
    "account_unreadable",
    "accounts_enable",
    "accounts_read_balance",
    "accounts_request_probe",
    "accounts_rest",
    "accounts_succeeded",
    "accounts_wake",
    "alert_raise",
    "alerts_prune",
    "alerts_repeat",
    "alerts_resolve",
    "alerts_review",
    "channel_test",
    "deliveries_again",
    "deliveries_claim",
    "deliveries_prune",
    "delivery_delivered",
    "delivery_failed",
    "is_empty",
    "leases_release",
    "leases_sweep",
    "leases_take",
    "may_check_in",
    "passthrough_accounts",
    "passthrough_find",
    "passthrough_forget",
    "pool_alerts",
    "pool_state",
    "webhook_events_post",
]
