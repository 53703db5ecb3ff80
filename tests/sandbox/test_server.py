"""The sandbox as a class, its options, and the control pages about accounts."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from generation.sandbox.control import seconds_range
from generation.sandbox.media import clip, draw
from generation.sandbox.server import Sandbox
from generation.sandbox.state import Settings
from generation.sandbox.video_facts import size_of
from tests.sandbox.builders import USER_CREDIT, submission
from tests.sandbox.callers import Caller
from tests.sandbox.conftest import running

Make = Callable[..., Caller]


def test_in_a_running_event_loop() -> None:
    async def live() -> tuple[int, bool]:
        sandbox = Sandbox(Settings(time_scale=0), ["sb-known"])
        url = await sandbox.start()
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            status = (await http.get("/_control/ledger")).status_code
        await sandbox.stop()
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            try:
                await http.get("/_control/ledger")
            except httpx.ConnectError:
                return status, True
        return status, False

    assert asyncio.run(live()) == (200, True)


def test_stopping_does_not_wait_for_calls_that_hang() -> None:
    async def live() -> float:
        sandbox = Sandbox()
        url = await sandbox.start()

        def hang() -> None:
            with httpx.Client(base_url=url, trust_env=False, timeout=5) as http, pytest.raises(httpx.HTTPError):
                Caller(http, "sb-hanging--hang").submit()

        hanging = asyncio.create_task(asyncio.to_thread(hang))
        while not sandbox.world.accounts:
            await asyncio.sleep(0.01)
        began = asyncio.get_running_loop().time()
        await sandbox.stop()
        took = asyncio.get_running_loop().time() - began
        await hanging
        return took

    assert asyncio.run(live()) < 2


@pytest.mark.parametrize(("kind", "name"), [("webp", "WEBP"), ("png", "PNG"), ("jpeg", "JPEG")])
def test_pictures_in_all_formats(kind: str, name: str) -> None:
    for size in ((40, 30), (1, 1), (7, 300)):
        with Image.open(io.BytesIO(draw(*size, 3, kind))) as picture:
            picture.load()
            assert (picture.format, picture.size) == (name, size)
    assert len({draw(40, 30, variant, kind) for variant in range(8)}) == 8


def test_clips_by_shape() -> None:
    shapes = [clip(*size_of(ratio, "720p")) for ratio in ("16:9", "9:16", "1:1", "21:9")]
    assert len(set(shapes)) == 3
    assert shapes[0] == shapes[3]


def test_pictures_are_kept_for_the_next_start(tmp_path: Path) -> None:
    options = ("--data", str(tmp_path), "--prewarm", "32x16", "--media-format", "png", "--time-scale", "0")
    with running(*options) as url, httpx.Client(base_url=url, trust_env=False) as http:
        assert len(list(tmp_path.glob("32x16-?.png"))) == 8
        one = Caller(http, "sb-alice-0001")
        record_id = one.record_id(submission(count=1))
        (item,) = one.history(record_id)[record_id]["item_list"]
        assert item["image"]["format"] == "png"
        assert http.get(item["image"]["large_images"][0]["image_url"]).content[1:4] == b"PNG"
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    with running(*options):
        assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


def test_calls_and_credits_by_account(caller: Make, http: httpx.Client) -> None:
    one, other = caller("slow:99"), caller()
    one.submit(submission(count=2))
    for each in (one, one, other):
        each.balance()
    page: dict[str, Any] = http.get("/_control/accounts").json()
    told, others = (page[each.sessionid.removeprefix("sb-").partition("--")[0]] for each in (one, other))
    assert told["calls"] == {"/mweb/v1/aigc_draft/generate": 1, USER_CREDIT: 2}
    assert (told["balance"], told["running"]) == (10_000 - 6, 1)
    assert (others["calls"], others["running"]) == ({USER_CREDIT: 1}, 0)


def test_a_format_that_does_not_exist(http: httpx.Client) -> None:
    assert http.post("/_control/settings", json={"media_format": "gif"}).status_code == 400


@pytest.mark.parametrize(("value", "pair"), [(3, (3, 3)), ("2.5-3.5", (2.5, 3.5)), ([1, 2], (1, 2))])
def test_ranges_of_seconds(value: Any, pair: tuple[float, float]) -> None:
    assert seconds_range(value) == pair
