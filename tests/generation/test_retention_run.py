"""Removing what the retention policy says: rows first, then files, and nothing that somebody else still has."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from generation.keepsakes import results_pin, results_restore
from generation.models import GenerationEvent, Media
from generation.orphans import orphans_find, orphans_remove
from generation.retention import Policy, Removed, Rule, retention_run
from generation.retention_removal import Removal
from tests.factories import make_generation, make_media
from tests.generation.retaining import LATER, NEXT_DAYS, OLD, CleanTestCase, again, exists, make_result, save

POLICY = Policy(keep_days=30)


class RemovalTests(CleanTestCase):
    def test_of_what_the_policy_takes_the_small_picture_stays(self) -> None:
        media = make_result()
        assert retention_run(at=LATER, policy=POLICY) == Removed(
            files=1, size_bytes=media.size_bytes or 0, is_complete=True
        )
        row = again(media)
        assert (row.file.name, row.preview.name, row.thumbnail.name) == ("", "", media.thumbnail.name)
        assert (row.removed_at, row.removed_why, row.sha256) == (LATER, Media.Removal.RETENTION, media.sha256)
        assert [exists(each.name) for each in (media.file, media.preview, media.thumbnail)] == [False, False, True]
        event = GenerationEvent.objects.get(kind=GenerationEvent.Kind.FILES_REMOVED)
        assert (event.generation_id, event.detail) == (media.generation_id, {"files": 1, "why": "retention"})

    def test_of_the_trash_nothing_stays(self) -> None:
        media = make_result(deleted_at=OLD, fetch_due_at=OLD, thumbnail_due_at=OLD)
        retention_run(at=LATER, policy=Policy())
        row = again(media)
        assert (row.file.name, row.preview.name, row.thumbnail.name) == ("", "", "")
        assert (row.removed_why, row.fetch_due_at, row.thumbnail_due_at) == (Media.Removal.TRASH, None, None)
        assert [exists(each.name) for each in (media.file, media.preview, media.thumbnail)] == [False] * 3
        assert GenerationEvent.objects.get().detail == {"files": 1, "why": "trash"}

    def test_a_small_picture_alone_leaves_the_trash_too(self) -> None:
        media = make_result(deleted_at=OLD, file="", preview="", removed_why=Media.Removal.RETENTION)
        assert retention_run(at=LATER, policy=Policy()).files == 0
        assert (again(media).removed_at, exists(media.thumbnail.name)) == (LATER, False)

    def test_doing_it_again_does_nothing(self) -> None:
        make_result()
        retention_run(at=LATER, policy=POLICY)
        assert retention_run(at=LATER, policy=POLICY) == Removed(is_complete=True)
        assert GenerationEvent.objects.count() == 1

    def test_a_file_that_another_row_names_stays(self) -> None:
        old, young = make_result(1), make_result(1, created_at=LATER)
        assert retention_run(at=LATER, policy=POLICY) == Removed(files=1, size_bytes=0, is_complete=True)
        assert again(old).file.name == ""
        assert [exists(each.name) for each in (young.file, young.preview, young.thumbnail)] == [True] * 3

    def test_the_small_picture_that_an_emptied_row_shares_stays_with_the_other(self) -> None:
        kept, trashed = make_result(1), make_result(1, deleted_at=OLD)
        retention_run(at=LATER, policy=POLICY)
        assert (again(kept).removed_why, again(trashed).removed_why) == ("retention", "trash")
        assert [exists(each.name) for each in (kept.file, kept.thumbnail)] == [False, True]

    def test_a_file_that_was_used_within_the_hour_is_left_for_the_sweep(self) -> None:
        media = make_result()
        now = timezone.now()
        assert retention_run(at=now, policy=POLICY).files == 1
        assert (again(media).file.name, exists(media.file.name)) == ("", True)
        assert orphans_remove(at=now) == 0
        assert orphans_remove(at=NEXT_DAYS) == 2
        assert [exists(each.name) for each in (media.file, media.preview, media.thumbnail)] == [False, False, True]

    def test_a_limit_is_kept_in_batches(self) -> None:
        for number in range(3):
            make_result(number, deleted_at=OLD)
        make_result(9)
        done = retention_run(at=LATER, policy=POLICY, limit=3)
        assert (done.files, done.is_complete, Media.objects.exclude(file="").count()) == (3, False, 1)

    def test_only_some_rules_can_be_meant(self) -> None:
        make_result(1)
        trashed = make_result(2, deleted_at=OLD, created_at=LATER)
        retention_run(at=LATER, policy=POLICY, rules=[Rule.TRASH])
        assert list(Media.objects.filter(file="")) == [trashed]

    def test_when_all_take_too_much_the_oldest_go_until_they_fit(self) -> None:
        media = [make_result(number, created_at=OLD + timedelta(days=number), size_bytes=1000) for number in range(6)]
        twin = make_result(0, created_at=LATER, size_bytes=1000)  # of the oldest: removing that one frees nothing
        done = retention_run(at=LATER, policy=Policy(keep_bytes=4000))
        assert (done.files, done.size_bytes, done.is_complete) == (3, 2000, True)
        assert list(Media.objects.filter(file="").order_by("created_at")) == media[:3]
        assert exists(twin.file.name)

    def test_what_fits_stays(self) -> None:
        make_result(size_bytes=4000)
        assert retention_run(at=LATER, policy=Policy(keep_bytes=4000)).files == 0


class RaceTests(CleanTestCase):
    def test_what_was_pinned_in_the_meantime_stays(self) -> None:
        media = make_result(generation=self.cast.generation())
        removal = Removal(policy=POLICY, at=LATER)
        (batch,) = [each for each in removal.batches() if each.pks]
        results_pin(viewer=self.cast.owner, ids=[media.public_id], at=LATER, pinned=True)
        assert removal.mark(batch).files == 0
        assert again(media).file.name == media.file.name

    def test_what_was_taken_out_of_the_trash_in_the_meantime_stays(self) -> None:
        media = make_result(generation=self.cast.generation(), deleted_at=OLD)
        removal = Removal(policy=Policy(), at=LATER)
        (batch,) = [each for each in removal.batches() if each.pks]
        results_restore(viewer=self.cast.owner, ids=[media.public_id], at=LATER)
        assert removal.mark(batch).files == 0

    def test_who_dies_before_deleting_leaves_orphans_that_are_found(self) -> None:
        media, kept = make_result(1), make_result(2, pinned_at=OLD)
        removal = Removal(policy=POLICY, at=LATER)
        for batch in removal.batches():
            removal.mark(batch)
        assert exists(media.file.name)
        assert sorted(orphans_find(at=NEXT_DAYS)) == sorted([media.file.name or "", media.preview.name or ""])
        orphans_remove(at=NEXT_DAYS)
        assert [exists(each.name) for each in (media.file, media.thumbnail, kept.file)] == [False, True, True]


class OrphanTests(CleanTestCase):
    def test_only_names_of_our_own_making_are_looked_at(self) -> None:
        owner = make_generation()
        old_style = f"2026/01/31/{owner.public_id}-0.webp"
        named = make_media(generation=owner, content=b"", file=save(old_style))
        lost = [save(f"2026/01/31/{owner.public_id}-1.mp4"), save("2026/01/31/gen_ffff-0.webp.thumb.webp")]
        lost.append(save(f"results/ab/{'ab' * 32}.png"))
        others = ("holiday.webp", "2026/01/31/holiday.webp", "results/ab/holiday.webp", f"inputs/ab/{'ab' * 32}.png")
        for name in others:
            save(name)
        assert sorted(orphans_find(at=NEXT_DAYS)) == sorted(lost)
        assert orphans_remove(at=NEXT_DAYS) == 3
        assert all(exists(name) for name in (*others, named.file.name))

    def test_what_is_younger_than_a_day_may_be_about_to_be_named(self) -> None:
        save(f"results/ab/{'ab' * 32}.png")
        assert list(orphans_find(at=timezone.now() + timedelta(hours=23))) == []
        assert len(list(orphans_find(at=timezone.now() + timedelta(hours=25)))) == 1
