"""What can wait: thumbnails, and files that could not be fetched at once."""

from __future__ import annotations

import io
from datetime import timedelta

import httpx
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.utils import timezone
from PIL import Image

from generation.engine.caretaker import Caretaker
from generation.engine.housekeeping import FETCH_PAUSES, Housekeeping, make_thumbnail
from generation.models import Generation, GenerationEvent, Media
from generation.upstream.client import UpstreamClient
from tests.factories import make_generation, make_media, make_webp
from tests.generation.jimeng import HISTORY, Jimeng, make_alive

IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


def exists(name: str | None) -> bool:
    return default_storage.exists(name or "")


@override_settings(STORAGES=IN_MEMORY)
class ThumbnailTests(TestCase):
    async def thumbnail(self, content: bytes) -> tuple[bytes | None, Media]:
        media = await sync_to_async(make_media)(content=content, thumbnail_due_at=timezone.now())
        made = await make_thumbnail(media)
        return made, await Media.objects.aget()

    async def test_it_is_stored_beside_its_picture(self) -> None:
        made, media = await self.thumbnail(make_webp(2048, 1024))
        assert made is not None
        with Image.open(io.BytesIO(made)) as image:
            assert (image.format, image.size) == ("WEBP", (480, 240))
        assert media.thumbnail.name == f"{media.file.name}.thumb.webp"
        assert exists(media.thumbnail.name)
        assert media.thumbnail_due_at is None

    async def test_a_picture_that_cannot_be_read_is_not_tried_again(self) -> None:
        made, media = await self.thumbnail(b"no picture at all")
        assert (made, media.thumbnail.name, media.thumbnail_due_at) == (None, "", None)

    async def test_a_file_that_is_gone_is_not_tried_again(self) -> None:
        media = await sync_to_async(make_media)(thumbnail_due_at=timezone.now())
        await sync_to_async(default_storage.delete)(media.file.name or "")
        assert await make_thumbnail(media) is None
        assert (await Media.objects.aget()).thumbnail_due_at is None


@override_settings(STORAGES=IN_MEMORY)
class LateFileTests(TestCase):
    """A file that could not be fetched when it was new."""

    def setUp(self) -> None:
        self.jimeng = Jimeng()
        record = self.jimeng.accept("11111111-1111-4111-8111-111111111111")
        self.generation = make_generation(account=make_alive(), history_record_id=record["history_record_id"])

    async def fetch(self, *, attempts: int = 0, upstream_url: str = "https://cdn.test/old/0.webp") -> Media:
        media = await sync_to_async(make_media)(
            generation=self.generation,
            content=b"",
            upstream_uri="tos/0",
            upstream_url=upstream_url,
            content_type="",
            fetch_attempts=attempts,
            fetch_due_at=timezone.now(),
        )
        transport = httpx.MockTransport(self.jimeng)
        async with UpstreamClient(
            base_url="https://a.test", imagex_url="https://b.test", transport=transport
        ) as client:
            caretaker = Caretaker(client, on_freed=lambda: None)
            await Housekeeping(client, caretaker, is_idle=lambda: False)._fetch(media)
        return await Media.objects.aget()

    async def test_it_is_fetched_by_a_fresh_address_and_stored(self) -> None:
        media = await self.fetch()
        assert "/picture/0.webp" in self.jimeng.calls
        assert media.file.name == f"{self.generation.created_at:%Y/%m/%d}/{self.generation.public_id}-0.webp"
        assert (media.content_type, media.width, media.height) == ("image/webp", 64, 48)
        assert (media.fetch_due_at, media.thumbnail_due_at is not None) == (None, True)
        event = await GenerationEvent.objects.aget()
        assert (event.kind, event.detail) == ("media_stored", {"position": 0})

    async def test_the_old_address_serves_when_the_upstream_gives_no_other(self) -> None:
        self.jimeng.silent.add(HISTORY)
        media = await self.fetch(upstream_url="https://cdn.test/picture/9.webp")
        assert "/picture/9.webp" in self.jimeng.calls
        assert media.file.name

    async def test_so_it_does_when_the_account_is_gone(self) -> None:
        await Generation.objects.aupdate(account=None)
        self.generation = await Generation.objects.aget()
        media = await self.fetch(upstream_url="https://cdn.test/picture/9.webp")
        assert (self.jimeng.calls, bool(media.file.name)) == (["/picture/9.webp"], True)

    async def test_each_failure_waits_longer_until_it_is_given_up(self) -> None:
        assert (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)) == FETCH_PAUSES
        self.jimeng.silent.update({"/picture/0.webp", HISTORY})
        for attempts, pause in enumerate((*FETCH_PAUSES, None)):
            with self.subTest(attempts=attempts):
                before = timezone.now()
                media = await self.fetch(attempts=attempts, upstream_url="https://cdn.test/picture/0.webp")
                assert (media.fetch_attempts, media.file.name) == (attempts + 1, "")
                if pause is None:
                    assert media.fetch_due_at is None
                else:
                    assert media.fetch_due_at is not None
                    assert pause <= media.fetch_due_at - before < pause + timedelta(seconds=10)
                await media.adelete()
