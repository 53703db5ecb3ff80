"""The daily gift: when each account asks for it, and what is kept of the answers. Days are those of Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.test import TestCase, override_settings

from accounts import services
from accounts.check_ins import PLANNED_AT_ONCE, check_in_moment, check_in_moment_tomorrow
from accounts.models import Account, AccountEvent
from tests.accounts.wants import resting
from tests.factories import make_account

Health, Reason, Result = Account.Health, Account.RestReason, Account.CheckInResult
MIDNIGHT = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 00:00 on the 22nd in Shanghai
FIRST = MIDNIGHT + timedelta(minutes=5)
NOON = MIDNIGHT + timedelta(hours=12)
DAY = timedelta(days=1)
PLANNED = {"JIMENG_CHECK_IN": True, "JIMENG_CHECK_IN_SPREAD_S": 4 * 3600.0}


def planned(account: Account, *, at: datetime) -> datetime | None:
    services.check_ins_plan(at=at)
    account.refresh_from_db()
    return account.check_in_due_at


def due(*, at: datetime) -> list[int]:
    return [account.pk for account in services.check_ins_due(at=at)]


def told(account: Account) -> tuple[str, int | None, date | None]:
    account.refresh_from_db()
    return account.check_in_result, account.check_in_credits, account.checked_in_on


def events(account: Account) -> list[tuple[str, dict[str, Any]]]:
    """Since it was added."""
    since = account.events.exclude(kind=AccountEvent.Kind.ADDED)
    return list(since.order_by("pk").values_list("kind", "detail"))


@override_settings(**PLANNED)
class MomentTests(TestCase):
    def test_each_account_has_its_own_moment_of_each_day(self) -> None:
        moments = {check_in_moment(pk, after=MIDNIGHT) for pk in range(100)}
        assert len(moments) == 100
        assert all(FIRST <= moment <= FIRST + timedelta(hours=4) for moment in moments)
        assert min(moments) < FIRST + timedelta(hours=1) < FIRST + timedelta(hours=3) < max(moments)
        assert check_in_moment(7, after=MIDNIGHT) == check_in_moment(7, after=MIDNIGHT + timedelta(seconds=1))
        assert check_in_moment(7, after=MIDNIGHT + DAY) - DAY != check_in_moment(7, after=MIDNIGHT)

    def test_one_whose_moment_has_passed_is_asked_soon(self) -> None:
        for pk in range(50):
            assert NOON <= check_in_moment(pk, after=NOON) <= NOON + timedelta(minutes=5)

    @override_settings(JIMENG_CHECK_IN_SPREAD_S=3 * 86_400.0)
    def test_however_far_they_are_spread_each_is_within_its_day(self) -> None:
        assert all(check_in_moment(pk, after=MIDNIGHT) < MIDNIGHT + DAY for pk in range(100))

    def test_tomorrow_begins_at_midnight_in_shanghai(self) -> None:
        last = MIDNIGHT + DAY - timedelta(seconds=1)
        for pk in range(20):
            assert check_in_moment_tomorrow(pk, at=last) == check_in_moment(pk, after=MIDNIGHT + DAY)

    def test_without_a_spread_all_are_asked_at_once(self) -> None:
        with override_settings(JIMENG_CHECK_IN_SPREAD_S=0.0):
            assert {check_in_moment(pk, after=MIDNIGHT) for pk in range(20)} == {FIRST}
            assert {check_in_moment(pk, after=NOON) for pk in range(20)} == {NOON}


@override_settings(**PLANNED)
class PlanTests(TestCase):
    def test_whoever_has_no_moment_gets_one(self) -> None:
        fresh, done = make_account(), make_account(checked_in_on=date(2026, 11, 22))
        services.check_ins_plan(at=MIDNIGHT)
        assert planned(fresh, at=MIDNIGHT) == check_in_moment(fresh.pk, after=MIDNIGHT)
        assert planned(done, at=MIDNIGHT) == check_in_moment_tomorrow(done.pk, at=MIDNIGHT)

    def test_a_plan_that_stands_is_left_alone(self) -> None:
        account = make_account(check_in_due_at=NOON)
        assert planned(account, at=MIDNIGHT) == NOON

    def test_what_a_clock_that_ran_ahead_has_planned_is_planned_anew(self) -> None:
        account = make_account()
        assert planned(account, at=MIDNIGHT + 500 * DAY) is not None
        assert planned(account, at=MIDNIGHT) == check_in_moment(account.pk, after=MIDNIGHT)
        tomorrow = check_in_moment_tomorrow(account.pk, at=MIDNIGHT)
        Account.objects.update(checked_in_on=date(2026, 11, 22), check_in_due_at=tomorrow)
        assert planned(account, at=MIDNIGHT) == tomorrow

    def test_many_are_planned_in_batches(self) -> None:
        for _ in range(PLANNED_AT_ONCE + 1):
            make_account()
        assert [services.check_ins_plan(at=MIDNIGHT) for _ in range(3)] == [PLANNED_AT_ONCE, 1, 0]

    def test_the_disabled_and_callers_own_logins_have_none(self) -> None:
        for fields in ({"enabled": False}, {"source": Account.Source.PASSTHROUGH}):
            with self.subTest(fields):
                assert planned(make_account(**fields), at=MIDNIGHT) is None

    def test_without_check_ins_none_is_planned_but_what_was_asked_for_stays(self) -> None:
        fresh, later, asked = make_account(), make_account(check_in_due_at=NOON), make_account()
        services.accounts_request_check_in(account_ids=[asked.pk], at=MIDNIGHT)
        with override_settings(JIMENG_CHECK_IN=False):
            assert [planned(account, at=MIDNIGHT) for account in (fresh, later, asked)] == [None, None, MIDNIGHT]
            assert due(at=MIDNIGHT) == [asked.pk]
            services.account_checked_in(account_id=asked.pk, received=66, at=MIDNIGHT)
            assert planned(asked, at=MIDNIGHT) is None

    def test_who_is_due_first_comes_first(self) -> None:
        second, first = make_account(check_in_due_at=FIRST), make_account(check_in_due_at=MIDNIGHT)
        make_account(check_in_due_at=NOON)
        assert due(at=FIRST) == [first.pk, second.pk]

    def test_those_that_cannot_be_asked_wait(self) -> None:
        held = resting(seconds=3600, reason=Reason.RISK_HOLD)
        for fields, waits in (
            ({"health": Health.EXPIRED}, True),
            ({"enabled": False}, True),
            ({**held, "rest_until": NOON + timedelta(hours=1)}, True),
            ({**held, "rest_until": NOON}, False),
            ({**resting(seconds=0, reason=Reason.NO_CREDITS), "rest_until": NOON + DAY}, False),
        ):
            with self.subTest(fields):
                account = make_account(check_in_due_at=MIDNIGHT, **fields)
                assert (account.pk in due(at=NOON)) is not waits


@override_settings(**PLANNED)
class AnswerTests(TestCase):
    def test_a_gift_is_kept_with_its_day_and_the_next_one_planned(self) -> None:
        account = make_account(check_in_due_at=FIRST, check_in_attempts=2)
        services.account_checked_in(account_id=account.pk, received=66, at=FIRST)
        assert told(account) == (Result.RECEIVED, 66, date(2026, 11, 22))
        assert (account.check_in_attempts, account.check_in_detail) == (0, "")
        assert account.check_in_due_at == check_in_moment(account.pk, after=MIDNIGHT + DAY)
        assert events(account) == [(AccountEvent.Kind.CHECKED_IN, {"result": "received", "credits": 66})]

    def test_a_gift_that_was_given_before_is_told_as_such(self) -> None:
        account = make_account()
        services.account_checked_in(account_id=account.pk, received=0, at=FIRST)
        assert told(account) == (Result.ALREADY, None, date(2026, 11, 22))

    def test_asking_again_never_hides_the_gift_of_today(self) -> None:
        account = make_account()
        services.account_checked_in(account_id=account.pk, received=66, at=FIRST)
        services.account_checked_in(account_id=account.pk, received=0, at=NOON)
        services.account_check_in_failed(account_id=account.pk, code="1000", detail="no", at=NOON)
        assert told(account) == (Result.RECEIVED, 66, date(2026, 11, 22))
        services.account_checked_in(account_id=account.pk, received=0, at=NOON + DAY)
        assert told(account) == (Result.ALREADY, None, date(2026, 11, 23))

    def test_failures_are_tried_again_after_pauses_that_grow_and_then_tomorrow(self) -> None:
        account, at = make_account(), FIRST
        for pause in (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6)):
            services.account_check_in_failed(account_id=account.pk, code="5xx", detail="HTTP 502", at=at)
            assert told(account) == (Result.FAILED, None, None)
            assert account.check_in_due_at == at + pause
            at += pause
        services.account_check_in_failed(account_id=account.pk, code="5xx", detail="HTTP 502", at=at)
        account.refresh_from_db()
        assert (account.check_in_attempts, account.check_in_detail) == (0, "5xx HTTP 502")
        assert account.check_in_due_at == check_in_moment_tomorrow(account.pk, at=at)
        assert events(account)[-1] == (AccountEvent.Kind.CHECK_IN_FAILED, {"code": "5xx", "text": "HTTP 502"})

    def test_a_pause_never_reaches_into_the_next_day(self) -> None:
        account, late = make_account(), MIDNIGHT + DAY - timedelta(minutes=10)
        services.account_check_in_failed(account_id=account.pk, code="", detail="", at=late)
        account.refresh_from_db()
        assert account.check_in_due_at == check_in_moment_tomorrow(account.pk, at=late)

    def test_asking_is_worth_it_once_a_day_and_not_in_a_pause(self) -> None:
        account = make_account()
        assert services.may_check_in(account, at=FIRST)
        services.account_check_in_failed(account_id=account.pk, code="", detail="", at=FIRST)
        account.refresh_from_db()
        assert not services.may_check_in(account, at=FIRST + timedelta(minutes=29))
        assert services.may_check_in(account, at=FIRST + timedelta(minutes=30))
        services.account_checked_in(account_id=account.pk, received=0, at=NOON)
        account.refresh_from_db()
        assert not services.may_check_in(account, at=MIDNIGHT + DAY - timedelta(seconds=1))
        assert services.may_check_in(account, at=MIDNIGHT + DAY)

    def test_a_callers_own_login_is_not_asked_again_by_itself(self) -> None:
        account = make_account(source=Account.Source.PASSTHROUGH)
        services.account_checked_in(account_id=account.pk, received=66, at=FIRST)
        account.refresh_from_db()
        assert account.check_in_due_at is None
