"""Asking Jimeng, at the page of a generation, for what is late or missing."""

from __future__ import annotations

from django.utils import timezone

from generation.models import Generation, Media
from tests.factories import make_generation, make_media
from tests.generation.detail_desk import DetailTestCase

Status = Generation.Status


class LookAgainTests(DetailTestCase):
    def test_a_late_result_is_asked_for(self) -> None:
        row = make_generation(status=Status.FAILED, error_code="timed_out", history_record_id="77")
        assert "Jimeng is being asked for it" in self.told(self.post(row, "look-again"))
        row.refresh_from_db()
        assert row.late_due_at is not None

    def test_where_nothing_can_come_it_says_so(self) -> None:
        assert "nothing that could still come" in self.told(self.post(make_generation(), "look-again"))

    def test_a_missing_file_is_asked_for(self) -> None:
        row = make_generation()
        media = make_media(generation=row, content=b"", removed_at=timezone.now(), removed_why="retention")
        self.told(self.post(row, "look-again", media=media.public_id))
        media.refresh_from_db()
        assert (media.removed_at, media.fetch_due_at is not None) == (None, True)

    def test_what_was_removed_is_pinned_with_it_and_what_only_is_missing_is_not(self) -> None:
        for why, is_pinned in (("retention", True), ("trash", True), ("", False)):
            row = make_generation()
            at = timezone.now() if why else None
            media = make_media(generation=row, content=b"", removed_at=at, removed_why=why)
            told = self.told(self.post(row, "look-again", media=media.public_id))
            assert ("It is pinned now" in told) == is_pinned
            media.refresh_from_db()
            row.refresh_from_db()
            assert (media.pinned_at is not None, row.pinned_at is not None) == (is_pinned, is_pinned)

    def test_what_is_in_the_trash_stays_there(self) -> None:
        row = make_generation()
        media = make_media(generation=row, content=b"", deleted_at=timezone.now(), removed_at=timezone.now())
        assert "nothing that could still come" in self.told(self.post(row, "look-again", media=media.public_id))
        assert Media.objects.get().fetch_due_at is None

    def test_a_file_of_another_generation_is_not_found(self) -> None:
        media = make_media(content=b"")
        for media_id in (media.public_id, "med_00", "'"):
            assert self.post(make_generation(), "look-again", media=media_id).status_code == 404
        assert Media.objects.get().fetch_due_at is None
