"""Videos into storage: through a file on the disk of the results, with a poster that is never waited for long."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.test import override_settings
from PIL import Image

from generation.changes import ResultFile
from generation.engine.media import MediaFetcher
from generation.engine.storing import POSTER_PX, POSTER_TIMEOUT_S, fetch_poster
from generation.storage.parts import PART_KEPT_S, remove_old_parts
from generation.upstream.answers import Item
from generation.upstream.client import UpstreamClient
from tests.factories import make_webp
from tests.generation.clock import run_fast
from tests.generation.following import item
from tests.generation.test_mp4 import CLIPS

CLIP = (CLIPS / "landscape.mp4").read_bytes()
VIDEO: Item = replace(
    item(1, "https://v9.test/clip"),
    kind="video",
    width=1280,
    height=720,
    duration_s=5.0,
    cover_url="https://p3.test/cover",
)


def name_of(clip: bytes) -> str:
    sha256 = hashlib.sha256(clip).hexdigest()
    return f"results/{sha256[:2]}/{sha256}.mp4"


NAME = name_of(CLIP)
POSTER_NAME = f"{NAME}.thumb.webp"
IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
Server = Callable[[httpx.Request], httpx.Response]


def server(*, clip: bytes = CLIP, cover: bytes | None = None, fails: int = 0) -> Server:
    """Hands out a clip, after failing some times, and its cover."""
    left = [502] * fails

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/cover":
            return httpx.Response(404) if cover is None else httpx.Response(200, content=cover)
        return httpx.Response(left.pop()) if left else httpx.Response(200, content=clip)

    return answer


def new_client(answer: Any) -> UpstreamClient:
    return UpstreamClient(base_url="https://a.test", imagex_url="https://b.test", transport=httpx.MockTransport(answer))


def fetch(answer: Server, wanted: Item = VIDEO) -> ResultFile:
    async def run() -> ResultFile:
        async with new_client(answer) as client:
            fetcher = MediaFetcher(client, retry_after_s=(0.0, 0.0))
            try:
                return await fetcher.fetch(wanted, public_id="gen_1", position=0)
            finally:
                fetcher.close()

    return asyncio.run(run())


def stored(name: str) -> bytes:
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path) -> Any:
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        yield tmp_path


def parts(media_root: Path) -> list[Path]:
    return list((media_root / "incoming").iterdir())


def test_a_video_is_stored_with_what_the_upstream_says_of_it(media_root: Path) -> None:
    found = fetch(server(cover=make_webp(1920, 1080)))
    assert (found.name, found.kind, found.content_type) == (NAME, "video", "video/mp4")
    assert stored(NAME) == CLIP
    assert (found.size_bytes, found.sha256) == (len(CLIP), hashlib.sha256(CLIP).hexdigest())
    assert (found.width, found.height, found.duration_s) == (1280, 720, 5.0)
    assert parts(media_root) == []
    assert (media_root / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("nonsense", [None, 0, -1])
def test_what_the_upstream_does_not_say_is_read_from_the_file(nonsense: int | None) -> None:
    found = fetch(server(), replace(VIDEO, width=nonsense, height=nonsense, duration_s=nonsense))
    assert (found.width, found.height) == (480, 270)
    assert found.duration_s == pytest.approx(5.0, abs=0.1)


@override_settings(STORAGES=IN_MEMORY)
def test_a_storage_that_is_no_folder_gets_a_copy(media_root: Path) -> None:
    assert stored(fetch(server()).name) == CLIP
    assert parts(media_root) == []


def test_a_video_that_comes_again_is_the_same_file(media_root: Path) -> None:
    other = (CLIPS / "square.mp4").read_bytes()
    assert fetch(server()).name == fetch(server()).name == NAME
    assert fetch(server(clip=other)).name == name_of(other)
    assert sorted(each.name for each in media_root.rglob("*.mp4")) == sorted(
        Path(name).name for name in (NAME, name_of(other))
    )
    assert parts(media_root) == []


def test_a_failed_download_is_tried_twice_more() -> None:
    assert fetch(server(fails=2)).name == NAME
    assert fetch(server(fails=3)).name == ""


@pytest.mark.parametrize("content", [b"<html>403</html>", b"", CLIP[:9000], make_webp()])
def test_what_is_no_whole_video_keeps_its_address_and_leaves_nothing(content: bytes, media_root: Path) -> None:
    found = fetch(server(clip=content, cover=make_webp()))
    assert (found.name, found.content_type, found.size_bytes, found.sha256) == ("", "", None, "")
    assert (found.upstream_url, found.duration_s, found.thumbnail) == ("https://v9.test/clip", 5.0, "")
    assert parts(media_root) == []


def test_the_poster_is_a_small_webp() -> None:
    out = io.BytesIO()
    Image.new("RGB", (1920, 1080)).save(out, format="JPEG")
    found = fetch(server(cover=out.getvalue()))
    assert found.thumbnail == POSTER_NAME
    with Image.open(io.BytesIO(stored(POSTER_NAME))) as image:
        assert (image.format, image.size) == ("WEBP", (POSTER_PX, POSTER_PX * 9 // 16))


@pytest.mark.parametrize("cover", [None, b"<svg/>", make_webp()[:40], b""])
def test_a_video_is_as_good_without_a_poster(cover: bytes | None) -> None:
    found = fetch(server(cover=cover))
    assert (found.name, found.thumbnail) == (NAME, "")


def test_without_an_address_nobody_asks_for_a_poster() -> None:
    def only_clip(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/clip"
        return httpx.Response(200, content=CLIP)

    assert fetch(only_clip, replace(VIDEO, cover_url="")).thumbnail == ""


def test_a_poster_that_does_not_come_is_not_waited_for() -> None:
    async def silence(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(3600)
        return httpx.Response(200)

    async def run() -> tuple[bytes, float]:
        begun = asyncio.get_running_loop().time()
        poster = await fetch_poster(new_client(silence), "https://p3.test/cover", public_id="gen_1")
        return poster, asyncio.get_running_loop().time() - begun

    poster, waited_s = run_fast(run())
    assert poster == b""
    assert waited_s == pytest.approx(POSTER_TIMEOUT_S)


def test_what_a_killed_process_left_is_removed_and_what_is_young_stays(media_root: Path) -> None:
    remove_old_parts()  # nothing was ever downloaded
    folder = media_root / "incoming"
    folder.mkdir()
    old, young = folder / "a.part", folder / "b.part"
    for each in (old, young):
        each.write_bytes(b"x")
    os.utime(old, (0, time.time() - PART_KEPT_S - 1))
    remove_old_parts()
    assert parts(media_root) == [young]
