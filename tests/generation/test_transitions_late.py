"""failed → succeeded: only for what was given up too early, once, and everything that counted it is right again."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.test import TestCase

from accounts import vault
from accounts.models import Account, Delivery, Lease
from generation import transitions
from generation.changes import Late, ResultFile
from generation.keepsakes import results_delete, results_pin, results_restore
from generation.late import LOOKS_AFTER, late_look_request
from generation.models import Generation, GenerationEvent, UsageHour
from generation.usage import usage_of, usage_sum_hour
from generation.viewing import Viewer
from tests.factories import make_account, make_api_key, make_generation, make_media
from tests.generation.moves import AT, events, failed, make_held, result_file, unchanged

Status = Generation.Status
FOUND_AT = AT + timedelta(hours=3)


def make_given_up(**over: Any) -> Generation:
    """One that passed its deadline at AT, and has a record."""
    fields: dict[str, Any] = {
        "status": Status.FAILED,
        "error_code": "timed_out",
        "error_detail": "Too late.",
        "upstream_code": "9",
        "retry_after_s": 5.0,
        "submit_id": uuid.uuid4(),
        "history_record_id": "789",
        "submitted_at": AT - timedelta(minutes=5),
        "created_at": AT - timedelta(minutes=6),
        "finished_at": AT,
        "late_due_at": AT + timedelta(minutes=5),
        "late_attempts": 1,
    }
    return make_generation(**fields | over)


def found(row: Generation, *files: ResultFile, record_id: str = "789") -> Late:
    return Late(generation_id=row.pk, account_id=row.account_id, record_id=record_id, files=files, pictures=len(files))


def mark(*changes: Late, at: datetime = FOUND_AT) -> set[int]:
    return transitions.mark_late(changes, at=at)


class LateTests(TestCase):
    def test_it_has_succeeded_and_its_error_is_history(self) -> None:
        row = make_given_up(account=make_account())
        assert mark(found(row, result_file(0), result_file(1))) == {row.pk}
        after = Generation.objects.get()
        assert (after.status, after.finished_at, after.late_due_at) == (Status.SUCCEEDED, FOUND_AT, None)
        assert (after.error_code, after.error_detail, after.upstream_code, after.retry_after_s) == ("", "", "", None)
        assert (after.history_record_id, after.submitted_at) == ("789", row.submitted_at)
        assert [each.position for each in after.media.all()] == [0, 1]
        event = GenerationEvent.objects.get()
        assert (event.kind, event.at, event.account_id) == ("late_found", FOUND_AT, row.account_id)
        assert event.detail == {"code": "timed_out", "text": "Too late.", "record_id": "789", "pictures": 2}

    def test_one_whose_submission_was_in_doubt_has_a_record_now(self) -> None:
        row = make_given_up(
            error_code="outcome_unknown", history_record_id="", submitted_at=None, submitting_at=AT - timedelta(hours=1)
        )
        assert mark(found(row, result_file(), record_id="4711")) == {row.pk}
        after = Generation.objects.get()
        assert (after.history_record_id, after.submitted_at) == ("4711", row.submitting_at)

    def test_every_other_state_and_error_is_left_alone(self) -> None:
        others: list[dict[str, Any]] = [
            *({"status": status, "finished_at": None} for status in Generation.OPEN),
            {"status": Status.SUCCEEDED, "error_code": ""},
            {"status": Status.CANCELLED, "error_code": "generation_cancelled"},
            *(
                {"error_code": code}
                for code in ("generation_failed", "content_policy_violation", "upstream_unreachable")
            ),
            {"history_record_id": ""},  # nothing was accepted
        ]
        for fields in others:
            with self.subTest(fields):
                row = Generation.objects.get(pk=make_given_up(**fields).pk)
                assert mark(found(row, result_file())) == set()
                assert unchanged(row)
                assert (events(row), row.media.count()) == ([], 0)

    def test_the_second_of_two_loses_and_records_nothing(self) -> None:
        row = make_given_up()
        assert mark(found(row, result_file(0))) == {row.pk}
        assert mark(found(row, result_file(1)), at=FOUND_AT + timedelta(hours=1)) == set()
        assert Generation.objects.get().finished_at == FOUND_AT
        assert ([each.position for each in row.media.all()], events(row)) == ([0], ["late_found"])

    def test_of_many_only_the_winners_get_files(self) -> None:
        won, lost = make_given_up(), make_given_up(error_code="generation_failed")
        assert mark(found(lost, result_file()), found(won, result_file())) == {won.pk}
        assert (won.media.count(), lost.media.count()) == (1, 0)

    def test_what_came_in_time_stays_as_it_is(self) -> None:
        row = make_given_up()
        early = make_media(generation=row, position=0)
        mark(found(row, result_file(0), result_file(1)))
        assert next(each.pk for each in row.media.order_by("position")) == early.pk
        assert row.media.count() == 2

    def test_no_lease_and_no_account_is_touched(self) -> None:
        account = make_account(health=Account.Health.EXPIRED, failures_in_a_row=2, probe_due_at=None)
        lease = Lease.objects.create(account=account, holder="gen_other", taken_at=AT)
        before = Account.objects.values().get()
        mark(found(make_given_up(account=account), result_file()))
        assert Account.objects.values().get() == before
        assert Lease.objects.get() == lease


class KeepsakeTests(TestCase):
    """What people did with a failure while its result was looked for."""

    staff = Viewer(user_id=0, sees_all=True)

    def test_one_that_was_thrown_away_meanwhile_stays_so_and_can_be_looked_for_when_it_is_back(self) -> None:
        row = make_given_up()
        results_delete(viewer=self.staff, ids=[row.public_id], at=AT + timedelta(hours=1))
        assert mark(found(row, result_file())) == set()
        assert (row.media.count(), events(row)) == (0, ["deleted"])
        results_restore(viewer=self.staff, ids=[row.public_id], at=FOUND_AT)
        assert late_look_request(viewer=self.staff, public_id=row.public_id, at=FOUND_AT)
        assert mark(found(row, result_file())) == {row.pk}

    def test_the_result_of_one_that_was_pinned_is_pinned(self) -> None:
        row, other = make_given_up(), make_given_up()
        results_pin(viewer=self.staff, ids=[row.public_id], at=AT, pinned=True)
        mark(found(row, result_file()), found(other, result_file()))
        assert row.media.get().pinned_at == AT
        assert other.media.get().pinned_at is None

    def test_what_another_has_decided_after_it_was_read_is_left_alone(self) -> None:
        """As on PostgreSQL, where the rows may change between the look and the update."""
        row = make_given_up()
        read = Generation.objects.get(pk=row.pk)
        for fields in ({"status": Status.SUCCEEDED, "error_code": ""}, {"error_code": "generation_failed"}):
            with self.subTest(fields):
                Generation.objects.filter(pk=row.pk).update(**{"status": Status.FAILED, **fields})
                assert transitions._move_late(read, found(row), FOUND_AT) is False


class CountTests(TestCase):
    def test_the_hour_in_which_it_failed_is_counted_anew(self) -> None:
        account = make_account()
        row, other = (make_given_up(account=account, credits_estimated=5) for _ in range(2))
        usage_sum_hour(hour=AT)
        assert UsageHour.objects.get().generations == 2
        mark(found(row, result_file()))
        assert (UsageHour.objects.get().generations, other.status) == (1, Status.FAILED)
        usage_sum_hour(hour=FOUND_AT)
        sums = usage_of("account_id", account.pk, since=AT)
        assert (sums.succeeded, sums.failed, sums.credits) == (1, 1, 10)

    def test_an_hour_in_which_nothing_else_ended_is_empty_then(self) -> None:
        row = make_given_up()
        usage_sum_hour(hour=AT)
        mark(found(row, result_file()))
        assert not UsageHour.objects.exists()


class WebhookTests(TestCase):
    def setUp(self) -> None:
        secret = vault.encrypt("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        self.key = make_api_key(webhook_url="https://app.example/hook", webhook_secret_encrypted=secret)

    def told(self) -> list[tuple[str, int]]:
        return [(each.event, len(each.payload["data"]["urls"])) for each in Delivery.objects.order_by("pk")]

    def test_it_is_told_a_second_time_as_completed(self) -> None:
        row = make_held(Status.SUBMITTED, api_key=self.key)
        transitions.mark_failed([failed(row, error_code="timed_out")], at=AT)
        mark(found(row, result_file(), record_id=row.history_record_id))
        assert self.told() == [("image.failed", 0), ("image.completed", 1)]
        first, second = Delivery.objects.order_by("pk")
        assert second.message_id == second.payload["id"] == f"{first.message_id}_late1"

    def test_each_part_of_a_request_that_comes_late_is_told(self) -> None:
        first = make_given_up(api_key=self.key)
        Generation.objects.filter(pk=first.pk).update(group_id=first.public_id)
        second = make_given_up(api_key=self.key, group_id=first.public_id)
        mark(found(first, result_file()))
        mark(found(second, result_file()))
        assert self.told() == [("image.completed", 1), ("image.completed", 2)]


class FailureTests(TestCase):
    def test_a_look_is_planned_where_something_may_come(self) -> None:
        table: list[tuple[str, str, bool]] = [
            (Status.SUBMITTED, "timed_out", True),
            (Status.SUBMITTED, "outcome_unknown", True),
            (Status.SUBMITTING, "outcome_unknown", True),
            (Status.SUBMITTED, "generation_failed", False),
            (Status.SUBMITTED, "content_policy_violation", False),
            (Status.QUEUED, "timed_out", False),
            (Status.RUNNING, "upstream_unreachable", False),
        ]
        for status, code, is_planned in table:
            with self.subTest(status=status, code=code):
                row = make_held(status)
                transitions.mark_failed([failed(row, error_code=code)], at=AT)
                planned = Generation.objects.get(pk=row.pk).late_due_at
                assert planned == (AT + LOOKS_AFTER[0] if is_planned else None)
