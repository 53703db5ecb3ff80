"""Pins, the trash, and what comes out of it again."""

from __future__ import annotations

import uuid
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.utils import timezone

from generation.keepsakes import Done, results_delete, results_pin, results_restore
from generation.models import Generation, GenerationEvent, Media
from generation.services import media_refetch
from tests.factories import make_media
from tests.generation.keeping import CastTestCase, files_of, last_event

NOW = timezone.now()
LATER = NOW + timedelta(hours=1)
SUBMIT_ID = uuid.uuid4()


class PinTests(CastTestCase):
    def pin(self, *ids: str, pinned: bool = True) -> Done:
        return results_pin(viewer=self.cast.owner, ids=ids, at=NOW, pinned=pinned)

    def test_a_pinned_file_makes_its_generation_pinned(self) -> None:
        made = self.cast.generation(files=2)
        first, second = files_of(made)
        assert self.pin(second.public_id) == Done(files=1, generations=1)
        first.refresh_from_db()
        second.refresh_from_db()
        made.refresh_from_db()
        assert (first.pinned_at, second.pinned_at, made.pinned_at) == (None, NOW, NOW)
        assert last_event(made) == ("pinned", {"by": "olivia", "files": 1})

    def test_a_generation_stands_for_all_of_its_files(self) -> None:
        made = self.cast.generation(files=3)
        assert self.pin(made.public_id) == Done(files=3, generations=1)
        assert [each.pinned_at for each in files_of(made)] == [NOW] * 3

    def test_a_generation_is_pinned_for_as_long_as_one_of_its_files_is(self) -> None:
        made = self.cast.generation(files=2)
        first, second = files_of(made)
        self.pin(made.public_id)
        self.pin(first.public_id, pinned=False)
        made.refresh_from_db()
        assert made.pinned_at == NOW
        self.pin(second.public_id, pinned=False)
        assert Generation.objects.get().pinned_at is None
        assert last_event(made) == ("unpinned", {"by": "olivia", "files": 1})

    def test_a_generation_without_files_can_be_pinned_itself(self) -> None:
        made = self.cast.generation(status=Generation.Status.FAILED)
        assert self.pin(made.public_id) == Done(generations=1)
        made.refresh_from_db()
        assert made.pinned_at == NOW
        assert self.pin(made.public_id, pinned=False) == Done(generations=1)
        made.refresh_from_db()
        assert made.pinned_at is None

    def test_pinning_again_changes_nothing(self) -> None:
        made = self.cast.generation(files=1)
        self.pin(made.public_id)
        again = results_pin(viewer=self.cast.owner, ids=[made.public_id], at=LATER, pinned=True)
        made.refresh_from_db()
        assert (again, made.pinned_at, files_of(made)[0].pinned_at) == (Done(), NOW, NOW)
        assert GenerationEvent.objects.count() == 1

    def test_what_is_in_the_trash_is_not_pinned(self) -> None:
        made, bare = self.cast.generation(files=1), self.cast.generation()
        ids = [made.public_id, bare.public_id]
        results_delete(viewer=self.cast.owner, ids=ids, at=NOW)
        assert self.pin(*ids) == Done()


