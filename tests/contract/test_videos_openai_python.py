"""The jobs API with the real openai-python."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from PIL import Image

from tests.live import Gateway, Sandbox
from tests.live_files import picture


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    """With a key of its own: its list of videos is known."""
    key = gateway.new_key("videos")
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=0, timeout=60) as client:
        yield client


def ordered(sandbox: Sandbox, prompt: str) -> dict[str, Any]:
    (found,) = [each for each in sandbox.ledger()["submissions"] if each["prompt"] == prompt]
    order: dict[str, Any] = found
    return order


def test_create_and_poll_then_download(client: openai.OpenAI, sandbox: Sandbox) -> None:
    frame = ("frame.png", picture("red", (360, 640)), "image/png")
    video = client.videos.create_and_poll(
        model="sora-2", prompt="a ship, polled", seconds="8", size="720x1280", input_reference=frame
    )
    assert (video.status, video.progress, video.error) == ("completed", 100, None)
    assert (video.seconds, video.size, video.model) == ("10", "720x1280", "jimeng-video-3.0")
    assert video.completed_at
    assert video.completed_at >= video.created_at
    order = ordered(sandbox, "a ship, polled")
    assert (order["seconds"], order["width"], order["height"], order["inputs"]) == (10, 720, 1280, 1)
    assert order["charged"] == 20  # the sandbox's price of 10 s, once
    assert video.model_extra is not None
    facts = video.model_extra["jimeng"]
    assert facts["requested"] == {"model": "sora-2", "seconds": 8, "size": "720x1280"}
    assert facts["effective"]["seconds"] == 10

    content = client.videos.download_content(video.id)
    assert content.response.headers["content-type"] == "video/mp4"
    assert int(content.response.headers["content-length"]) == len(content.content)
    assert content.content[4:8] == b"ftyp"
    poster = client.videos.download_content(video.id, variant="thumbnail")
    assert Image.open(io.BytesIO(poster.content)).format == "WEBP"
    with pytest.raises(openai.BadRequestError) as raised:
        client.videos.download_content(video.id, variant="spritesheet")
    assert raised.value.code == "not_supported"


def test_a_job_is_followed_by_hand(client: openai.OpenAI) -> None:
    created = client.videos.create(prompt="a ship, by hand")
    assert created.status in ("queued", "in_progress")
    assert created.error is None
    with pytest.raises(openai.ConflictError) as raised:
        client.videos.download_content(created.id)
    assert raised.value.code == "video_not_ready"
    polled = client.videos.with_raw_response.retrieve(created.id)
    assert 0 < int(polled.headers["openai-poll-after-ms"]) <= 10_000
    assert client.videos.poll(created.id).status == "completed"


def test_the_list_pages_by_itself_and_forgets_what_was_deleted(client: openai.OpenAI, sandbox: Sandbox) -> None:
    made = [client.videos.create(prompt=f"listed {number}").id for number in range(3)]
    for video_id in made:
        assert client.videos.poll(video_id).status == "completed"
    listed = [video.id for video in client.videos.list(limit=2)]
    assert listed[:3] == made[::-1]
    assert len(listed) == len(set(listed))
    assert [video.id for video in client.videos.list(limit=1, order="asc", after=made[0])] == made[1:]

    gone = client.videos.delete(made[1])
    assert (gone.id, gone.deleted, gone.object) == (made[1], True, "video.deleted")
    assert made[1] not in [video.id for video in client.videos.list()]
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(made[1])
    assert ordered(sandbox, "listed 1")["charged"] == 10


def test_what_cannot_be_made_is_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.videos.create(model="jimeng-video-3.0", prompt="too long", seconds="12")
    assert raised.value.param == "seconds"
    assert "5, 10" in str(raised.value)


def test_what_only_sora_could_do_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.videos.remix("gen_1", prompt="again")
    assert raised.value.code == "not_supported"


def test_another_key_sees_nothing_of_it(gateway: Gateway, client: openai.OpenAI) -> None:
    mine = client.videos.create(prompt="private ship").id
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.new_key("other"), max_retries=0) as other:
        assert [video.id for video in other.videos.list()] == []
        for attempt in (other.videos.retrieve, other.videos.delete, other.videos.download_content):
            with pytest.raises(openai.NotFoundError):
                attempt(mine)
    assert client.videos.poll(mine).status == "completed"
