"""Why there is no account just now: wait, come again later, or mend something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase

from accounts.errors import PoolBusy, PoolEmpty, PoolOutOfCredits, UpstreamLoginExpired
from accounts.leases import LeaseAnswer
from accounts.models import Account, Lease
from tests.accounts.wants import AT, lease, lent, make_ready, resting, take, want

EXPIRED: dict[str, Any] = {"health": Account.Health.EXPIRED}
DRY: dict[str, Any] = {"gift_credits": 2}  # one picture costs 3
DISABLED: dict[str, Any] = {"enabled": False}
BARRED: dict[str, Any] = {"barred": {"jimeng-4.5/2k": (AT + timedelta(hours=1)).isoformat()}}
LONG = 3600.0  # patience is five minutes


def why_not(**over: Any) -> LeaseAnswer:
    (answer,) = take(want(**over))
    assert answer.account is None
    return answer


class RefusalTests(TestCase):
    def test_each_state_of_the_pool_has_its_answer(self) -> None:
        table: tuple[tuple[str, tuple[dict[str, Any], ...], type[Exception]], ...] = (
            ("nobody there", (), PoolEmpty),
            ("all disabled", (DISABLED, DISABLED), PoolEmpty),
            ("all expired", (EXPIRED, EXPIRED), UpstreamLoginExpired),
            ("expired ones with no credits are expired", (EXPIRED | DRY,), UpstreamLoginExpired),
            ("disabled ones do not count", (EXPIRED, DISABLED), UpstreamLoginExpired),
            ("all dry", (DRY, DRY), PoolOutOfCredits),
            ("expired or dry", (EXPIRED, DRY), PoolOutOfCredits),
            ("dry and resting", (DRY | resting(seconds=LONG),), PoolOutOfCredits),
            ("all barred", (BARRED, BARRED), PoolOutOfCredits),
            ("barred or expired", (BARRED, EXPIRED), PoolOutOfCredits),
            ("all rest long", (resting(seconds=LONG),), PoolBusy),
            ("rest long or dry", (resting(seconds=LONG), DRY), PoolBusy),
            ("rest long or expired", (resting(seconds=LONG), EXPIRED), PoolBusy),
            ("rest long or barred", (resting(seconds=LONG), BARRED), PoolBusy),
        )
        for state, accounts, refusal in table:
            with self.subTest(state):
                Account.objects.all().delete()
                for fields in accounts:
                    make_ready(**fields)
                assert type(why_not().refusal) is refusal

    def test_an_account_that_may_not_use_the_model_is_named_as_the_reason(self) -> None:
        make_ready(**BARRED)
        assert str(why_not().refusal) == "No account may use jimeng-4.5 at 2k."

    def test_the_first_to_wake_says_when_to_come_again(self) -> None:
        for seconds in (7200, 3600, 5400):
            make_ready(**resting(seconds=seconds))
        refusal = why_not().refusal
        assert isinstance(refusal, PoolBusy)
        assert refusal.retry_after_s == 3600

    def test_one_that_could_not_pay_is_not_waited_for(self) -> None:
        make_ready(**resting(seconds=900), **DRY)
        make_ready(**resting(seconds=3600))
        refusal = why_not().refusal
        assert isinstance(refusal, PoolBusy)
        assert refusal.retry_after_s == 3600

    def test_a_short_rest_is_worth_waiting_for(self) -> None:
        for seconds, waits in ((1, True), (300, True), (300.1, False)):
            with self.subTest(seconds=seconds):
                Account.objects.all().delete()
                make_ready(**resting(seconds=LONG))
                make_ready(**resting(seconds=seconds))
                answer = why_not()
                assert (answer.refusal is None) == waits
                assert answer.wait_until == (AT + timedelta(seconds=seconds) if waits else None)

    def test_a_full_account_is_worth_waiting_for(self) -> None:
        for others in ((), (DRY,), (EXPIRED,), (resting(seconds=LONG),), (resting(seconds=1),)):
            with self.subTest(others=others):
                Account.objects.all().delete()
                full = make_ready(concurrency_cap=1)
                lease(full, "gen_other")
                for fields in others:
                    make_ready(**fields)
                assert why_not() == LeaseAnswer()

    def test_all_that_might_have_served_refused_it(self) -> None:
        for state, fields, refusal in (
            ("for want of credits", DRY, PoolOutOfCredits),
            ("expired", EXPIRED, UpstreamLoginExpired),
            ("for another reason", {}, PoolBusy),
        ):
            with self.subTest(state):
                account = make_ready(**fields)
                answer = why_not(account_ids=(account.pk,), passed_over=frozenset({account.pk}))
                assert type(answer.refusal) is refusal

    def test_a_caller_whose_logins_are_gone_has_no_account(self) -> None:
        make_ready()
        assert isinstance(why_not(account_ids=(12345,)).refusal, PoolEmpty)
        assert isinstance(why_not(account_ids=()).refusal, PoolEmpty)

    def test_the_pool_is_no_answer_for_a_caller_with_an_expired_login(self) -> None:
        make_ready()
        own = make_ready(source=Account.Source.PASSTHROUGH, **EXPIRED)
        assert isinstance(why_not(account_ids=(own.pk,)).refusal, UpstreamLoginExpired)


class BatchTests(TestCase):
    def test_first_come_first_served(self) -> None:
        account = make_ready(concurrency_cap=2)
        assert lent(want("gen_1"), want("gen_2"), want("gen_3")) == [account.pk, account.pk, None]
        assert [each.holder for each in Lease.objects.order_by("pk")] == ["gen_1", "gen_2"]

    def test_what_is_lent_is_reserved_for_those_that_follow(self) -> None:
        # 10 credits: 6 and then 3 are lent, 1 is left
        account = make_ready(gift_credits=10, concurrency_cap=9)
        six, three, four = want("gen_1", cost_credits=6), want("gen_2"), want("gen_3", cost_credits=4)
        answers = take(six, three, four)
        assert [each.account is not None for each in answers] == [True, True, False]
        assert isinstance(answers[2].refusal, PoolOutOfCredits)
        account.refresh_from_db()
        assert (account.spent_since_read, account.last_used_at) == (9, AT)
        funds = account.funds(at=AT)
        assert funds is not None
        assert funds.total == 1

    def test_an_answer_for_one_want_is_not_given_to_a_different_one(self) -> None:
        account = make_ready(gift_credits=5, **BARRED)
        hopeless: tuple[dict[str, Any], ...] = (
            {"cost_credits": 6},
            {"model_key": "jimeng-4.5/2k"},
            {"account_ids": ()},
            {"passed_over": frozenset({account.pk})},
        )
        for number, over in enumerate(hopeless):
            with self.subTest(over):
                other = {"model_key": "jimeng-3.0/2k", **over}
                fit = want(f"gen_{number}_fit", model_key="jimeng-3.0/2k", cost_credits=1)
                refused = want(f"gen_{number}", **{"cost_credits": 1, **other})
                assert lent(refused, fit) == [None, account.pk]
                Lease.objects.all().delete()

    def test_equal_wants_are_refused_once_the_credits_are_lent(self) -> None:
        account = make_ready(gift_credits=7, concurrency_cap=9)  # 7 = 3 + 3 + 1
        answers = take(*(want(f"gen_{number}") for number in range(4)))
        assert [each.account is not None for each in answers] == [True, True, False, False]
        assert all(isinstance(each.refusal, PoolOutOfCredits) for each in answers[2:])
        assert Lease.objects.filter(account=account).count() == 2

    def test_a_batch_is_spread_over_the_accounts(self) -> None:
        first, second = make_ready(), make_ready()
        assert sorted(lent(want("gen_1"), want("gen_2"))) == [first.pk, second.pk]  # type: ignore[type-var]

    def test_nothing_is_written_for_nobody(self) -> None:
        make_ready()
        assert take() == []
        assert not Lease.objects.exists()
