"""What a failure does to an account: out, barred, or at rest for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import TestCase, override_settings

from accounts.models import Account
from accounts.rotation import FailureClass
from accounts.services import account_failed, account_unreadable, accounts_succeeded
from tests.accounts.wants import AT, resting
from tests.factories import make_account

Health, Reason = Account.Health, Account.RestReason
ALIVE: dict[str, Any] = {"health": Health.ALIVE}


def fail(account: Account, failure: FailureClass, *, at: datetime = AT, **over: Any) -> Account:
    """Report it, and read the account anew."""
    account_failed(account_id=account.pk, failure=failure, code="1", detail="no", at=at, **over)
    return Account.objects.get(pk=account.pk)


class EachFailureTests(TestCase):
    def test_each_class_has_its_rest_and_its_reason(self) -> None:
        for failure, reason, seconds in (
            (FailureClass.BUSY, Reason.BUSY, 3),
            (FailureClass.THROTTLED, Reason.THROTTLED, 30),
            (FailureClass.RISK_HOLD, Reason.RISK_HOLD, 2 * 3600),
            (FailureClass.REGION, Reason.REGION, 24 * 3600),
            (FailureClass.UNREACHABLE, Reason.UNREACHABLE, 2),
            # AT is 20:00 in Shanghai: 4 h to midnight, and 5 minutes for the upstream
            (FailureClass.NO_CREDITS, Reason.NO_CREDITS, 4 * 3600 + 300),
        ):
            with self.subTest(failure):
                account = fail(make_account(**ALIVE), failure)
                assert (account.health, account.rest_reason) == (Health.RESTING, reason)
                assert account.rest_until == AT + timedelta(seconds=seconds)
                assert account.failures_in_a_row == 1

    def test_every_class_is_covered_here(self) -> None:
        elsewhere = {FailureClass.EXPIRED, FailureClass.BARRED}
        assert {each.value for each in set(FailureClass) - elsewhere} == set(Reason.values) - {Reason.OPERATOR}

    def test_no_credits_rest_until_the_next_gift_in_utc(self) -> None:
        # 2026-11-22 23:59 in Shanghai is 15:59 UTC: midnight is a minute away, the rest ends five minutes later
        account = fail(make_account(), FailureClass.NO_CREDITS, at=datetime(2026, 11, 22, 15, 59, tzinfo=UTC))
        assert account.rest_until == datetime(2026, 11, 22, 16, 5, tzinfo=UTC)

    @override_settings(JIMENG_PROBE_INTERVAL_S=3600.0)
    def test_an_expired_login_is_out_until_a_probe(self) -> None:
        account = fail(make_account(**resting(seconds=60)), FailureClass.EXPIRED)
        assert (account.health, account.rest_until, account.rest_reason) == (Health.EXPIRED, None, "")
        assert account.probe_due_at == AT + timedelta(hours=1)

    def test_a_login_that_cannot_be_decrypted_is_as_good_as_expired(self) -> None:
        account = make_account(**ALIVE)
        account_unreadable(account_id=account.pk, at=AT)
        account.refresh_from_db()
        assert (account.health, account.last_error_code) == (Health.EXPIRED, "unreadable")

    def test_barred_means_this_model_and_resolution_for_a_day(self) -> None:
        account = make_account(barred={"jimeng-5.0/4k": "2026-11-22T13:00:00+00:00"}, **ALIVE)
        account = fail(account, FailureClass.BARRED, model_key="jimeng-4.5/4k")
        assert (account.health, account.failures_in_a_row) == (Health.ALIVE, 0)
        assert account.barred == {
            "jimeng-5.0/4k": "2026-11-22T13:00:00+00:00",
            "jimeng-4.5/4k": "2026-11-23T12:00:00+00:00",
        }

    def test_what_was_said_is_kept_and_cut(self) -> None:
        account = make_account()
        account_failed(account_id=account.pk, failure=FailureClass.BUSY, code="1" * 50, detail="x" * 400, at=AT)
        account.refresh_from_db()
        assert (len(account.last_error_code), len(account.last_error_detail)) == (40, 300)
        assert account.last_error_at == AT

    def test_an_account_that_is_gone_is_no_fault(self) -> None:
        account_failed(account_id=12345, failure=FailureClass.BUSY, code="", detail="", at=AT)

    def test_with_some_credits_left_it_goes_on_serving_what_these_pay_for(self) -> None:
        for fields, health in (
            ({"gift_credits": 2, "gift_expires_at": None}, Health.ALIVE),
            ({"gift_credits": 2, "gift_expires_at": AT}, Health.RESTING),  # they have lapsed
            ({"gift_credits": 2, "spent_since_read": 2}, Health.RESTING),
        ):
            with self.subTest(fields):
                account = fail(make_account(**ALIVE, **fields), FailureClass.NO_CREDITS)
                assert (account.health, account.last_error_code) == (health, "1")

    @override_settings(JIMENG_RESTS={"busy": "0.5", "risk_hold": "90000"})
    def test_first_rests_are_settings(self) -> None:
        for failure, seconds in (
            (FailureClass.BUSY, 0.5),
            (FailureClass.RISK_HOLD, 90_000),
            (FailureClass.REGION, 86_400),
        ):
            with self.subTest(failure):
                account = fail(make_account(**ALIVE), failure)
                assert account.rest_until == AT + timedelta(seconds=seconds)

    def test_it_is_probed_once_its_rest_is_over(self) -> None:
        for due, probed_after_s in ((None, 3), (AT + timedelta(hours=6), 3), (AT + timedelta(seconds=1), 1)):
            with self.subTest(due=due):
                account = fail(make_account(probe_due_at=due, **ALIVE), FailureClass.BUSY)
                assert account.probe_due_at == AT + timedelta(seconds=probed_after_s)

    def test_a_callers_own_login_is_probed_by_its_use_alone(self) -> None:
        own = make_account(source=Account.Source.PASSTHROUGH, probe_due_at=None, **ALIVE)
        assert fail(own, FailureClass.BUSY).probe_due_at is None


class RepeatedFailureTests(TestCase):
    def test_a_failed_trial_doubles_the_rest_up_to_a_limit(self) -> None:
        account, at = make_account(), AT
        for seconds in (2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600):  # 2 s doubled, ten minutes at most
            account = fail(account, FailureClass.UNREACHABLE, at=at)
            assert account.rest_until == at + timedelta(seconds=seconds)
            at = account.rest_until

    def test_generations_that_fail_together_are_one_failure(self) -> None:
        account = make_account(**ALIVE)
        for _ in range(5):
            account = fail(account, FailureClass.UNREACHABLE)
        assert (account.failures_in_a_row, account.rest_until) == (1, AT + timedelta(seconds=2))
        for _ in range(3):
            account = fail(account, FailureClass.EXPIRED)
        assert account.failures_in_a_row == 1

    def test_a_short_rest_never_ends_a_long_one(self) -> None:
        account = fail(make_account(**ALIVE), FailureClass.RISK_HOLD)
        for failure in (FailureClass.BUSY, FailureClass.THROTTLED, FailureClass.UNREACHABLE):
            account = fail(account, failure, at=AT + timedelta(minutes=1))
            assert (account.rest_reason, account.rest_until) == (Reason.RISK_HOLD, AT + timedelta(hours=2))

    def test_a_long_rest_follows_upon_a_short_one(self) -> None:
        account = fail(fail(make_account(**ALIVE), FailureClass.BUSY), FailureClass.RISK_HOLD)
        assert (account.rest_reason, account.rest_until) == (Reason.RISK_HOLD, AT + timedelta(hours=2))

    def test_a_late_failure_does_not_bring_an_expired_login_back(self) -> None:
        for failure in set(FailureClass) - {FailureClass.BARRED}:
            with self.subTest(failure):
                account = fail(make_account(health=Health.EXPIRED), failure)
                assert (account.health, account.rest_until) == (Health.EXPIRED, None)

    def test_being_told_when_to_come_again_counts_for_throttling_alone(self) -> None:
        for failure, retry_after_s, seconds in (
            (FailureClass.THROTTLED, 90.0, 90),
            (FailureClass.THROTTLED, 0.0, 1),  # never at once
            (FailureClass.THROTTLED, 86400.0, 15 * 60),  # never for longer than the limit
            (FailureClass.BUSY, 90.0, 3),
            (FailureClass.RISK_HOLD, 90.0, 2 * 3600),
        ):
            with self.subTest(failure=failure, retry_after_s=retry_after_s):
                account = fail(make_account(), failure, retry_after_s=retry_after_s)
                assert account.rest_until == AT + timedelta(seconds=seconds)


class SuccessTests(TestCase):
    def after_success(self, **fields: Any) -> Account:
        account = make_account(**fields)
        accounts_succeeded(account_ids=[account.pk], at=AT)
        account.refresh_from_db()
        return account

    def test_it_ends_the_rests_that_it_disproves(self) -> None:
        for reason in (Reason.BUSY, Reason.UNREACHABLE):
            with self.subTest(reason):
                account = self.after_success(**resting(seconds=60, reason=reason))
                assert (account.health, account.rest_until, account.rest_reason) == (Health.ALIVE, None, "")
                assert account.failures_in_a_row == 0

    def test_it_proves_nothing_about_what_only_time_ends(self) -> None:
        for reason in (Reason.RISK_HOLD, Reason.THROTTLED, Reason.NO_CREDITS, Reason.REGION, Reason.OPERATOR):
            with self.subTest(reason):
                account = self.after_success(**resting(seconds=60, reason=reason))
                assert (account.health, account.rest_reason) == (Health.RESTING, reason)
                assert account.rest_until == AT + timedelta(seconds=60)

    def test_after_any_rest_a_trial_that_succeeds_ends_it(self) -> None:
        for reason in Reason.values:
            with self.subTest(reason):
                account = self.after_success(**resting(seconds=0, reason=reason))
                assert (account.health, account.failures_in_a_row) == (Health.ALIVE, 0)
