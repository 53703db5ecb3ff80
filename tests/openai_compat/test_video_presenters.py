"""Videos as dictionaries."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase

from generation.errors import ResultUnavailable
from generation.models import Generation, Media
from generation.progress import Progress
from openai_compat.video_presenters import VideoSight, openai_video, poll_after_ms, video_answer, video_generation
from tests.openai_compat.builders import NOW
from tests.openai_compat.video_builders import make_failed_video, make_file, make_open_video, make_video

BASE = "https://gateway.example"


def sight_of(generation: Generation, media: Media | None = None, percent: int = 100) -> VideoSight:
    return VideoSight(
        generation=generation, media=media, progress=Progress(phase="generating", percent=percent, elapsed_s=1)
    )


class JobObjectTests(TestCase):
    def test_a_waiting_video_has_no_error_and_no_end(self) -> None:
        generation = make_open_video()
        seen = openai_video(sight_of(generation, percent=0), base_url=BASE)
        assert (seen["status"], seen["progress"], seen["error"], seen["completed_at"]) == ("queued", 0, None, None)
        assert (seen["seconds"], seen["size"], seen["object"]) == ("10", "1280x720", "video")
        assert (seen["expires_at"], seen["remixed_from_video_id"]) == (None, None)
        assert "video" not in seen
        assert seen["id"] == seen["task_id"] == generation.public_id

    def test_what_is_being_made_is_in_progress(self) -> None:
        for status in ("running", "submitting", "submitted"):
            generation = Generation(status=status, spec=make_video().spec, model="m", prompt="p")
            assert openai_video(sight_of(generation, percent=40), base_url=BASE)["status"] == "in_progress"
            assert video_generation(sight_of(generation, percent=40), base_url=BASE)["progress"] == 40

    def test_a_finished_video_says_what_it_became(self) -> None:
        generation = make_video()
        media = make_file(generation, width=1276, height=716, duration_s=4.8)
        seen = openai_video(sight_of(generation, media), base_url=BASE)
        assert (seen["status"], seen["progress"], seen["completed_at"]) == ("completed", 100, int(NOW.timestamp()))
        assert (seen["seconds"], seen["size"]) == ("5", "1276x716")
        assert seen["video"] == {"url": media.upstream_url, "duration": 4.8}
        assert seen["jimeng"]["requested"] == {"model": "sora-2", "seconds": 8}
        assert seen["jimeng"]["effective"] == {
            "model": "jimeng-video-3.0",
            "width": 1276,
            "height": 716,
            "ratio": "16:9",
            "resolution": "720p",
            "n": 1,
            "seed": 2_500_000_001,
            "seconds": 5,
        }
        assert (seen["jimeng"]["credits"], seen["jimeng"]["account"]) == (20, "first")

    def test_a_failed_video_says_why(self) -> None:
        for code, known_as in (("content_policy_violation",) * 2, ("gone_in_this_version", "generation_failed")):
            generation = make_failed_video(code)
            for seen in (
                openai_video(sight_of(generation), base_url=BASE),
                video_generation(sight_of(generation), base_url=BASE),
            ):
                assert (seen["status"], seen["progress"]) == ("failed", 0)
                error: Any = seen["error"]
                assert error["code"] == known_as
                assert error["message"]
        assert openai_video(sight_of(generation), base_url=BASE)["jimeng"]["credits"] == 0

    def test_a_cancelled_video_has_failed(self) -> None:
        generation = make_open_video(status="cancelled", error_code="generation_cancelled", finished_at=NOW)
        seen = openai_video(sight_of(generation), base_url=BASE)
        assert seen["status"] == "failed"
        assert seen["error"] is not None
        assert seen["error"]["code"] == "generation_cancelled"

    def test_pollers_find_their_names(self) -> None:
        generation = make_video()
        media = make_file(generation)
        seen = video_generation(sight_of(generation, media), base_url=BASE)
        assert seen["id"] == seen["request_id"] == seen["task_id"]
        assert seen["created"] == seen["created_at"]
        assert seen["data"] == [{"url": media.upstream_url, "revised_prompt": "a ship"}]
        assert seen["videoUrl"] == seen["video"]["url"] == media.upstream_url
        assert seen["completed_at"] == int(NOW.timestamp())
        waiting = video_generation(sight_of(make_open_video()), base_url=BASE)
        assert not {"data", "videoUrl", "video", "completed_at"} & set(waiting)


class WaitingAnswerTests(TestCase):
    def setUp(self) -> None:
        self.generation = make_video()

    def answer(self, representation: Any) -> Any:
        return async_to_sync(self._answer)(representation)

    async def _answer(self, representation: Any) -> Any:
        found = await Generation.objects.prefetch_related("media").aget(pk=self.generation.pk)
        return await video_answer(found, representation=representation, base_url=BASE)

    def store(self) -> Media:
        name = default_storage.save("tests/ship.mp4", ContentFile(b"a video"))
        self.addCleanup(default_storage.delete, name)
        return make_file(self.generation, file=name)

    def test_the_address_stands_at_both_places(self) -> None:
        media = self.store()
        answer = self.answer("url")
        assert answer["videoUrl"] == answer["data"][0]["url"]
        assert answer["videoUrl"].startswith(f"{BASE}/media/{media.public_id}.mp4?s=")
        assert (answer["created"], answer["data"][0]["revised_prompt"]) == (int(NOW.timestamp()), "a ship")
        assert answer["usage"]["total_tokens"] == 0

    def test_content_has_no_address_beside_it_but_the_answer_has(self) -> None:
        self.store()
        answer = self.answer("b64_json")
        assert base64.b64decode(answer["data"][0]["b64_json"]) == b"a video"
        assert "url" not in answer["data"][0]
        assert answer["videoUrl"]
        assert {"url", "b64_json"} <= set(self.answer("both")["data"][0])

    def test_content_that_cannot_be_read_is_said_to_be_paid_for(self) -> None:
        make_file(self.generation)  # its address is the upstream's, and no engine runs here
        with pytest.raises(ResultUnavailable, match="The video was made"):
            self.answer("b64_json")

    def test_a_video_without_any_file_is_no_success(self) -> None:
        with pytest.raises(ResultUnavailable):
            self.answer("url")


@pytest.mark.parametrize(
    ("eta_s", "after_ms"), [(None, 1000), (0, 500), (5, 500), (40, 2000), (90.01, 4500), (100, 5000), (3600, 5000)]
)
def test_when_to_ask_again(eta_s: float | None, after_ms: int) -> None:
    assert poll_after_ms(Progress(phase="generating", percent=1, elapsed_s=0, eta_s=eta_s)) == after_ms
