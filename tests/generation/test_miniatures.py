"""Small pictures: a thumbnail and a preview from one decode, kept beside their picture, shared by equal ones."""

from __future__ import annotations

import asyncio
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.utils import timezone
from PIL import Image

from generation.engine.miniatures import make_miniatures
from generation.models import Media
from generation.stored import stored_read
from tests.factories import make_media, make_webp


def size_of(name: str | None) -> tuple[str | None, tuple[int, int]]:
    with Image.open(io.BytesIO(stored_read(name or ""))) as image:
        return image.format, image.size


class MiniatureTests(TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(MEDIA_ROOT=str(self.folder)))

    async def media(self, width: int = 2048, height: int = 1024, **over: Any) -> Media:
        fields = {"content": make_webp(width, height), "width": width, "height": height, **over}
        return await sync_to_async(make_media)(thumbnail_due_at=timezone.now(), **fields)

    async def test_both_are_stored_beside_their_picture(self) -> None:
        media = await self.media()
        assert await make_miniatures(media) is not None
        kept = await Media.objects.aget()
        assert kept.thumbnail.name == media.thumbnail.name == f"{media.file.name}.thumb.webp"
        assert kept.preview.name == media.preview.name == f"{media.file.name}.view.webp"
        assert size_of(kept.thumbnail.name) == ("WEBP", (480, 240))
        assert size_of(kept.preview.name) == ("WEBP", (1280, 640))
        assert kept.thumbnail_due_at is None

    async def test_a_picture_no_larger_than_a_preview_is_its_own(self) -> None:
        media = await self.media(1280, 1280)
        made = await make_miniatures(media)
        assert made is not None
        assert (made.preview, size_of(made.thumbnail)) == ("", ("WEBP", (480, 480)))

    async def test_nothing_is_enlarged(self) -> None:
        media = await self.media(64, 48)
        made = await make_miniatures(media)
        assert made is not None
        assert size_of(made.thumbnail) == ("WEBP", (64, 48))

    async def test_those_of_equal_pictures_are_made_once(self) -> None:
        first = await self.media()
        made = await make_miniatures(first)
        assert made is not None
        path = self.folder / made.thumbnail
        inode = path.stat().st_ino
        second = await sync_to_async(make_media)(
            content=b"", file=first.file.name, width=2048, height=1024, sha256=first.sha256
        )
        assert await make_miniatures(second) == made
        assert path.stat().st_ino == inode
        assert (await Media.objects.aget(pk=second.pk)).preview.name == made.preview

    async def test_many_who_ask_at_once_get_one(self) -> None:
        media = await self.media()
        made = await asyncio.gather(*[make_miniatures(media) for _ in range(20)])
        assert len(set(made)) == 1
        small = [each for each in self.folder.rglob("*.webp") if ".thumb." in each.name or ".view." in each.name]
        assert len(small) == 2
        assert list((self.folder / "incoming").iterdir()) == []

    async def test_who_goes_away_takes_the_work_of_others_with_them_not(self) -> None:
        media = await self.media()
        first, second = [asyncio.create_task(make_miniatures(media), name="view") for _ in range(2)]
        await asyncio.sleep(0)
        first.cancel()
        assert await second is not None
        assert first.cancelled()

    async def test_what_was_removed_meanwhile_gets_no_picture_back(self) -> None:
        media = await self.media()
        read = await Media.objects.aget()
        await Media.objects.aupdate(file="", removed_at=timezone.now(), removed_why=Media.Removal.TRASH)
        assert await make_miniatures(read) is not None
        kept = await Media.objects.aget(pk=media.pk)
        assert (kept.thumbnail.name, kept.preview.name) == ("", "")

    async def test_a_picture_that_cannot_be_read_is_not_tried_again(self) -> None:
        media = await self.media(content=b"no picture at all")
        assert await make_miniatures(media) is None
        media = await Media.objects.aget()
        assert (media.thumbnail.name, media.thumbnail_due_at) == ("", None)

    async def test_a_file_that_is_gone_is_not_tried_again(self) -> None:
        media = await self.media()
        default_storage.delete(media.file.name or "")
        with pytest.raises(FileNotFoundError):
            await make_miniatures(media)
        assert (await Media.objects.aget()).thumbnail_due_at is None
