"""Whose results somebody may pin, delete and restore; and that many cost few queries."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation.keepsakes import AT_ONCE, Done, results_delete, results_pin, results_restore
from generation.models import Generation, GenerationEvent, Media
from tests.factories import make_generation
from tests.generation.keeping import CastTestCase, files_of

NOW = timezone.now()


class AccessTests(CastTestCase):
    made: Generation
    ids: list[str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.made = cls.cast.generation(files=2)
        cls.ids = [cls.made.public_id, *(each.public_id for each in files_of(cls.made))]

    def test_a_stranger_can_do_nothing_with_them(self) -> None:
        for each in self.ids:
            done = [
                results_pin(viewer=self.cast.stranger, ids=[each], at=NOW, pinned=True),
                results_delete(viewer=self.cast.stranger, ids=[each], at=NOW),
            ]
            assert done == [Done(), Done()]
        results_delete(viewer=self.cast.owner, ids=self.ids, at=NOW)
        assert results_restore(viewer=self.cast.stranger, ids=self.ids, at=NOW) == Done()
        assert Media.objects.filter(deleted_at=NOW).count() == 2

    def test_it_is_not_told_whether_a_strangers_result_is_still_being_made(self) -> None:
        made = self.cast.generation(status=Generation.Status.QUEUED)
        assert results_delete(viewer=self.cast.stranger, ids=[made.public_id], at=NOW) == Done()

    def test_staff_may_do_it_for_everybody(self) -> None:
        assert results_pin(viewer=self.cast.staff, ids=self.ids, at=NOW, pinned=True) == Done(files=2, generations=1)
        assert GenerationEvent.objects.get().detail == {"by": "root", "files": 2}

    def test_what_belongs_to_no_key_is_for_staff_only(self) -> None:
        made = make_generation()
        assert results_delete(viewer=self.cast.owner, ids=[made.public_id], at=NOW) == Done()
        assert results_delete(viewer=self.cast.staff, ids=[made.public_id], at=NOW) == Done(generations=1)

    def test_ids_that_are_none_are_ignored(self) -> None:
        ids = ["", "gen_", "med_", "gen_ffff", "med_ffff", "1", "' OR 1=1 --", "gen_\x00"[:4], *self.ids, *self.ids]
        assert results_delete(viewer=self.cast.owner, ids=ids, at=NOW) == Done(files=2, generations=1)


class ManyTests(CastTestCase):
    ids: list[str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        first = cls.cast.generation()
        rows = [make_generation_row(first, number) for number in range(AT_ONCE)]
        Generation.objects.bulk_create(rows)
        files = [
            Media(generation=row, position=position, kind="image", file=f"{row.public_id}-{position}.webp")
            for row in rows
            for position in range(2)
        ]
        Media.objects.bulk_create(files)
        cls.ids = [row.public_id for row in rows]

    def test_five_hundred_take_few_queries(self) -> None:
        viewer = self.cast.owner
        acts: list[tuple[int, Callable[[], Done]]] = [
            (13, lambda: results_pin(viewer=viewer, ids=self.ids, at=NOW, pinned=True)),
            (14, lambda: results_delete(viewer=viewer, ids=self.ids, at=NOW)),
            (13, lambda: results_restore(viewer=viewer, ids=self.ids, at=NOW)),
        ]
        for at_most, act in acts:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                done = act()
            assert done == Done(files=2 * AT_ONCE, generations=AT_ONCE)
            assert len(queries) <= at_most, len(queries)

    def test_more_than_one_statement_takes_are_done_all_the_same(self) -> None:
        ids = [*self.ids, *(media_id for media_id in Media.objects.values_list("public_id", flat=True))]
        done = results_delete(viewer=self.cast.owner, ids=ids, at=NOW)
        assert done == Done(files=2 * AT_ONCE, generations=AT_ONCE)
        assert Generation.objects.filter(deleted_at=NOW, hidden_at=NOW).count() == AT_ONCE


def make_generation_row(like: Generation, number: int) -> Generation:
    """Unsaved."""
    copy = Generation.objects.get(pk=like.pk)
    copy.pk, copy.public_id = None, f"gen_{number:024x}"
    return copy
