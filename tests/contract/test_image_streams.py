"""Pictures as events, through the openai SDK and as bytes."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable

import httpx
import openai
import pytest
from PIL import Image

from tests.live import Gateway, Sandbox
from tests.live_files import picture


@pytest.fixture
def late(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> Gateway:
    """A gateway whose pictures come one after the other."""
    gateway = new_gateway(new_sandbox("--image-seconds", "4", "--media-scale", "0.1"))
    gateway.start()
    return gateway


def size_of(b64: str) -> tuple[int, int]:
    with Image.open(io.BytesIO(base64.b64decode(b64))) as image:
        return image.size


def test_early_pictures_come_as_partial_images(late: Gateway) -> None:
    client = openai.OpenAI(base_url=f"{late.url}/v1", api_key="sb-stream-early", max_retries=0)
    stream = client.images.generate(model="jimeng-4.5", prompt="four cats", n=4, stream=True, partial_images=2)
    events = list(stream)
    kinds = [event.type for event in events]
    assert kinds[-4:] == ["image_generation.completed"] * 4
    partial = [event for event in events if event.type == "image_generation.partial_image"]
    assert [event.partial_image_index for event in partial] == list(range(len(partial)))
    assert 1 <= len(partial) <= 2
    completed = events[-1]
    assert completed.type == "image_generation.completed"
    assert completed.usage.total_tokens == 0
    assert size_of(completed.b64_json) == size_of(partial[0].b64_json)


def test_an_edit_streams_under_its_own_name(gateway: Gateway, api_key: str) -> None:
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=api_key, max_retries=0)
    image = ("red.png", picture("red"), "image/png")
    events = list(client.images.edit(model="jimeng-4.5", prompt="a red cat", image=image, stream=True))
    assert [event.type for event in events] == ["image_edit.completed"]


def test_the_bytes_of_a_stream(gateway: Gateway, api_key: str) -> None:
    body = {"prompt": "a cat", "stream": True, "size": "1024x1024"}
    headers = {"Authorization": f"Bearer {api_key}"}
    url = f"{gateway.url}/v1/images/generations"
    answer = httpx.post(url, json=body, headers=headers, timeout=60, trust_env=False)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-cache, no-transform", "no")
    blocks = [block for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    assert blocks[-1] == "data: [DONE]"
    name, data = blocks[0].split("\n")
    assert name == "event: image_generation.completed"
    assert json.loads(data.removeprefix("data: "))["size"] == "102x102"  # the sandbox's pictures are small here


def test_a_failure_within_a_stream_raises_in_the_sdk(late: Gateway) -> None:
    client = openai.OpenAI(base_url=f"{late.url}/v1", api_key="sb-stream-filter--filtered", max_retries=0)
    with pytest.raises(openai.APIError, match="content filter"):
        list(client.images.generate(model="jimeng-4.5", prompt="a cat", stream=True))
