"""Results into storage: fetched, checked, stored; a failure keeps the address for later."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from django.core.files.storage import default_storage
from django.test import SimpleTestCase, override_settings

from generation.changes import ResultFile
from generation.engine.media import MediaFetcher
from generation.upstream.answers import Item
from generation.upstream.client import UpstreamClient
from tests.factories import make_webp
from tests.generation.following import item

IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
PICTURE = make_webp(64, 48)
SHA256 = hashlib.sha256(PICTURE).hexdigest()
NAME = f"results/{SHA256[:2]}/{SHA256}.webp"
Answer = Callable[[], httpx.Response]


def answer(content: bytes = PICTURE, status: int = 200) -> Answer:
    return lambda: httpx.Response(status, content=content)


def fetch(*answers: Answer, wanted: Item | None = None, **over: Any) -> ResultFile:
    """Fetch one result; the server gives these answers, the last of them again and again."""
    waiting: list[Answer] = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        return (waiting.pop(0) if len(waiting) > 1 else waiting[0])()

    async def run() -> ResultFile:
        transport = httpx.MockTransport(handler)
        async with UpstreamClient(
            base_url="https://a.test", imagex_url="https://b.test", transport=transport
        ) as client:
            fetcher = MediaFetcher(client, retry_after_s=(0.0, 0.0))
            try:
                fields = {"public_id": "gen_1", "position": 0, **over}
                return await fetcher.fetch(wanted or item(1), **fields)
            finally:
                fetcher.close()

    return asyncio.run(run())


def stored(name: str) -> bytes:
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


class FetchTests(SimpleTestCase):
    def setUp(self) -> None:
        self.enterContext(override_settings(STORAGES=IN_MEMORY))  # an empty one for each test

    def test_a_picture_is_stored_and_measured(self) -> None:
        found = fetch(answer())
        assert (found.name, stored(found.name)) == (NAME, PICTURE)
        assert (found.content_type, found.width, found.height) == ("image/webp", 64, 48)
        assert (found.size_bytes, found.sha256) == (len(PICTURE), SHA256)
        assert found.upstream_url == "https://cdn.test/x"

    def test_the_format_that_was_asked_for_is_stored(self) -> None:
        found = fetch(answer(), output_format="png")
        assert (found.name, found.content_type) == (f"results/{found.sha256[:2]}/{found.sha256}.png", "image/png")
        assert found.sha256 == hashlib.sha256(stored(found.name)).hexdigest() != SHA256
        assert found.size_bytes == len(stored(found.name))

    def test_a_failed_download_is_tried_twice_more(self) -> None:
        assert fetch(answer(status=502), answer(PICTURE[:50]), answer()).name == NAME

    def test_what_cannot_be_fetched_keeps_its_address(self) -> None:
        for why, last in (("refused", answer(status=403)), ("no picture", answer(b"<html>")), ("empty", answer(b""))):
            with self.subTest(why):
                found = fetch(last)
                assert (found.name, found.content_type, found.size_bytes, found.sha256) == ("", "", None, "")
                assert (found.position, found.upstream_url) == (0, "https://cdn.test/x")

    def test_a_video_is_known_by_its_bytes_too(self) -> None:
        video = Item(
            item_id="1",
            kind="video",
            url="https://cdn.test/v",
            uri="v",
            width=1280,
            height=720,
            format="",
            cover_url="",
            duration_s=5.0,
            expires_at=None,
        )
        found = fetch(answer(b"\0\0\0\x18ftypmp42" + b"\0" * 50), wanted=video)
        assert (found.name, found.kind) == (f"results/{found.sha256[:2]}/{found.sha256}.mp4", "video")
        assert (found.width, found.height) == (1280, 720)  # the upstream says so
        assert fetch(answer(), wanted=video).name == ""


class StoredOnceTests(SimpleTestCase):
    """Equal bytes are one file, however often and for whomever they come."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(MEDIA_ROOT=str(self.folder)))
        self.file = self.folder / NAME

    def files(self) -> list[Path]:
        return [each for each in self.folder.rglob("*") if each.is_file()]

    def test_it_is_not_written_again_and_counts_as_new(self) -> None:
        first = fetch(answer())
        os.utime(self.file, (0, 0))
        inode = self.file.stat().st_ino
        second = fetch(answer(), public_id="gen_2", position=3)
        assert (first.name, second.name, self.files()) == (NAME, NAME, [self.file])
        assert self.file.stat().st_ino == inode
        assert time.time() - self.file.stat().st_mtime < 60

    def test_another_content_is_another_file(self) -> None:
        assert fetch(answer()).name != fetch(answer(make_webp(32, 32))).name
        assert len(self.files()) == 2

    def test_one_that_a_power_failure_cut_off_is_replaced(self) -> None:
        for rest in (b"", PICTURE[:10], PICTURE + b"x"):
            with self.subTest(len(rest)):
                fetch(answer())
                self.file.write_bytes(rest)
                assert fetch(answer()).name == NAME
                assert (self.file.read_bytes(), self.files()) == (PICTURE, [self.file])

    def test_what_a_full_disk_does_not_take_is_never_under_its_name(self) -> None:
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(PICTURE) // 2, unlimited[1]))
        try:
            found = fetch(answer())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        assert (found.name, self.files()) == ("", [])
