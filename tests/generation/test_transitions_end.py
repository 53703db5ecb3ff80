"""The ends: succeeded, failed, cancelled. Each once, and each gives the account back."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase

from accounts.models import Account, Lease
from generation import transitions
from generation.models import Generation, GenerationEvent, Media
from tests.factories import make_account
from tests.generation.moves import AT, LATER, events, failed, make_held, result_file, succeeded, unchanged

Status = Generation.Status


def held(status: str) -> Generation:
    return Generation.objects.get(pk=make_held(status).pk)


class SucceededTests(TestCase):
    def test_the_pictures_are_recorded_and_the_account_is_free(self) -> None:
        row = held(Status.SUBMITTED)
        assert transitions.mark_succeeded([succeeded(row, result_file(0), result_file(1))], at=AT) == {row.pk}
        after = Generation.objects.get()
        assert (after.status, after.finished_at) == (Status.SUCCEEDED, AT)
        assert [each.position for each in after.media.all()] == [0, 1]
        assert not Lease.objects.exists()
        event = GenerationEvent.objects.get()
        assert (event.kind, event.account_id, event.detail) == ("succeeded", row.account_id, {"pictures": 2})

    def test_the_account_is_well_again_and_its_balance_is_read_soon(self) -> None:
        account = make_account(
            health=Account.Health.RESTING,
            rest_until=AT - timedelta(seconds=1),
            rest_reason=Account.RestReason.UNREACHABLE,
            failures_in_a_row=3,
            probe_due_at=AT + timedelta(hours=6),
        )
        transitions.mark_succeeded([succeeded(make_held(Status.SUBMITTED, account=account), result_file())], at=AT)
        account.refresh_from_db()
        assert (account.health, account.failures_in_a_row) == (Account.Health.ALIVE, 0)
        assert (account.rest_until, account.rest_reason) == (None, "")
        assert account.probe_due_at == AT + timedelta(seconds=30)

    def test_it_leaves_every_other_state_alone(self) -> None:
        for status in set(Status) - {Status.SUBMITTED}:
            with self.subTest(status):
                row = held(status)
                assert transitions.mark_succeeded([succeeded(row, result_file())], at=AT) == set()
                assert unchanged(row)
                assert events(row) == []
                assert not row.media.exists()
                assert Lease.objects.filter(holder=row.public_id).exists()

    def test_the_second_of_two_loses_and_records_nothing(self) -> None:
        row = held(Status.SUBMITTED)
        assert transitions.mark_succeeded([succeeded(row, result_file(0))], at=AT) == {row.pk}
        assert transitions.mark_succeeded([succeeded(row, result_file(1))], at=LATER) == set()
        assert [each.position for each in Media.objects.all()] == [0]
        assert Generation.objects.get().finished_at == AT
        assert events(row) == ["succeeded"]

    def test_of_many_only_the_winners_get_pictures(self) -> None:
        won, lost = held(Status.SUBMITTED), held(Status.FAILED)
        changes = [succeeded(lost, result_file()), succeeded(won, result_file())]
        assert transitions.mark_succeeded(changes, at=AT) == {won.pk}
        assert [each.generation_id for each in Media.objects.all()] == [won.pk]

    def test_one_whose_account_is_gone_succeeds_all_the_same(self) -> None:
        row = held(Status.SUBMITTED)
        Account.objects.all().delete()
        row.refresh_from_db()
        assert transitions.mark_succeeded([succeeded(row, result_file())], at=AT) == {row.pk}


class FailedTests(TestCase):
    def test_every_open_state_may_fail(self) -> None:
        for status in Generation.OPEN:
            with self.subTest(status):
                row = held(status)
                change = failed(row, error_code="timed_out", detail="Too late.", upstream_code="30", retry_after_s=5.0)
                assert transitions.mark_failed([change], at=AT) == {row.pk}
                after = Generation.objects.get(pk=row.pk)
                assert (after.status, after.finished_at) == (Status.FAILED, AT)
                assert (after.error_code, after.error_detail) == ("timed_out", "Too late.")
                assert (after.upstream_code, after.retry_after_s) == ("30", 5.0)
                assert not Lease.objects.filter(holder=row.public_id).exists()
                event = GenerationEvent.objects.get(generation=row)
                assert (event.kind, event.account_id) == ("failed", row.account_id)
                assert event.detail == {"code": "timed_out", "text": "Too late.", "upstream_code": "30"}

    def test_a_late_result_can_still_be_found(self) -> None:
        row = held(Status.SUBMITTED)
        transitions.mark_failed([failed(row)], at=AT)
        after = Generation.objects.get()
        assert (after.history_record_id, after.submit_id) == (row.history_record_id, row.submit_id)
        assert after.account == row.account

    def test_words_that_are_too_long_are_cut(self) -> None:
        row = held(Status.SUBMITTED)
        transitions.mark_failed([failed(row, detail="x" * 600, upstream_code="9" * 30)], at=AT)
        after = Generation.objects.get()
        assert (len(after.error_detail), len(after.upstream_code)) == (500, 20)

    def test_what_is_final_stays_as_it_is(self) -> None:
        for status in Generation.FINAL:
            with self.subTest(status):
                row = held(status)
                assert transitions.mark_failed([failed(row)], at=LATER) == set()
                assert unchanged(row)
                assert events(row) == []

    def test_the_second_of_two_loses(self) -> None:
        row = held(Status.RUNNING)
        assert transitions.mark_failed([failed(row, error_code="timed_out")], at=AT) == {row.pk}
        assert transitions.mark_failed([failed(row, error_code="generation_failed")], at=LATER) == set()
        assert Generation.objects.get().error_code == "timed_out"
        assert events(row) == ["failed"]


class CancelledTests(TestCase):
    def cancel(self, row: Generation) -> bool:
        return transitions.mark_cancelled(generation_id=row.pk, public_id=row.public_id, at=AT)

    def test_it_is_possible_while_nothing_is_spent(self) -> None:
        for status in (Status.QUEUED, Status.RUNNING):
            with self.subTest(status):
                row = held(status)
                assert self.cancel(row)
                after = Generation.objects.get(pk=row.pk)
                assert (after.status, after.finished_at) == (Status.CANCELLED, AT)
                assert after.error_code == "generation_cancelled"
                assert not Lease.objects.filter(holder=row.public_id).exists()
                assert events(row) == ["cancelled"]

    def test_it_is_too_late_once_something_may_be_spent(self) -> None:
        for status in set(Status) - {Status.QUEUED, Status.RUNNING}:
            with self.subTest(status):
                row = held(status)
                assert not self.cancel(row)
                assert unchanged(row)
                assert events(row) == []
                assert Lease.objects.filter(holder=row.public_id).exists()

    def test_the_second_of_two_loses(self) -> None:
        row = held(Status.QUEUED)
        assert self.cancel(row)
        assert not self.cancel(row)
        assert events(row) == ["cancelled"]
