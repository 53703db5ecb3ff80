"""Stored files over HTTP: parts of them, so that a browser can seek; conditions; HEAD; nothing left open."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings

from generation.file_names import download_name
from generation.models import Media
from generation.services import media_path
from generation.serving import PIECE_BYTES, Span, find_span
from tests.factories import make_generation, make_media

SMALL = bytes(range(256)) * 4  # 1024 bytes
LARGE = os.urandom(3 * PIECE_BYTES + 1000)


@pytest.mark.parametrize(
    ("wanted", "start", "length"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 1000),
        ("bytes=10-19", 10, 10),
        ("bytes=990-5000", 990, 10),
        ("bytes=999-", 999, 1),
        ("bytes=-1", 999, 1),
        ("bytes=-5000", 0, 1000),
        ("BYTES= 1-2 ", 1, 2),
        ("bytes=0-999999999999999999", 0, 1000),
    ],
)
def test_a_range_is_a_part(wanted: str, start: int, length: int) -> None:
    assert find_span(wanted, 1000) == Span(start=start, length=length, is_part=True)


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "0-1",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "items=0-1",
        "bytes=0-1,5-6",
        "bytes=-1-2",
        "bytes=+1-2",
        "bytes=1 -2",
        "bytes=\u0661-\u0662",
        "bytes=0-" + "9" * 5000,
    ],
)
def test_what_is_no_single_range_means_the_whole_file(wanted: str) -> None:
    assert find_span(wanted, 1000) == Span(start=0, length=1000, is_part=False)


@pytest.mark.parametrize(
    ("wanted", "size"), [("bytes=1000-", 1000), ("bytes=1000-1001", 1000), ("bytes=-0", 1000), ("bytes=0-", 0)]
)
def test_a_range_without_a_byte_is_not_satisfiable(wanted: str, size: int) -> None:
    assert find_span(wanted, size) is None


@override_settings(MIDDLEWARE=settings.JIMENG_API_MIDDLEWARE)
class ServedFileTests(TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))
        self.small, self.large = self.video(SMALL), self.video(LARGE)
        self.tag = f'"{hashlib.sha256(LARGE).hexdigest()}"'

    def video(self, content: bytes) -> Media:
        return make_media(generation=make_generation(kind="video"), content=content, content_type="video/mp4")

    async def get(self, media: Media, path: str = "", **headers: str) -> tuple[Any, bytes]:
        response = await self.async_client.get(path or media_path(media), headers=headers)
        if not response.streaming:
            return response, response.content
        pieces = await pieces_of(response)
        assert max(map(len, pieces)) <= PIECE_BYTES
        return response, b"".join(pieces)

    async def test_the_whole_file_says_that_parts_are_possible(self) -> None:
        for media, content in ((self.small, SMALL), (self.large, LARGE)):
            response, body = await self.get(media)
            assert (response.status_code, body) == (200, content)
            assert (response["Content-Type"], response["Accept-Ranges"]) == ("video/mp4", "bytes")
            assert response["Content-Length"] == str(len(content))
            assert response["Content-Disposition"] == f'inline; filename="{download_name(media)}"'
            assert not response.has_header("Content-Range")

    async def test_a_part_is_what_was_asked_for(self) -> None:
        size = len(LARGE)
        for wanted, part in (("bytes=100-1999", LARGE[100:2000]), ("bytes=7-", LARGE[7:]), ("bytes=-9", LARGE[-9:])):
            response, body = await self.get(self.large, range=wanted)
            assert (response.status_code, body == part) == (206, True)
            assert response["Content-Length"] == str(len(part))
            start = LARGE.index(part)
            assert response["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{size}"
            assert (response["ETag"], response["Content-Type"]) == (self.tag, "video/mp4")

    async def test_a_range_beyond_the_end_is_refused_with_the_size(self) -> None:
        response, body = await self.get(self.large, range="bytes=99999999-")
        assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(LARGE)}")
        assert b'"code": "range_not_satisfiable"' in body

    async def test_if_range_names_the_file_that_the_part_is_of(self) -> None:
        for condition, status in ((self.tag, 206), ('"other"', 200), (f"W/{self.tag}", 200), ("Mon, 23 Nov", 200)):
            with self.subTest(condition):
                response, _ = await self.get(self.large, range="bytes=0-9", **{"if-range": condition})
                assert response.status_code == status

    async def test_who_has_it_already_gets_nothing(self) -> None:
        for condition in (self.tag, f"W/{self.tag}", f'"other", {self.tag}', "*"):
            with self.subTest(condition):
                response, body = await self.get(self.large, **{"if-none-match": condition})
                assert (response.status_code, body, response["ETag"]) == (304, b"", self.tag)
                assert "immutable" in response["Cache-Control"]
                assert not response.has_header("Content-Length")
        assert (await self.get(self.large, **{"if-none-match": '"other"'}))[0].status_code == 200

    async def test_head_tells_the_size_and_ignores_a_range(self) -> None:
        for media, content in ((self.small, SMALL), (self.large, LARGE)):
            response = await self.async_client.head(media_path(media), headers={"range": "bytes=0-1"})
            assert (response.status_code, response.streaming, response.content) == (200, False, b"")
            assert (response["Content-Length"], response["Accept-Ranges"]) == (str(len(content)), "bytes")

    async def test_it_can_be_saved(self) -> None:
        response, _ = await self.get(self.small, media_path(self.small) + "&download=1")
        assert response["Content-Disposition"] == f'attachment; filename="{download_name(self.small)}"'

    async def test_nothing_stays_open_however_it_ends(self) -> None:
        whole = await self.async_client.get(media_path(self.large))
        assert open_files() == 1
        assert len(b"".join(await pieces_of(whole))) == len(LARGE)
        assert open_files() == 0
        left: Any = await self.async_client.get(media_path(self.large))
        async for _ in left:
            break
        left.close()
        never_begun = await self.async_client.get(media_path(self.large))
        never_begun.close()
        await self.get(self.small)
        await self.async_client.head(media_path(self.large))
        await self.get(self.large, range="bytes=99999999-")
        assert open_files() == 0

    async def test_a_file_that_became_shorter_ends_early_and_not_in_a_loop(self) -> None:
        response = await self.async_client.get(media_path(self.large))
        os.truncate(default_storage.path(self.large.file.name or ""), PIECE_BYTES + 10)
        async with asyncio.timeout(5):
            assert len(b"".join(await pieces_of(response))) == PIECE_BYTES + 10


async def pieces_of(response: Any) -> list[bytes]:
    return [piece async for piece in response]


def open_files() -> int:
    """How many stored files this process has open."""
    folder = Path(settings.MEDIA_ROOT).resolve()
    opened = 0
    for each in Path("/proc/self/fd").iterdir():
        try:
            opened += each.readlink().is_relative_to(folder)
        except FileNotFoundError:
            continue  # the one that lists this folder
    return opened
