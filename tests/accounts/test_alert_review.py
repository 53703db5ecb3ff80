"""Open alerts about accounts are looked at again; the pool as a whole is summed up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase, TestCase

from accounts.alert_review import Verdict, verdict_on
from accounts.alerts import alerts_repeat
from accounts.models import Account, Alert, AlertChannel, AlertKind
from accounts.pool_state import PoolState, is_empty, sum_up
from accounts.services import account_replace_sessionid, accounts_enable, alert_raise, alerts_review
from tests.accounts.channels import make_channel, told
from tests.factories import make_account

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(hours=2), NOW - timedelta(seconds=1)
EXPIRED, HOLD, EXPIRING = AlertKind.ACCOUNT_EXPIRED, AlertKind.RISK_HOLD, AlertKind.ACCOUNT_EXPIRING
HELD = {"health": "resting", "rest_reason": "risk_hold"}


class VerdictTests(SimpleTestCase):
    def test_each_state_of_the_account_has_its_verdict(self) -> None:
        for kind, fields, wanted in (
            (EXPIRED, {"health": "expired"}, Verdict.SO),
            (EXPIRED, {"health": "unknown"}, Verdict.SO),  # renewed, not probed yet
            (EXPIRED, {"health": "alive"}, Verdict.OVER),
            (EXPIRED, {"health": "expired", "enabled": False}, Verdict.MOOT),
            (EXPIRED, {"health": "expired", "source": "passthrough"}, Verdict.MOOT),
            (HOLD, {**HELD, "rest_until": LATER}, Verdict.SO),
            (HOLD, {**HELD, "rest_until": BEFORE}, Verdict.OVER),
            (HOLD, {"health": "alive"}, Verdict.OVER),
            (HOLD, {"health": "resting", "rest_reason": "busy", "rest_until": LATER}, Verdict.OVER),
            (EXPIRING, {"health": "alive"}, Verdict.SO),
            (EXPIRING, {"health": "alive", "enabled": False}, Verdict.MOOT),
        ):
            with self.subTest(kind=kind, **fields):
                assert verdict_on(kind, Account(**fields), at=NOW) is wanted

    def test_an_account_that_is_gone_needs_nobody(self) -> None:
        assert verdict_on(EXPIRED, None, at=NOW) is Verdict.MOOT


class ReviewTests(TestCase):
    def setUp(self) -> None:
        make_channel()
        self.account = make_account(health="expired")
        alert_raise(kind=EXPIRED, subject=f"account:{self.account.pk}", at=NOW)

    def phases(self) -> list[str]:
        return [phase for *_, phase in told()]

    def test_an_account_that_was_switched_off_is_not_mentioned_again(self) -> None:
        accounts_enable(account_ids=[self.account.pk], enabled=False)
        alerts_review(at=LATER)
        assert Alert.objects.get().resolved_at == LATER
        assert self.phases() == ["raised"]

    def test_a_renewal_ends_all_that_was_said_of_the_old_login(self) -> None:
        alert_raise(kind=EXPIRING, subject=f"account:{self.account.pk}", at=NOW)
        account_replace_sessionid(account=self.account, sessionid="a-new-login-0001")
        assert not Alert.objects.filter(resolved_at=None).exists()
        assert self.phases() == ["raised", "raised", "over", "over"]

    def test_one_that_was_found_alive_without_a_word_is_over(self) -> None:
        Account.objects.update(health="alive")
        alerts_review(at=LATER)
        assert self.phases() == ["raised", "over"]

    def test_it_costs_four_queries_however_many_alerts_are_open(self) -> None:
        for _ in range(5):
            other = make_account(health="expired")
            alert_raise(kind=EXPIRED, subject=f"account:{other.pk}", at=NOW)
        with self.assertNumQueries(4):  # alerts, accounts, channels, what is due to be repeated
            alerts_review(at=NOW)

    def test_what_no_channel_wants_costs_nothing_more(self) -> None:
        AlertChannel.objects.all().delete()
        for _ in range(5):
            alert_raise(kind=HOLD, subject=f"account:{make_account().pk}", at=NOW)
        with self.assertNumQueries(1):
            assert alerts_repeat(at=NOW) == 0


def row(**over: Any) -> dict[str, Any]:
    credits: dict[str, Any] = {"gift_credits": 10, "purchase_credits": 0, "vip_credits": 0, "spent_since_read": 0}
    credits |= {"lapsing": [], "gift_expires_at": None}
    return {"health": "alive", "rest_until": None, **credits, **over}


class PoolStateTests(SimpleTestCase):
    def test_accounts_are_counted_by_what_keeps_them_from_serving(self) -> None:
        rows = [
            row(),
            row(health="unknown", gift_credits=None, purchase_credits=None, vip_credits=None),  # worth a try
            row(health="resting", rest_until=BEFORE),  # its rest is over
            row(health="resting", rest_until=LATER),
            row(health="expired"),
            row(gift_credits=0),
        ]
        state = sum_up(rows, at=NOW)
        assert (state.accounts, state.able, state.resting, state.expired, state.dry) == (6, 3, 1, 1, 1)

    def test_credits_count_where_they_can_be_used_soon(self) -> None:
        soon, late = NOW + timedelta(minutes=30), NOW + timedelta(hours=3)
        for over, wanted in (
            ({}, 10),
            ({"purchase_credits": 5, "spent_since_read": 3}, 12),
            ({"health": "resting", "rest_until": soon}, 10),
            ({"health": "resting", "rest_until": late}, 0),
            ({"health": "expired"}, 0),
        ):
            with self.subTest(over):
                assert sum_up([row(**over)], at=NOW).credits == wanted
        unread = row(gift_credits=None, purchase_credits=None, vip_credits=None)
        assert sum_up([unread], at=NOW).credits is None

    def test_a_new_gateway_is_not_an_empty_pool(self) -> None:
        for state, waiting, wanted in (
            (PoolState(), 0, False),
            (PoolState(), 1, True),
            (PoolState(accounts=2, able=1), 5, False),
            (PoolState(accounts=2), 0, True),
        ):
            with self.subTest(state=state, waiting=waiting):
                assert is_empty(state, waiting=waiting) is wanted
