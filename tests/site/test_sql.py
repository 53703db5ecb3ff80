"""Plain SQL stores what the ORM would store."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import TestCase

from accounts.models import Account, Lease
from generation.models import Generation, GenerationEvent
from generation.specs import image_spec
from jimeng_site.sql import insert_objects, insert_rows, update_where
from tests.factories import make_account, make_generation

AT = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
ELSEWHERE = AT.astimezone(timezone(timedelta(hours=8)))
Status = Generation.Status


def columns(row: Generation) -> dict[str, Any]:
    """All that is stored but the key."""
    return {name: value for name, value in Generation.objects.filter(pk=row.pk).values()[0].items() if name != "id"}


class UpdateTests(TestCase):
    def test_values_of_every_sort_are_stored_as_the_orm_stores_them(self) -> None:
        account = make_account()
        values: dict[str, Any] = {
            "account": account.pk,
            "submit_id": uuid.uuid4(),
            "passed_over": [1, 2],
            "account_ids": None,
            "requested": {"size": "猫", "n": None},
            "forecast_s": 1.5,
            "seed": 2_599_999_999,
            "prompt": 'It\'s a "cat" %s; 猫 \\ ',
            "claimed_at": ELSEWHERE,
            "submitted_at": None,
            "retry_after_s": None,
        }
        public_id = "gen_same"
        ours, orms = make_generation(status=Status.QUEUED), make_generation(status=Status.QUEUED)
        assert update_where(Generation, where={"id": ours.pk}, values=values) == 1
        Generation.objects.filter(pk=orms.pk).update(**values)
        same = {"public_id", "deadline_at", "created_at"}
        assert {**columns(ours), **dict.fromkeys(same, public_id)} == {
            **columns(orms),
            **dict.fromkeys(same, public_id),
        }

    def test_all_conditions_must_hold(self) -> None:
        row, other = make_generation(status=Status.QUEUED), make_generation(status=Status.RUNNING)
        for where, count in (
            ({"id": row.pk, "status": Status.QUEUED}, 1),
            ({"id": row.pk, "status": Status.RUNNING}, 0),
            ({"id": row.pk, "status": (Status.RUNNING, Status.QUEUED)}, 1),
            ({"id": row.pk, "status": (Status.FAILED,)}, 0),
            ({"status": (Status.RUNNING, Status.QUEUED)}, 2),
            ({"id": (row.pk, other.pk, 12345)}, 2),
            ({"id": 12345}, 0),
        ):
            with self.subTest(where):
                assert update_where(Generation, where=where, values={"client": str(where)[:100]}) == count

    def test_columns_are_raised_beside_values_that_are_set(self) -> None:
        account, other = make_account(spent_since_read=5), make_account(spent_since_read=5)
        changed = update_where(
            Account, where={"id": account.pk}, values={"last_used_at": AT}, add={"spent_since_read": 3}
        )
        account.refresh_from_db()
        other.refresh_from_db()
        assert (changed, account.spent_since_read, account.last_used_at) == (1, 8, AT)
        assert (other.spent_since_read, other.last_used_at) == (5, None)

    def test_the_same_columns_with_other_conditions_are_another_statement(self) -> None:
        rows = [make_generation(status=Status.QUEUED) for _ in range(3)]
        ids = [row.pk for row in rows]
        assert update_where(Generation, where={"id": (ids[0],)}, values={"client": "a"}) == 1
        assert update_where(Generation, where={"id": tuple(ids[1:])}, values={"client": "b"}) == 2
        assert update_where(Generation, where={"id": ids[0]}, values={"client": "c"}) == 1
        assert [each.client for each in Generation.objects.order_by("pk")] == ["c", "b", "b"]


class InsertRowsTests(TestCase):
    def test_rows_are_stored_as_the_orm_stores_them(self) -> None:
        row = make_generation()
        detail = {"text": '猫\'s "own"', "code": None, "n": 3, "s": 1.5}
        names = ("generation", "kind", "at", "account", "detail")
        insert_rows(GenerationEvent, names, [(row.pk, "created", ELSEWHERE, None, detail)] * 2)
        GenerationEvent.objects.create(generation=row, kind="created", at=AT, detail=detail)
        first, second, orms = (
            {name: value for name, value in each.items() if name != "id"} for each in GenerationEvent.objects.values()
        )
        assert first == second == orms

    def test_no_rows_are_no_statement(self) -> None:
        with self.assertNumQueries(0):
            insert_rows(GenerationEvent, ("kind",), [])

    def test_conflicts_are_ignored_only_when_asked(self) -> None:
        account = make_account()
        names = ("account", "holder", "taken_at")
        insert_rows(Lease, names, [(account.pk, "gen_1", AT)])
        both = [(account.pk, "gen_1", AT), (account.pk, "gen_2", AT)]
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_rows(Lease, names, both)
        insert_rows(Lease, names, both, ignore_conflicts=True)
        assert sorted(each.holder for each in Lease.objects.all()) == ["gen_1", "gen_2"]

    def test_a_row_of_another_length_is_refused(self) -> None:
        with pytest.raises(ValueError, match="shorter"):
            insert_rows(Lease, ("account", "holder", "taken_at"), [(1, "gen_1")])


class InsertObjectsTests(TestCase):
    def row(self) -> Generation:
        spec = image_spec(model="jimeng-4.5", prompt="猫")
        return Generation(
            public_id=f"gen_{uuid.uuid4().hex}",
            kind="image",
            model=spec.model,
            prompt=spec.prompt,
            spec=spec.to_json(),
            request_hash="0" * 64,
            account_ids=[1],
            created_at=AT,
            deadline_at=AT,
        )

    def test_objects_are_stored_as_the_orm_stores_them(self) -> None:
        ours, orms = self.row(), self.row()
        insert_objects([ours])
        orms.save()
        assert {**columns(ours), "public_id": ""} == {**columns(orms), "public_id": ""}

    def test_they_know_their_keys_and_can_be_saved(self) -> None:
        rows = [self.row() for _ in range(3)]
        insert_objects(rows)
        assert [row.pk for row in rows] == list(Generation.objects.order_by("pk").values_list("pk", flat=True))
        rows[0].client = "changed"
        rows[0].save()
        assert Generation.objects.count() == 3
        assert Generation.objects.get(pk=rows[0].pk).client == "changed"

    def test_nothing_is_no_statement(self) -> None:
        with self.assertNumQueries(0):
            insert_objects([])
