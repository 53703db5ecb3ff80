"""Rows of result files: each position once, and what is not stored yet is due to be fetched."""

from __future__ import annotations

from django.test import TestCase

from generation import transitions
from generation.models import Generation, GenerationEvent, Media
from tests.generation.moves import AT, make_held, result_file, succeeded

Status = Generation.Status


class RecordedMediaTests(TestCase):
    def setUp(self) -> None:
        self.row = make_held(Status.SUBMITTED)

    def finish(self, *positions: int) -> None:
        files = [result_file(each, sha256="f" * 64) for each in positions]
        assert transitions.mark_succeeded([succeeded(self.row, *files)], at=AT) == {self.row.pk}

    def test_a_stored_picture_waits_only_for_its_thumbnail(self) -> None:
        self.finish(0)
        media = Media.objects.get()
        assert (media.file.name, media.content_type) == ("2026/11/22/0.webp", "image/webp")
        assert (media.width, media.height, media.size_bytes, media.sha256) == (2048, 2048, 1000, "f" * 64)
        assert (media.fetch_due_at, media.thumbnail_due_at, media.thumbnail.name) == (None, AT, "")
        assert media.duration_s is None
        assert (media.upstream_uri, media.upstream_url) == ("tos-cn-i-x/0", "https://upstream.example/0.webp")
        assert media.public_id.startswith("med_")

    def test_one_that_could_not_be_fetched_is_due_and_its_address_is_kept(self) -> None:
        missing = result_file(name="", content_type="", size_bytes=None, sha256="")
        transitions.mark_succeeded([succeeded(self.row, missing)], at=AT)
        media = Media.objects.get()
        assert (media.file.name, media.fetch_due_at, media.thumbnail_due_at) == ("", AT, None)
        assert media.upstream_url == "https://upstream.example/0.webp"

    def test_a_video_has_a_length_and_its_poster_and_gets_no_other(self) -> None:
        video = result_file(kind="video", name="0.mp4", duration_s=5.04, thumbnail="0.mp4.thumb.webp")
        transitions.mark_succeeded([succeeded(self.row, video)], at=AT)
        media = Media.objects.get()
        assert (media.duration_s, media.thumbnail.name, media.thumbnail_due_at) == (5.04, "0.mp4.thumb.webp", None)

    def test_early_pictures_change_no_status(self) -> None:
        transitions.add_media(generation_id=self.row.pk, files=[result_file(0)])
        assert Generation.objects.get().status == Status.SUBMITTED
        assert not GenerationEvent.objects.exists()
        assert [each.position for each in Media.objects.all()] == [0]

    def test_a_position_that_was_recorded_before_stays_as_it_is(self) -> None:
        transitions.add_media(generation_id=self.row.pk, files=[result_file(0, sha256="0" * 64)])
        before = Media.objects.get()
        self.finish(0, 1)
        assert [(each.position, each.sha256[0]) for each in Media.objects.all()] == [(0, "0"), (1, "f")]
        assert Media.objects.get(position=0).public_id == before.public_id

    def test_equal_positions_of_two_generations_are_two_files(self) -> None:
        other = make_held(Status.SUBMITTED)
        changes = [succeeded(self.row, result_file(0)), succeeded(other, result_file(0))]
        transitions.mark_succeeded(changes, at=AT)
        assert Media.objects.count() == 2

    def test_long_upstream_names_are_cut_and_addresses_are_not(self) -> None:
        address = "https://upstream.example/" + "x" * 2000
        file = result_file(upstream_uri="u" * 400, upstream_url=address)
        transitions.add_media(generation_id=self.row.pk, files=[file])
        media = Media.objects.get()
        assert (len(media.upstream_uri), media.upstream_url) == (300, address)
