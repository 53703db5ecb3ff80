"""Two processes that find the same late result, on databases where their transactions run side by side."""

from __future__ import annotations

from django.test import skipUnlessDBFeature

from generation import transitions
from generation.models import Generation, GenerationEvent, Media
from tests.committing import CommittingTestCase
from tests.generation.moves import result_file
from tests.generation.test_lock_order import with_other
from tests.generation.test_transitions_late import FOUND_AT, found, make_given_up


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
