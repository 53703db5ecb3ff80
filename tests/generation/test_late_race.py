"""Two processes that find the same late result, on databases where their transactions run side by side."""

from __future__ import annotations

from django.test import skipUnlessDBFeature

from generation import transitions
from generation.keepsakes import results_delete
from generation.models import Generation, GenerationEvent, Media, UsageHour
from generation.usage import usage_sum_hour
from generation.viewing import Viewer
from tests.committing import CommittingTestCase
from tests.generation.moves import AT, result_file
from tests.generation.test_lock_order import with_other
from tests.generation.test_transitions_late import FOUND_AT, found, make_given_up

STAFF = Viewer(user_id=0, sees_all=True)


@skipUnlessDBFeature("has_select_for_update")
class RaceTests(CommittingTestCase):
    def test_of_two_that_find_it_at_once_one_records_it(self) -> None:
        row = make_given_up()
        won: list[set[int]] = []

        def mark() -> None:
            won.append(transitions.mark_late([found(row, result_file())], at=FOUND_AT))

        with_other(hold=mark, other=mark)
        assert won == [{row.pk}, set()]
        assert Generation.objects.get().status == Generation.Status.SUCCEEDED
        assert [each.kind for each in GenerationEvent.objects.all()] == ["late_found"]
        assert Media.objects.count() == 1

    def test_an_hour_that_is_summed_meanwhile_is_counted_once(self) -> None:
        row, _other = make_given_up(), make_given_up()
        with_other(
            hold=lambda: usage_sum_hour(hour=AT),
            other=lambda: transitions.mark_late([found(row, result_file())], at=FOUND_AT),
        )
        assert [each.generations for each in UsageHour.objects.all()] == [1]

    def test_thrown_away_and_found_at_once_it_is_the_one_or_the_other(self) -> None:
        """Never a result in the trash whose files are not there, which nobody could take out."""

        def delete() -> None:
            results_delete(viewer=STAFF, ids=[row.public_id], at=FOUND_AT)

        def find() -> None:
            transitions.mark_late([found(row, result_file())], at=FOUND_AT)

        for hold, other, status, in_trash in ((delete, find, "failed", []), (find, delete, "succeeded", [FOUND_AT])):
            row = make_given_up()
            with_other(hold=hold, other=other)
            row.refresh_from_db()
            assert (row.status, row.deleted_at) == (status, FOUND_AT)
            assert [each.deleted_at for each in row.media.all()] == in_trash
