"""Why this account, why none: told with every answer; and which accounts an API key may use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase, override_settings

from accounts.decisions import Decision
from accounts.errors import PoolEmpty
from accounts.models import Account, Lease
from accounts.services import lease_outlook
from tests.accounts.wants import AT, PATIENCE, lease, lent, make_ready, resting, take, want
from tests.factories import make_api_key

HOUR = timedelta(hours=1)
DUE: dict[str, Any] = {"checked_in_on": None}


def decided(**over: Any) -> Decision:
    (answer,) = take(want(**over))
    assert answer.decision is not None
    return answer.decision


def reasons(decision: Decision) -> dict[str, list[str]]:
    return {group["why"]: [name for _, name, _ in group["accounts"]] for group in decision["passed_over"]}


class DecisionTests(TestCase):
    def test_it_says_who_was_passed_over_and_why(self) -> None:
        soon = (AT + HOUR).isoformat()
        make_ready(name="dead", health=Account.Health.EXPIRED)
        make_ready(name="held", **resting(seconds=60, reason="risk_hold"))
        make_ready(name="barred", barred={"jimeng-4.5/2k": soon})
        make_ready(name="dry", gift_credits=2)
        lease(make_ready(name="full", concurrency_cap=1), "gen_other")
        lease(make_ready(name="tried", **resting(seconds=0)), "gen_trial")
        refused = make_ready(name="refused")
        make_ready(name="paid", gift_credits=0, vip_credits=900)
        chosen = make_ready(name="chosen")
        decision = decided(passed_over=frozenset({refused.pk}))
        assert (decision["why"], Lease.objects.get(holder="gen_1").account) == ("keeps_paid", chosen)
        assert reasons(decision) == {
            "expired": ["dead"],
            "resting": ["held"],
            "barred": ["barred"],
            "no_credits": ["dry"],
            "full": ["full"],
            "trial": ["tried"],
            "refused_before": ["refused"],
            "would_spend_paid": ["paid"],
        }
        (held,) = (group for group in decision["passed_over"] if group["why"] == "resting")
        assert (held["reason"], held["accounts"][0][2]) == ("risk_hold", (AT + timedelta(seconds=60)).isoformat())

    def test_each_of_a_batch_has_its_own(self) -> None:
        make_ready(name="first", concurrency_cap=1, priority=1)
        make_ready(name="second", concurrency_cap=1)
        one, two, three = take(want("gen_1"), want("gen_2"), want("gen_3"))
        assert one.decision is not None
        assert two.decision is not None
        assert three.decision is not None
        assert (one.decision["why"], reasons(one.decision)) == ("priority", {"lower_priority": ["second"]})
        assert (two.decision["why"], reasons(two.decision)) == ("only_one", {"full": ["first"]})
        assert ("why" in three.decision, reasons(three.decision)) == (False, {"full": ["first", "second"]})

    def test_a_refusal_carries_it(self) -> None:
        make_ready(name="dead", health=Account.Health.EXPIRED)
        (answer,) = take(want())
        assert answer.refusal is not None
        assert (
            answer.refusal.decision
            == answer.decision
            == {"passed_over": [{"why": "expired", "accounts": [(Account.objects.get().pk, "dead", None)]}]}
        )

    def test_an_outlook_says_the_same_and_lends_nothing(self) -> None:
        account = make_ready()
        outlook = lease_outlook(want=want(), at=AT, patience=PATIENCE)
        account.refresh_from_db()
        assert (outlook.account and outlook.account.id, account.spent_since_read) == (account.pk, 0)
        assert not Lease.objects.exists()
        assert take(want())[0].decision == outlook.decision


class TrialTests(TestCase):
    def test_one_at_a_time_until_one_succeeds_also_when_a_probe_ended_the_rest(self) -> None:
        account = make_ready(concurrency_cap=5, failures_in_a_row=2)
        assert lent(want("gen_1"), want("gen_2")) == [account.pk, None]
        Account.objects.update(failures_in_a_row=0)
        assert lent(want("gen_3")) == [account.pk]


class LapseTests(TestCase):
    def test_credits_that_have_lapsed_are_gone_whether_or_not_the_balance_was_read(self) -> None:
        account = make_ready(gift_expires_at=AT, vip_credits=2)
        assert lent(want("gen_1")) == [None]  # 3 credits, and 2 are left
        assert lent(want("gen_2", cost_credits=2)) == [account.pk]

    def test_parts_that_lapse_at_different_times_are_told_apart(self) -> None:
        lapsing = [
            {"credits": 60, "at": AT.isoformat()},
            {"credits": 6, "at": (AT + HOUR).isoformat()},
        ]
        account = make_ready(lapsing=lapsing, concurrency_cap=9)
        assert lent(*(want(f"gen_{number}") for number in range(3))) == [account.pk, account.pk, None]

    @override_settings(JIMENG_CHECK_IN=True)
    def test_an_account_whose_gift_is_due_is_tried_when_nobody_else_can_pay(self) -> None:
        due = make_ready(gift_expires_at=AT, **DUE)
        make_ready(gift_credits=0)
        assert lent(want("gen_1")) == [due.pk]
        paid = make_ready(gift_credits=0, vip_credits=3)
        assert lent(want("gen_2")) == [paid.pk]

    def test_it_is_not_where_there_is_no_hope(self) -> None:
        failed = Account.CheckInResult.FAILED
        for why, setting, fields in (
            ("check-ins are off", False, DUE),
            ("today's was asked for", True, {}),
            ("asking has just failed", True, {"check_in_result": failed, "check_in_attempts": 1, **DUE}),
            ("it is dry by what Jimeng said", True, {**resting(seconds=60, reason="no_credits"), **DUE}),
        ):
            with self.subTest(why), override_settings(JIMENG_CHECK_IN=setting):
                Account.objects.all().delete()
                make_ready(gift_credits=2, check_in_due_at=AT + HOUR, **fields)
                assert lent(want()) == [None]


class KeyScopeTests(TestCase):
    def setUp(self) -> None:
        self.plain = make_ready(priority=9)
        self.listed = make_ready()
        self.tagged = make_ready(tags=["team-a", "video"])

    def served(self, key_id: int | None, count: int = 7) -> set[int]:
        found = lent(*(want(f"gen_{key_id}_{number}", api_key_id=key_id) for number in range(count)))
        Lease.objects.all().delete()
        return {account_id for account_id in found if account_id is not None}

    def test_a_key_uses_what_is_listed_or_tagged_for_it(self) -> None:
        for tags, listed, may_use in (
            ([], [], {self.plain.pk, self.listed.pk, self.tagged.pk}),
            ([], [self.listed], {self.listed.pk}),
            (["team-a", "team-b"], [], {self.tagged.pk}),
            (["video"], [self.listed], {self.listed.pk, self.tagged.pk}),
            (["nobody"], [], set()),
        ):
            with self.subTest(tags=tags, listed=listed):
                key = make_api_key(allowed_tags=tags)
                key.allowed_accounts.set(listed)
                assert self.served(key.pk) == may_use

    def test_others_in_the_batch_are_not_bound_by_it(self) -> None:
        key = make_api_key(allowed_tags=["video"])
        bound, free = want("gen_1", api_key_id=key.pk), want("gen_2")
        assert lent(bound, free) == [self.tagged.pk, self.plain.pk]

    def test_a_key_that_may_use_none_is_told_so(self) -> None:
        key = make_api_key(allowed_tags=["nobody"])
        (answer,) = take(want(api_key_id=key.pk))
        assert isinstance(answer.refusal, PoolEmpty)
        assert "This API key may use none" in answer.refusal.detail
        assert answer.decision is not None
        assert [(group["why"], len(group["accounts"])) for group in answer.decision["passed_over"]] == [
            ("other_key", 3)
        ]

    def test_a_disabled_account_is_none_of_them(self) -> None:
        key = make_api_key()
        key.allowed_accounts.set([self.listed])
        Account.objects.filter(pk=self.listed.pk).update(enabled=False)
        (answer,) = take(want(api_key_id=key.pk))
        assert isinstance(answer.refusal, PoolEmpty)

    def test_a_callers_own_logins_are_no_matter_of_keys(self) -> None:
        own = make_ready(source=Account.Source.PASSTHROUGH)
        key = make_api_key(allowed_tags=["nobody"])
        assert lent(want(account_ids=(own.pk,), api_key_id=key.pk)) == [own.pk]

    def test_keys_cost_one_query_a_batch(self) -> None:
        keys = [make_api_key(), make_api_key(allowed_tags=["video"]), make_api_key(allowed_tags=["team-a"])]
        # keys, accounts, leases; the new leases and an update for each of two accounts
        with self.assertNumQueries(3 + 1 + 2):
            take(*(want(f"gen_{key.pk}", api_key_id=key.pk) for key in keys))
