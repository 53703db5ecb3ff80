"""A video that could not be fetched when it was new: by a fresh address, with its poster."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.utils import timezone

from generation.engine.caretaker import Caretaker
from generation.engine.mending import Mended, Mender
from generation.models import GenerationEvent, Media
from generation.specs import video_spec
from generation.upstream.client import UpstreamClient
from tests.factories import make_generation, make_media, make_webp
from tests.generation.jimeng import HISTORY, Jimeng, make_alive, ok
from tests.generation.test_mp4 import CLIPS

CLIP = (CLIPS / "portrait.mp4").read_bytes()
SPEC = video_spec(model="jimeng-video-3.0", prompt="waves", ratio="9:16")


def content_of(media: Media) -> bytes:
    return Path(media.file.path).read_bytes()


class LateVideoTests(TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))
        self.jimeng = Jimeng()
        record = self.jimeng.accept("11111111-1111-4111-8111-111111111111")
        self.record_id = record["history_record_id"]
        self.clip, self.cover = CLIP, make_webp()
        self.asked: list[str] = []
        self.generation = make_generation(
            account=make_alive(), kind="video", spec=SPEC.to_json(), history_record_id=self.record_id
        )

    def upstream(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "cdn.test":
            self.asked.append(request.url.path)
            content = {"/clip": self.clip, "/cover": self.cover}.get(request.url.path)
            return httpx.Response(404) if content is None else httpx.Response(200, content=content)
        if request.url.path != HISTORY:
            return self.jimeng(request)
        item = {
            "common_attr": {"id": "1", "cover_url": "https://cdn.test/cover"},
            "video": {"play_url": "https://cdn.test/clip"},
        }
        return ok({self.record_id: {"history_record_id": self.record_id, "status": 50, "item_list": [item]}})

    async def fetch(self, **over: Any) -> Media:
        fields = {"upstream_url": "https://cdn.test/dead", "content_type": "", "width": None, "height": None}
        media = await sync_to_async(make_media)(
            generation=self.generation, content=b"", fetch_due_at=timezone.now(), **fields | over
        )
        await self.mend(media)
        return await Media.objects.aget()

    async def mend(self, media: Media) -> Mended:
        async with UpstreamClient(
            base_url="https://a.test", imagex_url="https://b.test", transport=httpx.MockTransport(self.upstream)
        ) as client:
            return await Mender(client, Caretaker(client, on_freed=lambda: None).login).mend(media.pk)

    async def test_it_is_fetched_by_its_new_address_with_its_poster(self) -> None:
        media = await self.fetch()
        assert content_of(media) == CLIP
        assert (media.content_type, media.size_bytes, media.width, media.height) == ("video/mp4", len(CLIP), 270, 480)
        assert media.duration_s is not None
        assert media.thumbnail.name == f"{media.file.name}.thumb.webp"
        assert default_storage.exists(media.thumbnail.name)
        assert (media.fetch_due_at, media.thumbnail_due_at) == (None, None)
        assert await GenerationEvent.objects.filter(kind="media_stored").aexists()

    async def test_what_was_known_of_it_stays(self) -> None:
        default_storage.save("kept.webp", ContentFile(self.cover))
        media = await self.fetch(width=720, height=1280, duration_s=5.0, thumbnail="kept.webp")
        assert (media.width, media.height, media.duration_s, media.thumbnail.name) == (720, 1280, 5.0, "kept.webp")
        assert self.asked == ["/clip"]

    async def test_a_poster_that_is_gone_is_fetched_alone(self) -> None:
        media = await self.fetch()
        default_storage.delete(media.thumbnail.name or "")
        self.asked.clear()
        assert await self.mend(media) == "stored"
        assert (self.asked, default_storage.exists(media.thumbnail.name or "")) == (["/cover"], True)
        assert await GenerationEvent.objects.filter(kind="media_stored").acount() == 1

    async def test_both_are_fetched_when_both_are_gone(self) -> None:
        media = await self.fetch()
        default_storage.delete(media.thumbnail.name or "")
        default_storage.delete(media.file.name or "")
        assert await self.mend(media) == "stored"
        assert content_of(media) == CLIP
        assert default_storage.exists(media.thumbnail.name or "")

    async def test_it_says_when_only_the_poster_cannot_be_had(self) -> None:
        media = await self.fetch()
        default_storage.delete(media.thumbnail.name or "")
        self.cover = b"<svg/>"
        assert await self.mend(media) == "not_media"
        assert content_of(await Media.objects.aget()) == CLIP

    async def test_it_waits_for_the_next_time_when_it_is_no_video(self) -> None:
        self.clip = b"<html>403</html>"
        media = await self.fetch()
        assert (media.file.name, media.fetch_attempts, media.fetch_due_at is not None) == ("", 1, True)

    async def test_a_disk_that_does_not_take_it_counts_as_a_failure(self) -> None:
        (Path(default_storage.location) / "incoming").write_bytes(b"no folder")  # type: ignore[attr-defined]
        media = await self.fetch()
        assert (media.file.name, media.fetch_attempts, media.fetch_due_at is not None) == ("", 1, True)
