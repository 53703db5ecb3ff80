"""Which account is lent: the order of preference, and who is not asked at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import TestCase, override_settings

from accounts.models import Account, Lease
from tests.accounts.wants import AT, lease, lent, lent_to, make_ready, resting, take, want

HOUR = timedelta(hours=1)


class PreferenceTests(TestCase):
    def test_the_first_difference_in_order_decides(self) -> None:
        for why, better, worse in (
            ("priority before all", {"priority": 1, "gift_expires_at": None}, {"priority": 0}),
            (
                "credits that lapse soonest",
                {"gift_expires_at": AT + HOUR, "last_used_at": AT},
                {"gift_expires_at": AT + 2 * HOUR},
            ),
            ("credits that lapse before those that stay", {"last_used_at": AT}, {"gift_expires_at": None}),
            ("never used before used", {"last_used_at": None}, {"last_used_at": AT - 9 * HOUR}),
            ("least recently used", {"last_used_at": AT - 2 * HOUR}, {"last_used_at": AT - HOUR}),
            ("no gift left: its end means nothing", {}, {"gift_credits": 0, "vip_credits": 9}),
            ("a gift that has lapsed means nothing", {}, {"gift_expires_at": AT - HOUR}),
        ):
            with self.subTest(why):
                Account.objects.all().delete()
                make_ready(**worse)
                chosen = make_ready(**better)
                make_ready(**worse)
                assert lent(want()) == [chosen.pk]

    def test_fewest_leases_come_before_longest_unused(self) -> None:
        idle = make_ready(last_used_at=AT)
        busy = make_ready(last_used_at=None)
        lease(busy, "gen_other")
        assert lent(want()) == [idle.pk]

    def test_credits_that_lapse_come_before_fewest_leases(self) -> None:
        busy = make_ready(gift_expires_at=AT + HOUR)
        make_ready(gift_expires_at=AT + 2 * HOUR)
        lease(busy, "gen_other")
        assert lent(want()) == [busy.pk]


class CapTests(TestCase):
    @override_settings(JIMENG_ACCOUNT_CONCURRENCY=2)
    def test_an_account_serves_up_to_its_cap(self) -> None:
        for cap, served in ((None, 2), (1, 1), (3, 3), (0, 0)):
            with self.subTest(cap=cap):
                Account.objects.all().delete()
                account = make_ready(concurrency_cap=cap)
                wants = [want(f"gen_{number}") for number in range(4)]
                assert lent(*wants) == [account.pk] * served + [None] * (4 - served)

    def test_leases_of_before_count(self) -> None:
        account = make_ready(concurrency_cap=2)
        lease(account, "gen_before")
        assert lent(want("gen_1"), want("gen_2")) == [account.pk, None]

    def test_after_a_rest_one_trial_decides(self) -> None:
        account = make_ready(concurrency_cap=5, **resting(seconds=0))
        assert lent(want("gen_1"), want("gen_2")) == [account.pk, None]
        assert lent(want("gen_3")) == [None]

    def test_a_trial_waits_for_those_that_were_there_before_the_rest(self) -> None:
        account = make_ready(concurrency_cap=5, **resting(seconds=-1))
        lease(account, "gen_before")
        assert lent(want()) == [None]


class UnfitTests(TestCase):
    def test_who_is_not_asked(self) -> None:
        soon = (AT + HOUR).isoformat()
        for why, fields in (
            ("rests", resting(seconds=1)),
            ("expired", {"health": Account.Health.EXPIRED}),
            ("disabled", {"enabled": False}),
            ("out of credits", {"gift_credits": 2}),
            ("barred from the model", {"barred": {"jimeng-4.5/2k": soon}}),
            ("credits promised to others", {"spent_since_read": 64}),
        ):
            with self.subTest(why):
                Account.objects.all().delete()
                make_ready(**fields)
                assert lent(want()) == [None]
                assert not Lease.objects.exists()

    def test_who_is_asked_all_the_same(self) -> None:
        soon, past = (AT + HOUR).isoformat(), AT.isoformat()
        unknown: dict[str, Any] = {"gift_credits": None, "purchase_credits": None, "vip_credits": None}
        for why, fields in (
            ("never probed", {"health": Account.Health.UNKNOWN, **unknown}),
            ("a balance that nobody knows, much spent since", {**unknown, "spent_since_read": 1000}),
            ("just enough", {"gift_credits": 1, "purchase_credits": 1, "vip_credits": 1}),
            ("barred from another resolution", {"barred": {"jimeng-4.5/4k": soon}}),
            ("barred until now", {"barred": {"jimeng-4.5/2k": past}}),
            ("rested until now", resting(seconds=0)),
        ):
            with self.subTest(why):
                Account.objects.all().delete()
                account = make_ready(**fields)
                assert lent(want()) == [account.pk]

    def test_an_account_that_was_passed_over_is_not_asked_again(self) -> None:
        first, second = make_ready(priority=1), make_ready()
        assert lent(want(passed_over=frozenset({first.pk}))) == [second.pk]


class WhoseAccountTests(TestCase):
    def setUp(self) -> None:
        self.pool = make_ready()
        self.callers = make_ready(source=Account.Source.PASSTHROUGH, priority=9)

    def test_the_pool_never_lends_a_callers_own_login(self) -> None:
        assert lent(want("gen_1"), want("gen_2"), want("gen_3")) == [self.pool.pk, self.pool.pk, None]

    def test_not_even_in_one_batch_with_its_owner(self) -> None:
        wants = [want(f"gen_{number}") for number in range(3)]
        wants.insert(0, want("gen_owner", account_ids=(self.callers.pk,)))
        assert lent(*wants) == [self.callers.pk, self.pool.pk, self.pool.pk, None]

    def test_a_caller_with_logins_is_served_by_these_alone(self) -> None:
        wants = [want(f"gen_{number}", account_ids=(self.callers.pk,)) for number in range(3)]
        assert lent(*wants) == [self.callers.pk, self.callers.pk, None]
        assert not lent_to(self.pool)

    def test_an_account_that_is_gone_is_none_of_them(self) -> None:
        assert lent(want(account_ids=(self.callers.pk + 100, self.callers.pk))) == [self.callers.pk]


class LentAccountTests(TestCase):
    def test_it_holds_what_a_call_needs_and_shows_no_ciphertext(self) -> None:
        account = make_ready(name="first")
        (answer,) = take(want())
        assert answer.account is not None
        assert (answer.account.id, answer.account.name) == (account.pk, "first")
        assert (answer.account.web_id, answer.account.uid_tt) == (account.web_id, account.uid_tt)
        assert answer.account.sessionid_encrypted == account.sessionid_encrypted
        assert account.sessionid_encrypted not in repr(answer)

    def test_it_asks_the_database_a_fixed_number_of_times(self) -> None:
        for _ in range(5):
            make_ready()
        # accounts, leases; then the new leases and one update for each of the five accounts
        with self.assertNumQueries(2 + 1 + 5):
            take(*(want(f"gen_{number}") for number in range(8)))

    def test_two_leases_of_one_holder_are_refused_by_the_database(self) -> None:
        make_ready()
        with pytest.raises(Exception, match="holder"):
            take(want("gen_1"), want("gen_1"))
