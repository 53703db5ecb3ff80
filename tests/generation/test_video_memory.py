"""A large video on its way into storage is never held in memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from django.test import override_settings

from tests.generation.test_mp4 import FTYP
from tests.generation.test_video_files import fetch

MIB = 1024 * 1024
SIZE = 48 * MIB


async def large_video() -> AsyncIterator[bytes]:
    head = FTYP + (SIZE - len(FTYP)).to_bytes(4, "big") + b"mdat"
    yield head
    piece = bytes(64 * 1024)
    for start in range(len(head), SIZE, len(piece)):
        yield piece[: SIZE - start]


def answer(request: httpx.Request) -> httpx.Response:
    is_clip = request.url.path == "/clip"
    return httpx.Response(200, content=large_video()) if is_clip else httpx.Response(404)


def test_a_large_video_is_never_held_in_memory(tmp_path: Path) -> None:
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        tracemalloc.start()
        try:
            found = fetch(answer)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (found.size_bytes, (tmp_path / found.name).stat().st_size) == (SIZE, SIZE)
    assert peak < 8 * MIB
