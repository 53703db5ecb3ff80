"""Late results: when they are looked for, which may come, and who may ask for a look at once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import TestCase

from generation.errors import UnknownGeneration
from generation.late import (
    LATE_CODES,
    MAY_COME_LATE,
    late_due,
    late_look_note,
    late_look_request,
    may_come_late,
    next_look_at,
)
from generation.models import Generation, GenerationEvent
from generation.viewing import Viewer
from tests.factories import make_api_key, make_generation

FAILED_AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
STAFF = Viewer(user_id=0, sees_all=True)
Status = Generation.Status


@pytest.mark.parametrize(
    ("after_min", "next_min", "next_unasked_min"),
    [
        (0, 5, 5),
        (4.9, 5, 5),
        (5, 30, 30),
        (12, 30, 30),  # a person asked in between
        (30, 120, 120),
        (125, 720, 720),
        (300, 720, 720),  # the gateway was off: no look is made up for
        (720, None, 1440),  # 12 h more
        (9000, None, 9720),
        (9400, None, None),  # 9400 + 720 is beyond 7 days = 10 080 min
    ],
)
def test_looks_become_rarer_and_end(after_min: float, next_min: float | None, next_unasked_min: float | None) -> None:
    at = FAILED_AT + timedelta(minutes=after_min)

    def minutes(was_asked: bool) -> float | None:
        planned = next_look_at(failed_at=FAILED_AT, at=at, was_asked=was_asked)
        return None if planned is None else (planned - FAILED_AT).total_seconds() / 60

    assert minutes(was_asked=True) == next_min
    assert minutes(was_asked=False) == next_unasked_min


def make_late(**over: Any) -> Generation:
    """One that passed its deadline and has a record."""
    fields = {"status": Status.FAILED, "error_code": "timed_out", "history_record_id": "77", "finished_at": FAILED_AT}
    return make_generation(**fields | over)


class LateTests(TestCase):
    def test_only_what_jimeng_may_have_can_come_late(self) -> None:
        table: list[tuple[dict[str, Any], bool]] = [
            ({}, True),
            ({"history_record_id": ""}, False),
            ({"history_record_id": "", "submit_id": uuid.uuid4()}, False),  # surely not accepted: queue, uploads
            ({"error_code": "outcome_unknown", "history_record_id": "", "submit_id": uuid.uuid4()}, True),
            ({"error_code": "outcome_unknown", "history_record_id": "77"}, True),
            ({"error_code": "outcome_unknown", "history_record_id": ""}, False),
            ({"error_code": "generation_failed"}, False),
            ({"error_code": "content_policy_violation"}, False),
            ({"status": Status.SUCCEEDED, "error_code": "", "submit_id": uuid.uuid4()}, False),
            ({"status": Status.CANCELLED, "error_code": "generation_cancelled"}, False),
        ]
        for fields, wanted in table:
            with self.subTest(fields):
                row = make_late(**fields)
                assert may_come_late(row) is wanted
                assert Generation.objects.filter(MAY_COME_LATE, pk=row.pk).exists() is wanted

    def test_a_person_may_ask_at_once(self) -> None:
        row = make_late()
        assert late_look_request(viewer=STAFF, public_id=row.public_id, at=FAILED_AT)
        row.refresh_from_db()
        assert row.late_due_at == FAILED_AT

    def test_all_parts_of_a_request_are_asked_for(self) -> None:
        asked, other = make_late(group_id="gen_1"), make_late(group_id="gen_1")
        done, stranger = make_generation(group_id="gen_1"), make_late()
        assert late_look_request(viewer=STAFF, public_id=done.public_id, at=FAILED_AT)
        due = set(Generation.objects.filter(late_due_at=FAILED_AT).values_list("pk", flat=True))
        assert due == {asked.pk, other.pk}
        assert stranger.pk not in due

    def test_a_part_that_is_not_to_be_seen_is_not_asked_for(self) -> None:
        owner = User.objects.create_user("owner")
        mine = make_late(group_id="gen_1", api_key=make_api_key(owner=owner))
        other = make_late(group_id="gen_1", api_key=make_api_key())
        assert late_look_request(viewer=Viewer.of(owner), public_id=mine.public_id, at=FAILED_AT)
        assert [Generation.objects.get(pk=row.pk).late_due_at for row in (mine, other)] == [FAILED_AT, None]

    def test_however_often_a_person_asks_jimeng_is_left_some_peace(self) -> None:
        row = make_late(late_due_at=FAILED_AT)
        late_look_note(sought=row, outcome="running", at=FAILED_AT, next_at=None)
        for seconds, due_s in ((1, 11), (9, 19), (10, 10), (60, 60)):
            at = FAILED_AT + timedelta(seconds=seconds)
            assert late_look_request(viewer=STAFF, public_id=row.public_id, at=at)
            assert Generation.objects.get().late_due_at == FAILED_AT + timedelta(seconds=due_s)

    def test_there_is_nothing_to_ask_for_once_it_is_there_or_thrown_away(self) -> None:
        for row in (make_generation(), make_late(error_code="generation_failed"), make_late(deleted_at=FAILED_AT)):
            assert not late_look_request(viewer=STAFF, public_id=row.public_id, at=FAILED_AT)
        assert not Generation.objects.filter(late_due_at__isnull=False).exists()

    def test_a_stranger_cannot_ask(self) -> None:
        owner, stranger = (User.objects.create_user(name) for name in ("owner", "stranger"))
        row = make_late(api_key=make_api_key(owner=owner))
        with pytest.raises(UnknownGeneration):
            late_look_request(viewer=Viewer.of(stranger), public_id=row.public_id, at=FAILED_AT)
        assert late_look_request(viewer=Viewer.of(owner), public_id=row.public_id, at=FAILED_AT)

    def test_the_longest_due_come_first_and_read_a_small_index(self) -> None:
        later, sooner = make_late(late_due_at=FAILED_AT), make_late(late_due_at=FAILED_AT - timedelta(minutes=1))
        make_late(late_due_at=FAILED_AT + timedelta(seconds=1))
        make_late()
        make_late(late_due_at=FAILED_AT, deleted_at=FAILED_AT)
        assert [row.pk for row in late_due(at=FAILED_AT, most=9)] == [sooner.pk, later.pk]
        assert len(late_due(at=FAILED_AT, most=1)) == 1
        if connection.vendor == "sqlite":
            due = Generation.objects.filter(MAY_COME_LATE, late_due_at__lte=FAILED_AT).order_by("late_due_at")
            assert "generation_late" in due.explain()

    def test_a_look_in_vain_is_noted_once(self) -> None:
        row = make_late(late_due_at=FAILED_AT)
        for won in (True, False):  # the second has lost a race
            assert late_look_note(sought=row, outcome="running", at=FAILED_AT, next_at=None) is won
        after = Generation.objects.get()
        assert (after.late_due_at, after.late_attempts, after.status) == (None, 1, Status.FAILED)
        (event,) = GenerationEvent.objects.all()
        assert (event.kind, event.facts) == ("late_sought", {"outcome": "running", "is_last": True})

    def test_a_look_that_was_asked_for_meanwhile_is_not_forgotten(self) -> None:
        row = make_late(late_due_at=FAILED_AT)
        again = FAILED_AT + timedelta(seconds=1)
        late_look_request(viewer=STAFF, public_id=row.public_id, at=again)
        assert not late_look_note(sought=row, outcome="running", at=FAILED_AT, next_at=None)
        assert Generation.objects.get().late_due_at == again

    def test_the_codes_are_those_of_errors(self) -> None:
        assert set(LATE_CODES) == {"timed_out", "outcome_unknown"}
