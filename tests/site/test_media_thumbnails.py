"""Small pictures and posters by signed address."""

from __future__ import annotations

import tempfile

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings

from generation.models import Media
from generation.services import thumbnail_path
from tests.factories import make_generation, make_media, make_webp


@override_settings(MIDDLEWARE=settings.JIMENG_API_MIDDLEWARE)
class ServedThumbnailTests(TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))

    async def test_the_poster_of_a_video(self) -> None:
        poster = await sync_to_async(make_media)(generation=await sync_to_async(make_generation)(kind="video"))
        await Media.objects.aupdate(thumbnail=poster.file.name)
        response = await self.async_client.get(thumbnail_path(poster))
        assert (response.status_code, response["Content-Type"], response.content) == (200, "image/webp", make_webp())
        assert f'"{poster.sha256}"' != response["ETag"]
        assert (await self.async_client.get(thumbnail_path(poster)[:-1])).status_code == 403

    async def test_a_video_without_one_has_none(self) -> None:
        media = await sync_to_async(make_media)(generation=await sync_to_async(make_generation)(kind="video"))
        assert (await self.async_client.get(thumbnail_path(media))).status_code == 410

    async def test_that_of_a_picture_is_made_when_it_is_missing_or_gone(self) -> None:
        media = await sync_to_async(make_media)(content=make_webp(960, 480))
        for _ in range(2):
            response = await self.async_client.get(thumbnail_path(media))
            assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
            assert len(response.content) < (media.size_bytes or 0)
            await media.arefresh_from_db()
            await sync_to_async(default_storage.delete)(media.thumbnail.name or "")

    async def test_that_of_a_broken_picture_is_not_there(self) -> None:
        media = await sync_to_async(make_media)(content=b"no picture")
        assert (await self.async_client.get(thumbnail_path(media))).status_code == 410
