"""Balances, daily gifts and probes: what is learned of an account when nothing is generated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase, override_settings

from accounts import services
from accounts.funds import Funds
from accounts.models import Account, AccountEvent, CreditSnapshot
from tests.accounts.readings import TONIGHT, read
from tests.accounts.wants import AT, resting
from tests.factories import make_account

Health, Reason = Account.Health, Account.RestReason


class BalanceTests(TestCase):
    def test_a_balance_is_the_parts_that_are_known_less_what_was_spent_since(self) -> None:
        for gift, purchase, vip, spent, balance in (
            (None, None, None, 0, None),
            (None, None, None, 9, None),
            (22, None, None, 0, 22),
            (22, 10, 5, 7, 30),  # 22 + 10 + 5 - 7
            (2, 0, 0, 5, 0),  # never below nothing
        ):
            with self.subTest(gift=gift, spent=spent):
                account = Account(gift_credits=gift, purchase_credits=purchase, vip_credits=vip, spent_since_read=spent)
                assert account.credits == balance

    def test_reading_it_replaces_the_estimate(self) -> None:
        account = make_account(spent_since_read=40)
        assert read(account, 22, 10, 5, expiring=[(22, TONIGHT)]) is None  # there was none before
        assert (account.gift_credits, account.purchase_credits, account.vip_credits) == (22, 10, 5)
        assert (account.funds(at=AT), account.spent_since_read) == (Funds(((TONIGHT, 22),), 15), 0)
        assert (account.gift_expires_at, account.credits_at) == (TONIGHT, AT)

    def test_the_balance_of_before_is_told(self) -> None:
        account = make_account()
        read(account, 30, 10, 5, expiring=[(22, TONIGHT)])
        before = read(account, 1, at=AT + timedelta(hours=1))
        assert before == services.Reading(gift=30, purchase=10, vip=5, lapses=((22, TONIGHT),), at=AT)

    def test_a_dry_account_wakes_when_it_has_credits(self) -> None:
        for credits, health in ((1, Health.ALIVE), (0, Health.RESTING)):
            with self.subTest(credits=credits):
                account = make_account(**resting(seconds=3600, reason=Reason.NO_CREDITS), ill_since=AT)
                read(account, credits)
                assert account.health == health
                assert (account.rest_until is None, account.ill_since is None) == (credits > 0, credits > 0)
                recovered = account.events.filter(kind=AccountEvent.Kind.RECOVERED, at=AT)
                assert recovered.count() == (1 if credits else 0)

    def test_credits_end_no_other_rest(self) -> None:
        for reason in set(Reason.values) - {Reason.NO_CREDITS}:
            with self.subTest(reason):
                account = make_account(**resting(seconds=3600, reason=reason))
                read(account, 66)
                assert (account.health, account.rest_reason) == (Health.RESTING, reason)

    def test_a_snapshot_is_taken_when_something_changed(self) -> None:
        account, other = make_account(), make_account()
        for minute, parts in enumerate(((22, 0, 0), (22, 0, 0), (0, 22, 0), (0, 22, 0), (22, 0, 0))):
            read(account, *parts, at=AT + timedelta(minutes=minute))
        read(other, 22)
        taken = CreditSnapshot.objects.filter(account=account).order_by("at")
        assert [(each.at.minute, each.gift, each.purchase, each.vip) for each in taken] == [
            (0, 22, 0, 0),
            (2, 0, 22, 0),
            (4, 22, 0, 0),
        ]
        assert CreditSnapshot.objects.filter(account=other).count() == 1


@override_settings(JIMENG_PROBE_INTERVAL_S=3600.0)
class ProbeTests(TestCase):
    def probed(self, **fields: Any) -> Account:
        account = make_account(**fields)
        services.account_probed_alive(account_id=account.pk, user_id="4711", screen_name="猫", at=AT)
        account.refresh_from_db()
        return account

    def test_it_tells_who_the_login_is(self) -> None:
        account = self.probed()
        assert (account.upstream_user_id, account.screen_name) == ("4711", "猫")
        assert (account.probed_at, account.probe_due_at) == (AT, AT + timedelta(hours=1))

    def test_it_revives_whom_it_disproves(self) -> None:
        for fields in (
            {"health": Health.UNKNOWN},
            {"health": Health.EXPIRED, "failures_in_a_row": 3},
            {**resting(seconds=600, reason=Reason.UNREACHABLE), "failures_in_a_row": 0},
        ):
            with self.subTest(fields):
                account = self.probed(**fields)
                assert (account.health, account.failures_in_a_row) == (Health.ALIVE, 0)
                assert (account.rest_until, account.rest_reason) == (None, "")

    def test_a_rest_that_only_time_ends_goes_on(self) -> None:
        for reason in set(Reason.values) - {Reason.UNREACHABLE}:
            with self.subTest(reason):
                account = self.probed(**resting(seconds=600, reason=reason))
                assert (account.health, account.rest_reason) == (Health.RESTING, reason)
                assert account.rest_until == AT + timedelta(seconds=600)

    def test_a_probe_that_could_not_be_made_is_tried_later(self) -> None:
        account = make_account()
        services.account_probe_postponed(account_id=account.pk, until=AT + timedelta(minutes=5))
        account.refresh_from_db()
        assert account.probe_due_at == AT + timedelta(minutes=5)
        assert account.health == Health.UNKNOWN

    def test_names_that_are_too_long_are_cut(self) -> None:
        account = make_account()
        services.account_probed_alive(account_id=account.pk, user_id="1" * 50, screen_name="x" * 150, at=AT)
        account.refresh_from_db()
        assert (len(account.upstream_user_id), len(account.screen_name)) == (40, 100)


class DueTests(TestCase):
    def test_who_is_probed(self) -> None:
        past, future = AT, AT + timedelta(seconds=1)
        for why, fields, due in (
            ("due now", {"probe_due_at": past}, True),
            ("not yet", {"probe_due_at": future}, False),
            ("never", {"probe_due_at": None}, False),
            ("disabled", {"probe_due_at": past, "enabled": False}, False),
            ("expired", {"probe_due_at": past, "health": Health.EXPIRED}, True),
            ("out of credits", {"probe_due_at": past, **resting(seconds=60, reason=Reason.NO_CREDITS)}, True),
            ("held", {"probe_due_at": past, **resting(seconds=60, reason=Reason.RISK_HOLD)}, False),
            ("held until now", {"probe_due_at": past, **resting(seconds=0, reason=Reason.RISK_HOLD)}, True),
        ):
            with self.subTest(why):
                account = make_account(**fields)
                assert Account.objects.filter(pk=account.pk).due_for_probe(at=AT).exists() == due
