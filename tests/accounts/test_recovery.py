"""How an account comes back by itself when the cause of its rest has ended, with and without traffic."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import TestCase, override_settings

from accounts.models import Account, AccountEvent
from accounts.rotation import FailureClass
from accounts.services import account_failed, account_probed_alive, account_ran_dry, accounts_rest, accounts_succeeded
from tests.accounts.wants import AT, resting
from tests.factories import make_account

Health, Reason, Event = Account.Health, Account.RestReason, AccountEvent.Kind
ENDED_BY_TIME = (Reason.BUSY, Reason.THROTTLED, Reason.RISK_HOLD, Reason.REGION, Reason.OPERATOR)


def probed(account: Account, *, at: datetime = AT) -> Account:
    account_probed_alive(account_id=account.pk, user_id="4711", screen_name="cat", at=at)
    return Account.objects.get(pk=account.pk)


def failed(account: Account, failure: FailureClass, *, at: datetime) -> Account:
    account_failed(account_id=account.pk, failure=failure, code="1", detail="no", at=at)
    return Account.objects.get(pk=account.pk)


def kinds(account: Account) -> list[str]:
    """Of its events since it was added."""
    return [each.kind for each in account.events.exclude(kind=Event.ADDED).order_by("pk")]


@override_settings(JIMENG_PROBE_INTERVAL_S=3600.0)
class RestOverTests(TestCase):
    def test_a_probe_after_the_rest_ends_it_and_says_so(self) -> None:
        for reason in ENDED_BY_TIME:
            with self.subTest(reason):
                account = probed(make_account(ill_since=AT, **resting(seconds=0, reason=reason)))
                assert (account.health, account.rest_until, account.rest_reason) == (Health.ALIVE, None, "")
                assert account.ill_since is None
                assert kinds(account) == [Event.RECOVERED, Event.PROBED]

    def test_a_probe_before_its_end_leaves_it_and_is_repeated_when_it_is_over(self) -> None:
        for seconds, next_s in ((60, 60), (7200, 3600)):  # never later than the usual interval
            with self.subTest(seconds=seconds):
                account = probed(make_account(**resting(seconds=seconds, reason=Reason.BUSY)))
                assert (account.health, kinds(account)) == (Health.RESTING, [Event.PROBED])
                assert account.probe_due_at == AT + timedelta(seconds=next_s)

    def test_want_of_credits_is_ended_by_credits_alone(self) -> None:
        account = probed(make_account(**resting(seconds=0, reason=Reason.NO_CREDITS)))
        assert (account.health, account.rest_reason) == (Health.RESTING, Reason.NO_CREDITS)

    def test_a_rest_by_a_person_is_looked_at_when_it_is_over(self) -> None:
        until = AT + timedelta(hours=1)
        for due, probe_due_at in ((None, until), (until + timedelta(hours=5), until), (AT, AT)):
            with self.subTest(due=due):
                account = make_account(probe_due_at=due)
                accounts_rest(account_ids=[account.pk], until=until)
                account.refresh_from_db()
                assert account.probe_due_at == probe_due_at


class DryTests(TestCase):
    def test_one_without_credits_rests_until_the_next_gift_unless_it_is_worse(self) -> None:
        # AT is 20:00 in Shanghai: 4 h to midnight, and 5 minutes for the upstream
        gift = AT + timedelta(hours=4, minutes=5)
        for fields, rest in (
            ({"health": Health.ALIVE}, (Health.RESTING, Reason.NO_CREDITS, gift)),
            ({"health": Health.UNKNOWN}, (Health.RESTING, Reason.NO_CREDITS, gift)),
            ({"health": Health.EXPIRED}, (Health.EXPIRED, "", None)),
            (
                resting(seconds=60, reason=Reason.RISK_HOLD),
                (Health.RESTING, Reason.RISK_HOLD, AT + timedelta(seconds=60)),
            ),
        ):
            with self.subTest(fields):
                account = make_account(**fields)
                account_ran_dry(account_id=account.pk, at=AT)
                account.refresh_from_db()
                assert (account.health, account.rest_reason, account.rest_until) == rest


class TrialTests(TestCase):
    def test_a_failure_after_a_probe_ended_the_rest_doubles_it_all_the_same(self) -> None:
        account, at = make_account(health=Health.ALIVE), AT
        for seconds in (3, 6, 12, 24):
            account = failed(account, FailureClass.BUSY, at=at)
            assert account.rest_until == at + timedelta(seconds=seconds)
            at = account.rest_until
            account = probed(account, at=at)
            assert account.health == Health.ALIVE

    def test_a_success_makes_it_begin_anew(self) -> None:
        account = probed(failed(make_account(), FailureClass.BUSY, at=AT), at=AT + timedelta(seconds=3))
        accounts_succeeded(account_ids=[account.pk], at=AT + timedelta(seconds=4))
        account = failed(account, FailureClass.BUSY, at=AT + timedelta(seconds=5))
        assert (account.failures_in_a_row, account.rest_until) == (1, AT + timedelta(seconds=5 + 3))

    def test_failures_of_yesterday_are_not_in_a_row_with_those_of_today(self) -> None:
        for hours, left in ((23, 2), (25, 0)):
            fields: dict[str, Any] = {"failures_in_a_row": 2, "last_error_at": AT - timedelta(hours=hours)}
            with self.subTest(hours=hours):
                assert probed(make_account(health=Health.ALIVE, **fields)).failures_in_a_row == left

    def test_a_probe_that_reached_jimeng_ends_that_rest_early_and_forgets_nothing(self) -> None:
        account = probed(make_account(last_error_at=AT, **resting(seconds=60, reason=Reason.UNREACHABLE)))
        assert (account.health, account.rest_until, account.failures_in_a_row) == (Health.ALIVE, None, 1)
        account = failed(account, FailureClass.UNREACHABLE, at=AT)
        assert account.rest_until == AT + timedelta(seconds=4)  # the second one
