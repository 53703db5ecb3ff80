"""Videos from the sandbox through the engine into storage, over real HTTP, with a CDN that misbehaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.generation.test_mp4 import CLIPS
from tests.live import Gateway, Sandbox, wait_until

CLIP = (CLIPS / "portrait.mp4").read_bytes()
_ASK = """
import asyncio
from generation.services import Ask, Caller, generation_submit
from generation.specs import video_spec
spec = video_spec(model="jimeng-video-3.0", prompt="waves", ratio="9:16")
asyncio.run(generation_submit(ask=Ask(spec=spec, requested={}), caller=Caller()))
"""
_PATHS = """
from generation.models import Media
from generation.services import media_path, thumbnail_path
media = Media.objects.get()
print("paths:" + media_path(media) + " " + thumbnail_path(media))
"""
_MEDIA = "SELECT file, thumbnail, width, height, duration_s, content_type FROM generation_media"


@pytest.fixture
def made(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> Callable[..., Gateway]:
    """A gateway that has one account with these faults, and was asked for a video."""

    def make(faults: str = "") -> Gateway:
        sandbox = new_sandbox("--video-seconds", "1")
        gateway = new_gateway(sandbox)
        gateway.add_accounts([f"sb-veravera{faults}"])
        gateway.start()
        gateway.manage("shell", "-c", _ASK)
        return gateway

    return make


def stored(gateway: Gateway) -> tuple[Any, ...]:
    """The row of the result, as soon as its file is there."""
    rows = wait_until(
        lambda: [row for row in gateway.rows(_MEDIA) if row[0]], timeout_s=40, what="the video is in storage"
    )
    (row,) = rows
    return row


def test_a_video_and_its_poster_are_stored_and_served(made: Callable[..., Gateway]) -> None:
    gateway = made()
    _, _, width, height, duration_s, content_type = stored(gateway)
    assert (width, height, duration_s, content_type) == (720, 1280, 5.0, "video/mp4")
    printed = gateway.manage("shell", "-c", _PATHS)
    line = next(line for line in printed.splitlines() if line.startswith("paths:"))
    video, poster = line.removeprefix("paths:").split()
    with httpx.Client(base_url=gateway.url, trust_env=False) as client:
        assert client.get(video).content == CLIP
        assert client.get(video, headers={"range": "bytes=4-7"}).content == b"ftyp"
        small = client.get(poster)
    assert (small.status_code, small.headers["content-type"], small.content[8:12]) == (200, "image/webp", b"WEBP")


@pytest.mark.parametrize(
    ("faults", "size"),
    [
        ("--playurl", (270, 480)),  # nothing but an address is told: the file says the rest
        ("--media500x2", (720, 1280)),  # tried again at once
        ("--media404x4", (720, 1280)),  # given up at first, and found by housekeeping
        ("--mediahtmlx4", (720, 1280)),
    ],
)
def test_a_paid_video_arrives_all_the_same(made: Callable[..., Gateway], faults: str, size: tuple[int, int]) -> None:
    gateway = made(faults)
    name, _, width, height, duration_s, content_type = stored(gateway)
    assert (gateway.data_dir / "media" / name).read_bytes() == CLIP
    assert ((width, height), content_type) == (size, "video/mp4")
    assert duration_s == pytest.approx(5.0, abs=0.1)
    assert gateway.rows("SELECT status FROM generation_generation") == [("succeeded",)]
    assert list((gateway.data_dir / "media" / "incoming").iterdir()) == []
