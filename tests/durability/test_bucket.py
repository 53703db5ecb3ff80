"""A gateway whose files live in a bucket: made, shown in parts, lost and found again, inputs used twice."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.buckets import PREFIX, SECRET, Buckets
from tests.generation.test_mp4 import CLIPS
from tests.live import Gateway, Sandbox, images_body
from tests.live_files import picture

CLIPS_KNOWN = {path.read_bytes() for path in CLIPS.glob("*.mp4")}


@pytest.fixture
def buckets() -> Iterator[Buckets]:
    with Buckets() as server:
        yield server


@pytest.fixture
def client(
    buckets: Buckets, new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> Iterator[httpx.Client]:
    sandbox = new_sandbox("--image-seconds", "0.5", "--video-seconds", "1")
    gateway = new_gateway(sandbox, **buckets.settings)
    gateway.add_accounts(["sb-onlyonly"])
    headers = {"authorization": f"Bearer {gateway.new_key()}"}
    gateway.start()
    with httpx.Client(base_url=gateway.url, headers=headers, trust_env=False, timeout=90) as http:
        yield http
    log = gateway.log_text()
    assert "Traceback" not in log
    assert SECRET not in log
    media = gateway.data_dir / "media"
    assert [each for each in media.rglob("*") if each.is_file()] == []  # nothing is left on this machine


def ask(client: httpx.Client, path: str, body: dict[str, Any]) -> str:
    """The path of the first result on this gateway."""
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"][0]["url"]).partition(str(client.base_url).rstrip("/"))[2]


def test_pictures_and_videos_live_in_a_bucket(client: httpx.Client, buckets: Buckets) -> None:
    path = ask(client, "/v1/images/generations", images_body(n=1))
    whole = client.get(path)
    assert (whole.status_code, whole.content[8:12]) == (200, b"WEBP")
    sha256 = whole.headers["etag"].strip('"')
    assert f"{PREFIX}/results/{sha256[:2]}/{sha256}.webp" in buckets.objects()
    for variant, size in (("thumbnail", 480), ("preview", 1280)):
        assert client.get(f"{path}&variant={variant}").status_code == 200, size
    assert len(buckets.objects()) == 3

    film = ask(client, "/v1/videos/generations", {"prompt": "waves", "model": "jimeng-video-3.0"})
    content = client.get(film).content
    assert content in CLIPS_KNOWN
    part = client.get(film, headers={"range": "bytes=100-50000"})
    assert (part.status_code, part.content) == (206, content[100:50001])
    head = client.head(film)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))
    assert client.get(film, headers={"range": f"bytes={len(content)}-"}).status_code == 416

    for lost in (path, film):
        before = client.get(lost).content
        for name in list(buckets.objects()):
            buckets.delete(name)
        assert client.get(lost).content == before


def test_a_picture_that_is_given_twice_is_one_object(client: httpx.Client, buckets: Buckets) -> None:
    given = "data:image/png;base64," + base64.b64encode(picture("teal")).decode()
    for prompt in ("warmer", "colder"):
        ask(client, "/v1/images/compositions", {"model": "jimeng-4.5", "prompt": prompt, "images": [given]})
    assert len([key for key in buckets.objects() if key.startswith(f"{PREFIX}/inputs/")]) == 1
