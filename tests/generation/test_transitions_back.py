"""Back into the queue: only while nothing is spent, and nothing of the attempt stays."""

from __future__ import annotations

from uuid import UUID

from django.test import TestCase

from accounts.models import Account, Lease
from generation import transitions
from generation.models import Generation, GenerationEvent
from tests.factories import make_account, make_generation
from tests.generation.moves import AT, LATER, events, make_held, requeued, unchanged

Status = Generation.Status


class RequeueTests(TestCase):
    def test_a_refused_submission_leaves_no_trace_of_its_attempt(self) -> None:
        row = make_held(
            Status.SUBMITTING, submit_id=UUID(int=7), seed=2_500_000_001, claimed_at=AT, submitting_at=AT, attempt=1
        )
        assert transitions.mark_requeued([requeued(row)], at=LATER) == {row.pk}
        after = Generation.objects.get(pk=row.pk)
        assert (after.status, after.account, after.account_label) == (Status.QUEUED, None, "")
        assert (after.submit_id, after.seed, after.claimed_at, after.submitting_at) == (None, None, None, None)
        assert (after.attempt, after.passed_over) == (1, [])

    def test_the_event_says_whose_fault_it_was(self) -> None:
        row = make_held(Status.RUNNING)
        transitions.mark_requeued([requeued(row, reason="expired", detail="login invalid")], at=LATER)
        event = GenerationEvent.objects.get()
        assert (event.kind, event.at, event.account_id) == ("requeued", LATER, row.account_id)
        assert event.detail == {"reason": "expired", "text": "login invalid"}

    def test_the_account_is_free_again_and_its_reservation_is_given_back(self) -> None:
        account = make_account(spent_since_read=10)
        row = make_held(Status.RUNNING, account=account)
        transitions.mark_requeued([requeued(row)], at=LATER)
        assert not Lease.objects.exists()
        assert Account.objects.get().spent_since_read == 7  # 10 - 3, the price of one picture by jimeng-4.5 at 2k

    def test_a_refund_never_goes_below_nothing_spent(self) -> None:
        account = make_account(spent_since_read=2)  # the balance was read while the generation was on its way
        transitions.mark_requeued([requeued(make_held(Status.RUNNING, account=account))], at=LATER)
        assert Account.objects.get().spent_since_read == 0

    def test_an_account_that_is_passed_over_is_added_to_those_before(self) -> None:
        other = make_account()
        row = make_held(Status.SUBMITTING, passed_over=[other.pk])
        transitions.mark_requeued([requeued(row, pass_over=True)], at=LATER)
        assert Generation.objects.get(pk=row.pk).passed_over == [other.pk, row.account_id]

    def test_it_happens_only_from_the_state_that_was_meant(self) -> None:
        account = make_account(spent_since_read=10)
        for status, meant in (
            (Status.QUEUED, Status.RUNNING),
            (Status.RUNNING, Status.SUBMITTING),
            (Status.SUBMITTING, Status.RUNNING),
            (Status.SUBMITTED, Status.SUBMITTING),
            (Status.SUCCEEDED, Status.SUBMITTING),
            (Status.FAILED, Status.SUBMITTING),
            (Status.CANCELLED, Status.RUNNING),
        ):
            with self.subTest(status=status, meant=meant):
                row = Generation.objects.get(pk=make_held(status, account=account).pk)
                assert transitions.mark_requeued([requeued(row, from_status=meant, pass_over=True)], at=LATER) == set()
                assert unchanged(row)
                assert events(row) == []
                assert Lease.objects.filter(holder=row.public_id).exists()
        assert Account.objects.get().spent_since_read == 10

    def test_the_second_of_two_loses_and_refunds_nothing(self) -> None:
        account = make_account(spent_since_read=10)
        row = make_held(Status.SUBMITTING, account=account)
        assert transitions.mark_requeued([requeued(row)], at=AT) == {row.pk}
        assert transitions.mark_requeued([requeued(row)], at=LATER) == set()
        assert Account.objects.get().spent_since_read == 7
        assert events(row) == ["requeued"]

    def test_of_many_only_the_winners_give_their_accounts_back(self) -> None:
        account = make_account(spent_since_read=9)
        back, paid = make_held(Status.RUNNING, account=account), make_held(Status.SUBMITTED, account=account)
        unknown = requeued(back, generation_id=back.pk + 100, public_id="gen_unknown")
        changes = [requeued(paid, from_status=Status.SUBMITTING), unknown, requeued(back)]
        assert transitions.mark_requeued(changes, at=LATER) == {back.pk}
        assert [each.holder for each in Lease.objects.all()] == [paid.public_id]
        assert Account.objects.get().spent_since_read == 6

    def test_one_without_an_account_refunds_nobody(self) -> None:
        make_account(spent_since_read=5)
        row = make_generation(status=Status.RUNNING)  # its account was deleted meanwhile
        assert transitions.mark_requeued([requeued(row)], at=LATER) == {row.pk}
        assert Account.objects.get().spent_since_read == 5
