"""Giving accounts back."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase

from accounts import services
from accounts.models import Account, Lease
from tests.accounts.wants import AT, lease, lent, make_ready, want
from tests.factories import make_account


class ReleaseTests(TestCase):
    def test_a_place_is_free_again(self) -> None:
        account = make_ready(concurrency_cap=1)
        assert lent(want("gen_1")) == [account.pk]
        assert services.leases_release(holders=["gen_1"]) == 1
        assert lent(want("gen_2")) == [account.pk]

    def test_releasing_twice_is_no_fault(self) -> None:
        lease(make_ready(), "gen_1")
        assert services.leases_release(holders=["gen_1", "gen_unknown"]) == 1
        assert services.leases_release(holders=["gen_1"]) == 0

    def test_a_sweep_drops_the_leases_of_everybody_else(self) -> None:
        account = make_ready()
        for holder in ("gen_1", "gen_2", "gen_3"):
            lease(account, holder)
        assert services.leases_sweep(held_by=["gen_2"]) == 2
        assert [each.holder for each in Lease.objects.all()] == ["gen_2"]
        assert services.leases_sweep(held_by=[]) == 1

    def test_a_refund_is_never_more_than_what_was_counted(self) -> None:
        for spent, refund, left in ((10, 3, 7), (3, 3, 0), (2, 3, 0)):
            with self.subTest(spent=spent):
                account = make_account(spent_since_read=spent)
                services.account_refund(account_id=account.pk, cost_credits=refund)
                account.refresh_from_db()
                assert account.spent_since_read == left

    def test_a_success_writes_nothing_to_an_account_that_says_so_already(self) -> None:
        account = make_account(health=Account.Health.ALIVE, probe_due_at=AT + timedelta(seconds=20))
        services.accounts_succeeded(account_ids=[account.pk], at=AT)
        account.refresh_from_db()
        assert account.probe_due_at == AT + timedelta(seconds=20)  # the balance is read soon enough

    def test_a_success_brings_a_late_or_missing_probe_forward(self) -> None:
        for due in (None, AT - timedelta(hours=1), AT + timedelta(hours=6)):
            with self.subTest(due=due):
                account = make_account(health=Account.Health.ALIVE, probe_due_at=due)
                services.accounts_succeeded(account_ids=[account.pk], at=AT)
                account.refresh_from_db()
                assert account.probe_due_at == AT + timedelta(seconds=30)