class DeleteTests(CastTestCase):
    def delete(self, *ids: str) -> Done:
        return results_delete(viewer=self.cast.owner, ids=ids, at=NOW)

    def restore(self, *ids: str) -> Done:
        return results_restore(viewer=self.cast.owner, ids=ids, at=LATER)

    def test_a_generation_is_in_the_trash_when_all_of_its_files_are(self) -> None:
        made = self.cast.generation(files=2)
        first, second = files_of(made)
        assert self.delete(first.public_id) == Done(files=1, generations=1)
        made.refresh_from_db()
        assert (made.deleted_at, made.hidden_at) == (None, None)
        self.delete(second.public_id)
        made.refresh_from_db()
        assert (made.deleted_at, made.hidden_at) == (NOW, NOW)
        assert last_event(made) == ("deleted", {"by": "olivia", "files": 1})

    def test_deleting_a_pinned_result_takes_the_pin_off(self) -> None:
        made, bare = self.cast.generation(files=1), self.cast.generation()
        ids = [made.public_id, bare.public_id]
        results_pin(viewer=self.cast.owner, ids=ids, at=NOW, pinned=True)
        assert self.delete(*ids) == Done(files=1, generations=2)
        for each in (made, bare):
            each.refresh_from_db()
            assert (each.pinned_at, each.deleted_at) == (None, NOW)
        assert files_of(made)[0].pinned_at is None

    def test_a_late_result_of_what_is_in_the_trash_is_not_looked_for(self) -> None:
        made = self.cast.generation(status=Generation.Status.FAILED, late_due_at=NOW)
        self.delete(made.public_id)
        made.refresh_from_db()
        assert made.late_due_at is None

    def test_what_is_still_being_made_is_left_alone(self) -> None:
        for status in Generation.OPEN:
            made = self.cast.generation(status=status, submit_id=None if status in ("queued", "running") else SUBMIT_ID)
            early = make_media(generation=made)
            for ids in ([made.public_id], [early.public_id], [made.public_id, early.public_id]):
                for done in (
                    self.delete(*ids),
                    self.restore(*ids),
                    results_pin(viewer=self.cast.owner, ids=ids, at=NOW, pinned=True),
                ):
                    assert done == Done(still_open=1), status

    def test_a_restored_generation_is_as_it_was(self) -> None:
        made = self.cast.generation(files=2)
        self.delete(made.public_id)
        assert self.restore(made.public_id) == Done(files=2, generations=1)
        made.refresh_from_db()
        assert (made.deleted_at, made.hidden_at) == (None, None)
        assert [each.deleted_at for each in files_of(made)] == [None, None]
        assert last_event(made) == ("restored", {"by": "olivia", "files": 2})

    def test_one_restored_file_brings_its_generation_back(self) -> None:
        made = self.cast.generation(files=2)
        self.delete(made.public_id)
        first, second = files_of(made)
        self.restore(first.public_id)
        made.refresh_from_db()
        second.refresh_from_db()
        assert (made.deleted_at, made.hidden_at, second.deleted_at) == (None, None, NOW)

    def test_what_its_caller_deleted_through_the_api_stays_hidden_there(self) -> None:
        made = self.cast.generation(files=1, hidden_at=NOW - timedelta(days=1))
        self.delete(made.public_id)
        self.restore(made.public_id)
        made.refresh_from_db()
        assert (made.deleted_at, made.hidden_at) == (None, NOW - timedelta(days=1))

    def test_a_generation_without_files_goes_and_comes_back(self) -> None:
        made = self.cast.generation(status=Generation.Status.FAILED)
        assert self.delete(made.public_id) == Done(generations=1)
        assert self.delete(made.public_id) == Done()
        assert self.restore(made.public_id) == Done(generations=1)
        assert self.restore(made.public_id) == Done()

    def test_what_was_emptied_out_of_the_trash_does_not_come_back(self) -> None:
        made = self.cast.generation(files=1)
        self.delete(made.public_id)
        Media.objects.update(removed_at=NOW, removed_why=Media.Removal.TRASH, file="")
        assert self.restore(made.public_id) == Done()
        made.refresh_from_db()
        assert made.deleted_at == NOW

    def test_what_the_policy_removed_is_so_still_after_the_trash(self) -> None:
        made = self.cast.generation(files=1)
        Media.objects.update(removed_at=NOW, removed_why=Media.Removal.RETENTION, file="")
        self.delete(made.public_id)
        assert files_of(made)[0].removed_at is None  # the trash finds its small picture
        self.restore(made.public_id)
        assert files_of(made)[0].removed_at == LATER

    async def test_a_file_that_is_asked_for_again_takes_its_generation_out_of_the_trash(self) -> None:
        made = await sync_to_async(self.cast.generation)(files=2)
        await sync_to_async(self.delete)(made.public_id)
        first, second = await sync_to_async(files_of)(made)
        assert await media_refetch(media_id=first.public_id)
        await made.arefresh_from_db()
        await second.arefresh_from_db()
        assert (made.deleted_at, made.hidden_at, second.deleted_at) == (None, None, NOW)
