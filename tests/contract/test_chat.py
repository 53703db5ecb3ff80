"""Chat through the openai SDK and as bytes: pictures, videos, progress, failures."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.live import Gateway, Sandbox, wait_until
from tests.live_files import picture

RED, BLUE = picture("red"), picture("blue")


def data_url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def with_pictures(text: str, *pictures: bytes) -> list[Any]:
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
    parts += [{"type": "image_url", "image_url": {"url": data_url(each)}} for each in pictures]
    return [{"role": "user", "content": parts}]


@pytest.fixture
def client(gateway: Gateway, api_key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=api_key, max_retries=0) as client:
        yield client


def asked_of(sandbox: Sandbox, prompt: str) -> dict[str, Any]:
    (found,) = [each for each in sandbox.ledger()["submissions"] if each["prompt"] == prompt]
    return dict(found)


def test_a_whole_answer_shows_its_pictures(client: openai.OpenAI, sandbox: Sandbox) -> None:
    messages: list[Any] = [{"role": "user", "content": "three cats in a chat"}]
    answer = client.chat.completions.create(model="jimeng-4.5:16:9", messages=messages, extra_body={"n": 3})
    (choice,) = answer.choices
    assert (choice.index, choice.finish_reason, choice.message.role) == (0, "stop", "assistant")
    assert (choice.message.content or "").count("![image](http") == 3
    images = (choice.message.model_extra or {})["images"]
    assert [image["index"] for image in images] == [0, 1, 2]
    got = httpx.get(images[0]["image_url"]["url"], trust_env=False)
    assert got.headers["content-type"].startswith("image/")
    assert answer.usage is not None
    asked = asked_of(sandbox, "three cats in a chat")
    assert (asked["width"], asked["height"], asked["count"]) == (2560, 1440, 3)


def test_pictures_in_the_chat_are_edited(client: openai.OpenAI, sandbox: Sandbox) -> None:
    client.chat.completions.create(model="jimeng-4.5", messages=with_pictures("join red and blue", RED, BLUE))
    sent = [hashlib.md5(each, usedforsecurity=False).hexdigest() for each in (RED, BLUE)]
    assert asked_of(sandbox, "join red and blue")["input_md5s"] == sent


def test_a_stream_has_one_role_one_stop_and_the_text_of_the_whole(client: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "two cats in a stream"}]
    stream = client.chat.completions.create(
        model="jimeng-4.5", messages=messages, stream=True, extra_body={"n": 2}, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1
    assert [chunk.usage is None for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    assert chunks[-1].choices == []
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert {choice.index for choice in choices} == {0}
    assert [choice.delta.role for choice in choices].count("assistant") == 1
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    text = "".join(choice.delta.content or "" for choice in choices)
    assert text.count("![image](http") == 2
    assert "\n\n" in text
    thought = "".join((choice.delta.model_extra or {}).get("reasoning_content") or "" for choice in choices)
    assert "account" in thought  # how far it is, told at once


def test_a_video_from_first_and_last_frame_tells_how_far_it_is(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--video-seconds", "13")
    gateway = new_gateway(sandbox)
    gateway.start()
    body = {"model": "jimeng-video-3.0", "messages": with_pictures("从红到蓝", RED, BLUE), "stream": True}
    headers = {"Authorization": "Bearer sb-films-here"}
    thoughts, contents, ends = [], [], []
    with httpx.stream(
        "POST", f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=60, trust_env=False
    ) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: {"):
                (choice,) = json.loads(line[6:])["choices"]
                thoughts += [choice["delta"].get("reasoning_content")]
                contents += [choice["delta"].get("content")]
                ends += [choice["finish_reason"]]
    assert line == "" or line == "data: [DONE]"
    assert [end for end in ends if end] == ["stop"]
    assert len([thought for thought in thoughts if thought and thought.startswith("生成中")]) >= 2
    assert any(content and content.startswith("[▶ video.mp4](http") for content in contents)
    (film,) = sandbox.ledger()["submissions"]
    assert film["inputs"] == 2


@pytest.fixture
def filtering(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> tuple[Sandbox, Gateway]:
    sandbox = new_sandbox("--image-seconds", "1")
    gateway = new_gateway(sandbox)
    gateway.start()
    return sandbox, gateway


def test_a_rejected_prompt_raises_in_the_sdk_and_is_paid_once(filtering: tuple[Sandbox, Gateway]) -> None:
    sandbox, gateway = filtering
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="sb-chat-no--filtered") as client:
        messages: list[Any] = [{"role": "user", "content": "nothing nice"}]
        chunks: list[Any] = []
        with pytest.raises(openai.APIError, match="content filter"):
            chunks.extend(client.chat.completions.create(model="jimeng-4.5", messages=messages, stream=True))
        with pytest.raises(openai.BadRequestError, match="content filter"):
            client.chat.completions.create(model="jimeng-4.5", messages=messages)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == []
    assert [each["times_submitted"] for each in sandbox.ledger()["submissions"]] == [1, 1]


def test_who_hangs_up_loses_nothing(filtering: tuple[Sandbox, Gateway]) -> None:
    _, gateway = filtering
    body = {"model": "jimeng-4.5", "messages": [{"role": "user", "content": "left alone"}], "stream": True}
    headers = {"Authorization": "Bearer sb-chat-leaver"}
    with httpx.stream(
        "POST", f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=30, trust_env=False
    ) as answer:
        next(answer.iter_raw())
    wait_until(
        lambda: gateway.rows("SELECT status FROM generation_generation") == [("succeeded",)],
        timeout_s=20,
        what="the picture is made",
    )


@pytest.mark.parametrize(("manner", "name"), [("content", "content"), ("silent", "")])
def test_progress_comes_as_the_setting_wants_it(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], manner: str, name: str
) -> None:
    gateway = new_gateway(new_sandbox("--image-seconds", "1.5"), JIMENG_CHAT_PROGRESS=manner)
    gateway.start()
    body = {"model": "jimeng-4.5", "messages": [{"role": "user", "content": "a cat"}], "stream": True}
    headers = {"Authorization": "Bearer sb-manners-ok"}
    answer = httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=30, trust_env=False)
    assert "reasoning_content" not in answer.text
    assert ("Generating" in answer.text) == (name == "content")
    assert ": keep-alive" in answer.text or name
