"""queued → running → submitting → submitted: each moves only from its own state, once, and says so in an event."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.test import TestCase

from generation import transitions
from generation.models import Generation, GenerationEvent
from tests.factories import make_account, make_generation
from tests.generation.moves import AT, LATER, events, make_held, running, submitted, submitting, unchanged

Status = Generation.Status
T = TypeVar("T")


def stored(row: Generation) -> Generation:
    return Generation.objects.get(pk=row.pk)


def in_state(status: str) -> Generation:
    """As it is read from the database: without what only this process knows."""
    return stored(make_generation(status=status))


class RunningTests(TestCase):
    def test_a_queued_generation_gets_its_account(self) -> None:
        row, account = in_state(Status.QUEUED), make_account(name="first")
        assert transitions.mark_running([running(row, account, attempt=2)], at=AT) == {row.pk}
        after = stored(row)
        assert (after.status, after.account, after.account_label) == (Status.RUNNING, account, "first")
        assert (after.attempt, after.claimed_at) == (2, AT)
        event = GenerationEvent.objects.get()
        assert (event.kind, event.at, event.account) == ("claimed", AT, account)
        assert event.detail == {"account": "first", "attempt": 2}

    def test_it_leaves_every_other_state_alone(self) -> None:
        account = make_account()
        for status in set(Status) - {Status.QUEUED}:
            with self.subTest(status):
                row = in_state(status)
                assert transitions.mark_running([running(row, account)], at=AT) == set()
                assert unchanged(row)
                assert events(row) == []

    def test_the_second_of_two_loses(self) -> None:
        row, first, second = in_state(Status.QUEUED), make_account(), make_account()
        assert transitions.mark_running([running(row, first)], at=AT) == {row.pk}
        assert transitions.mark_running([running(row, second)], at=LATER) == set()
        assert stored(row).account == first
        assert events(row) == ["claimed"]

    def test_of_many_only_the_winners_change(self) -> None:
        account = make_account()
        free, taken, gone = in_state(Status.QUEUED), in_state(Status.RUNNING), in_state(Status.CANCELLED)
        changes = [running(each, account) for each in (taken, free, gone)]
        assert transitions.mark_running(changes, at=AT) == {free.pk}
        assert [events(each) for each in (free, taken, gone)] == [["claimed"], [], []]

    def test_it_moves_no_generation_that_is_not_there(self) -> None:
        row = in_state(Status.QUEUED)
        assert transitions.mark_running([running(row, make_account(), generation_id=row.pk + 1)], at=AT) == set()
        assert not GenerationEvent.objects.exists()


class SubmittingTests(TestCase):
    def test_our_id_is_stored_before_anything_is_sent(self) -> None:
        row = make_held(Status.RUNNING)
        change = submitting(row, submit_id=UUID(int=9), seed=2_500_000_007)
        assert transitions.mark_submitting([change], at=AT) == {row.pk}
        after = stored(row)
        assert (after.status, after.submit_id, after.seed) == (Status.SUBMITTING, UUID(int=9), 2_500_000_007)
        assert after.submitting_at == AT
        event = GenerationEvent.objects.get()
        assert (event.kind, event.account_id) == ("submitting", row.account_id)
        assert event.detail == {"submit_id": str(UUID(int=9))}

    def test_it_leaves_every_other_state_alone(self) -> None:
        account = make_account()
        for status in set(Status) - {Status.RUNNING}:
            with self.subTest(status):
                row = in_state(status)
                assert transitions.mark_submitting([submitting(row, account_id=account.pk)], at=AT) == set()
                assert unchanged(row)
                assert events(row) == []

    def test_a_second_submission_loses_and_its_id_is_not_stored(self) -> None:
        row = make_held(Status.RUNNING)
        assert transitions.mark_submitting([submitting(row, submit_id=UUID(int=1))], at=AT) == {row.pk}
        assert transitions.mark_submitting([submitting(row, submit_id=UUID(int=2))], at=LATER) == set()
        assert stored(row).submit_id == UUID(int=1)
        assert events(row) == ["submitting"]


class SubmittedTests(TestCase):
    def accepted(self, **over: Any) -> tuple[Generation, GenerationEvent]:
        row = make_held(Status.SUBMITTING)
        assert transitions.mark_submitted([submitted(row, **over)], at=AT) == {row.pk}
        return stored(row), GenerationEvent.objects.get(generation=row)

    def test_the_record_is_stored(self) -> None:
        after, event = self.accepted(record_id="42", forecast_s=23.5)
        assert (after.status, after.history_record_id, after.forecast_s) == (Status.SUBMITTED, "42", 23.5)
        assert after.submitted_at == AT
        assert (event.kind, event.account_id) == ("submitted", after.account_id)
        assert event.detail == {"record_id": "42", "forecast_s": 23.5}

    def test_one_that_was_found_again_says_so(self) -> None:
        after, event = self.accepted(found=True, forecast_s=None)
        assert (after.status, after.forecast_s) == (Status.SUBMITTED, None)
        assert event.kind == "found"

    def test_it_leaves_every_other_state_alone(self) -> None:
        for status in set(Status) - {Status.SUBMITTING}:
            with self.subTest(status):
                row = in_state(status)
                assert transitions.mark_submitted([submitted(row)], at=AT) == set()
                assert unchanged(row)
                assert events(row) == []

    def test_the_second_of_two_loses(self) -> None:
        row = make_held(Status.SUBMITTING)
        assert transitions.mark_submitted([submitted(row, record_id="1")], at=AT) == {row.pk}
        assert transitions.mark_submitted([submitted(row, record_id="2")], at=LATER) == set()
        assert stored(row).history_record_id == "1"
        assert events(row) == ["submitted"]


class CreatedTests(TestCase):
    def test_the_first_event_says_what_was_asked_and_what_it_may_cost(self) -> None:
        row = make_generation(status=Status.QUEUED, created_at=AT)
        transitions.add_created_events([row])
        event = GenerationEvent.objects.get()
        assert (event.kind, event.at, event.account) == ("created", AT, None)
        assert event.detail == {"model": "jimeng-4.5", "credits": 3}
