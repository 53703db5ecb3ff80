"""Results into storage: fetched, checked, stored; a failure keeps the address for later."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
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
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PICTURE = make_webp(64, 48)
NAME = "2026/11/22/gen_1-0.webp"
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
                fields = {"public_id": "gen_1", "position": 0, "created_at": AT, **over}
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
        assert (found.size_bytes, found.sha256) == (len(PICTURE), hashlib.sha256(PICTURE).hexdigest())
        assert found.upstream_url == "https://cdn.test/x"

    def test_the_format_that_was_asked_for_is_stored(self) -> None:
        found = fetch(answer(), output_format="png")
        assert (found.name, found.content_type) == ("2026/11/22/gen_1-0.png", "image/png")
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
        assert (found.name, found.kind) == ("2026/11/22/gen_1-0.mp4", "video")
        assert (found.width, found.height) == (1280, 720)  # the upstream says so
        assert fetch(answer(), wanted=video).name == ""


def test_a_result_that_is_fetched_again_replaces_its_file(tmp_path: Path) -> None:
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        first, second = fetch(answer()), fetch(answer(make_webp(32, 32)))
        assert first.name == second.name == NAME
        assert stored(NAME) == make_webp(32, 32)
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["gen_1-0.webp"]
