"""The page of a generation: what it shows of each state, in a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Account
from generation import errors
from generation.models import Generation, GenerationEvent, InputImage, Media
from generation.specs import video_spec
from tests.factories import make_account, make_api_key, make_generation, make_media
from tests.generation.detail_desk import DetailTestCase

Status, Kind = Generation.Status, GenerationEvent.Kind


class StateTests(DetailTestCase):
    def test_an_open_one_shows_how_far_it_is_and_can_be_cancelled(self) -> None:
        row = make_generation(status=Status.QUEUED)
        page = self.page(row)
        assert f'sse-connect="/live/generations/{row.public_id}/"' in page
        assert "<progress" in page
        assert f'action="/history/{row.public_id}/cancel/"' in page
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
        assert "not spent yet" in page

    def test_what_may_be_spent_cannot_be_cancelled(self) -> None:
        for status in (Status.SUBMITTING, Status.SUBMITTED):
            assert "/cancel/" not in self.page(make_generation(status=status))

    def test_a_finished_one_shows_its_files_and_is_not_followed(self) -> None:
        row = make_generation()
        media = make_media(generation=row)
        page = self.page(row)
        assert f'src="/media/{media.public_id}.webp?variant=preview' in page
        assert "64 × 48" in page
        assert media.sha256 in page
        assert "sse-connect" not in page
        assert "http-equiv" not in page

    def test_a_video_plays_and_one_file_is_downloaded_as_it_is(self) -> None:
        spec = video_spec(model="jimeng-video-3.0", prompt="it moves", seconds=5)
        row = make_generation(kind=Generation.Kind.VIDEO, spec=spec.to_json())
        make_media(generation=row, duration_s=5.0, content_type="video/mp4")
        page = self.page(row)
        assert "<video" in page
        assert "5.0 s" in page
        assert "/live/archive/" not in page

    def test_the_client_is_named_unless_it_is_the_page_itself(self) -> None:
        assert "some-client/1.2" in self.page(make_generation(client="some-client/1.2"))
        assert "page/zoe" not in self.page(make_generation(client="page/zoe"))

    def test_several_files_are_an_archive(self) -> None:
        row = make_generation()
        make_media(generation=row)
        make_media(generation=row)
        assert 'action="/live/archive/"' in self.page(row)

    def test_files_that_are_not_there_say_why_and_offer_a_look(self) -> None:
        now = timezone.now()
        table: tuple[tuple[dict[str, Any], str], ...] = (
            ({"fetch_due_at": now}, "It is being fetched from Jimeng."),
            ({"fetch_due_at": now + timedelta(hours=2), "fetch_attempts": 3}, "3 attempts failed"),
            ({}, "It could not be fetched from Jimeng."),
            ({"removed_at": now, "removed_why": Media.Removal.RETENTION}, "removed by the retention policy"),
        )
        for over, words in table:
            with self.subTest(words):
                row = make_generation()
                media = make_media(generation=row, content=b"", **over)
                page = self.page(row)
                assert words in page
                assert f'name="media" value="{media.public_id}"' in page

    def test_the_trash_offers_a_way_back(self) -> None:
        row = make_generation(deleted_at=timezone.now())
        make_media(generation=row, deleted_at=timezone.now())
        page = self.page(row)
        assert 'name="action" value="restore"' in page
        assert 'name="action" value="delete"' not in page

    def test_a_failure_says_what_it_means_and_what_helps(self) -> None:
        row = make_generation(
            status=Status.FAILED,
            error_code="content_policy_violation",
            error_detail=f"{errors.ContentRejected.default_detail} (Jimeng: 文字不合规)",
        )
        page = self.page(row)
        for words in ("Rejected by Jimeng's content filter", "Nothing was spent.", "Jimeng: 文字不合规"):
            assert words in page
        assert f'href="/create/?from={row.public_id}"' in page

    def test_a_late_result_can_be_looked_for_only_where_it_may_come(self) -> None:
        late = make_generation(status=Status.FAILED, error_code="timed_out", history_record_id="77")
        assert f'action="/history/{late.public_id}/look-again/"' in self.page(late)
        for gone in ({"deleted_at": timezone.now()}, {"history_record_id": ""}):
            fields = {"error_code": "timed_out", "history_record_id": "77", **gone}
            assert "/look-again/" not in self.page(make_generation(status=Status.FAILED, **fields))

    def test_what_is_about_to_come_is_waited_for(self) -> None:
        row = make_generation()
        make_media(generation=row, content=b"", fetch_due_at=timezone.now())
        assert 'hx-trigger="every 4s"' in self.page(row)

    def test_parts_of_a_request_and_neighbours_are_linked(self) -> None:
        older, first = make_generation(), make_generation(group_id="gen_aa", public_id="gen_aa")
        second = make_generation(group_id="gen_aa")
        make_generation(deleted_at=timezone.now())
        newer = make_generation()
        page = self.page(first)
        for row in (older, second):
            assert f'href="/history/{row.public_id}/"' in page
        assert f'rel="prev" href="/history/{newer.public_id}/"' in self.page(second)

    def test_what_happened_after_the_end_is_told(self) -> None:
        row = make_generation()
        for kind in Kind.values:
            row.events.create(kind=kind, at=timezone.now(), detail={"by": "zoe", "files": 2})
        page = self.page(row)
        for words in (
            "Pinned: nothing removes its files. (2 files, by zoe)",
            "Moved to the trash.",
            "2 files were removed",
        ):
            assert words in page

    def test_queries_do_not_grow(self) -> None:
        row = make_generation(account=make_account(), api_key=make_api_key())
        for number in range(3):
            make_media(generation=row)
            row.events.create(kind=Kind.CLAIMED, at=timezone.now(), account=make_account())
            make_input(row, number)
        with self.assertNumQueries(8):  # session, user, generation, files, inputs, events, newer, older
            self.page(row)


def make_input(row: Generation, position: int, **over: object) -> InputImage:
    fields = {"sha256": "ab" * 32, "file": "inputs/ab/x.png", "content_type": "image/png", "origin": "upload"}
    facts = {"width": 64, "height": 48, "size_bytes": 90, "source": "cat.png"}
    return InputImage.objects.create(generation=row, position=position, **{**fields, **facts, **over})


class HostileTests(DetailTestCase):
    def test_prompts_names_and_words_are_shown_as_they_are_written(self) -> None:
        evil = "</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>"
        row = make_generation(
            prompt=evil,
            client=evil[:120],
            status=Status.FAILED,
            error_code="generation_failed",
            error_detail=evil,
            requested={"model": evil, evil: evil, "size": evil},
            account=make_account(name=evil[:90]),
        )
        make_input(row, 0, source=evil)
        Account.objects.update(name=evil[:90])
        row.events.create(kind=Kind.FAILED, at=timezone.now(), detail={"text": evil, "code": evil})
        text = self.client.get(f"/history/{row.public_id}/").content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text

    def test_numbers_of_inputs_that_are_none_are_not_found(self) -> None:
        self.page(make_generation(), path="inputs/0/", status=404)
        self.page(make_generation(), path="inputs/99999999999999999999/", status=404)
