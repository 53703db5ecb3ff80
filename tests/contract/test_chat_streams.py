"""Streams of chat as bytes: order, pictures that come early, repetitions, and addresses that work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox, wait_until

PATH = "/v1/chat/completions"


def body(text: str, **fields: Any) -> dict[str, Any]:
    return {"model": "jimeng-4.5", "messages": [{"role": "user", "content": text}], **fields}


def post(gateway: Gateway, key: str, content: dict[str, Any], **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {key}", **headers}
    return httpx.post(f"{gateway.url}{PATH}", json=content, headers=given, timeout=60, trust_env=False)


def chunks_of(text: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


def deltas_of(text: str) -> list[dict[str, Any]]:
    return [chunk["choices"][0]["delta"] for chunk in chunks_of(text) if chunk["choices"]]


def said(text: str) -> str:
    return "".join(delta.get("content") or "" for delta in deltas_of(text))


@pytest.fixture
def late(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> tuple[Sandbox, Gateway]:
    """A gateway whose pictures come one after the other."""
    sandbox = new_sandbox("--image-seconds", "4", "--media-scale", "0.1")
    gateway = new_gateway(sandbox)
    gateway.start()
    return sandbox, gateway


def test_the_bytes_of_a_stream(gateway: Gateway, api_key: str) -> None:
    asked = body("bytes of a chat", stream=True, n=2, stream_options={"include_usage": True})
    answer = post(gateway, api_key, asked, accept="text/event-stream")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-cache, no-transform", "no")
    assert answer.text.endswith("\n\n")
    events = [block for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    assert events[-1] == "data: [DONE]"
    assert all(event.startswith("data: {") and "\n" not in event for event in events[:-1])
    first, *_, stop, usage = chunks_of(answer.text)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert (stop["choices"][0]["delta"], stop["choices"][0]["finish_reason"]) == ({}, "stop")
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 0)


def test_a_stream_says_what_the_history_has(gateway: Gateway, api_key: str) -> None:
    answer = post(gateway, api_key, body("one text", stream=True, n=3, model="jimeng-4.5:1:1:1k"))
    facts = chunks_of(answer.text)[-1]["jimeng"]
    headers = {"Authorization": f"Bearer {api_key}"}
    stored = httpx.get(f"{gateway.url}/v1/generations/{facts['id']}", headers=headers, trust_env=False).json()
    urls = [item["url"] for item in stored["data"]]
    assert len(urls) == 3
    assert said(answer.text) == "\n\n".join(f"![image]({url})" for url in urls)
    (images,) = [delta for delta in deltas_of(answer.text) if "images" in delta]
    assert list(images) == ["images"]  # LobeChat reads no text beside them
    assert [image["image_url"]["url"] for image in images["images"]] == urls
    assert (stored["operation"], facts["effective"]["n"]) == ("chat", 3)


def timed_lines(gateway: Gateway, key: str, content: dict[str, Any]) -> list[tuple[float, str]]:
    """The lines of a stream, and when each came: seconds of the monotonic clock."""
    given = {"Authorization": f"Bearer {key}"}
    url = f"{gateway.url}{PATH}"
    with httpx.stream("POST", url, json=content, headers=given, timeout=60, trust_env=False) as answer:
        return [(time.monotonic(), line) for line in answer.iter_lines()]


def test_pictures_are_shown_as_they_come(late: tuple[Sandbox, Gateway]) -> None:
    _, gateway = late
    lines = timed_lines(gateway, "sb-chat-early", body("four cats", n=4, stream=True))
    came_at = [at for at, line in lines if "![image](" in line]
    assert len(came_at) == 4
    assert came_at[-1] - came_at[0] > 0.5, "all came at once"
    assert not any("reasoning_content" in line for at, line in lines if at > came_at[0])


def test_a_repetition_is_attached_and_paid_once(late: tuple[Sandbox, Gateway]) -> None:
    sandbox, gateway = late
    asked, key = body("once in a chat", stream=True), "sb-chat-once"
    first = post(gateway, key, asked, **{"Idempotency-Key": "chat-1"})
    again = post(gateway, key, asked, **{"Idempotency-Key": "chat-1"})
    assert "attached" not in chunks_of(first.text)[-1]["jimeng"]
    assert chunks_of(again.text)[-1]["jimeng"]["attached"] == "idempotency_key"
    assert said(first.text) == said(again.text)
    other = post(gateway, key, body("another", stream=True), **{"Idempotency-Key": "chat-1"})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert [each["times_submitted"] for each in sandbox.ledger()["submissions"]] == [1]


def test_an_sdk_that_tries_again_gets_the_same_pictures(late: tuple[Sandbox, Gateway]) -> None:
    sandbox, gateway = late
    asked, key = body("again and again"), "sb-chat-again"
    given = {"Authorization": f"Bearer {key}"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{gateway.url}{PATH}", json=asked, headers=given, timeout=1.5, trust_env=False)
    wait_until(lambda: sandbox.ledger()["submissions"], timeout_s=10, what="it was submitted")
    answer = post(gateway, key, asked, **{"x-stainless-retry-count": "1"}).json()
    assert answer["jimeng"]["attached"] == "retry"
    assert answer["choices"][0]["message"]["content"].startswith("![image](http")
    assert [each["times_submitted"] for each in sandbox.ledger()["submissions"]] == [1]


def test_what_is_wrong_from_the_start_is_no_stream(gateway: Gateway, api_key: str) -> None:
    for content, status, param in (
        (body("", stream=True), 400, "messages"),
        (body("a cat", stream=True, model="gpt-4o"), 404, "model"),
        (body("a cat", stream=True, model="jimeng-video-3.0:7s"), 400, "seconds"),
    ):
        answer = post(gateway, api_key, content)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
        assert answer.json()["error"]["param"] == param


def test_an_error_within_a_stream_is_the_last_word(gateway: Gateway) -> None:
    answer = post(gateway, "sb-strict--filtered", body("not nice", stream=True))
    *_, error, done, end = answer.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    told = json.loads(error.removeprefix("data: "))["error"]
    assert (told["code"], told["type"]) == ("content_policy_violation", "invalid_request_error")
    assert '"finish_reason":"stop"' not in answer.text


def test_the_link_of_a_video_plays(gateway: Gateway, api_key: str) -> None:
    message = post(gateway, api_key, body("waves", model="jimeng-video-3.0")).json()["choices"][0]["message"]
    link, bare = message["content"].split("\n\n")
    address = link.removeprefix("[▶ video.mp4](").removesuffix(")")
    assert address.endswith(".mp4")  # what NextChat goes by
    assert message["videos"][0]["video_url"]["url"] == bare
    for url in (address, bare):
        answer = httpx.get(url, headers={"Range": "bytes=4-7"}, trust_env=False)
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (206, b"ftyp", "video/mp4")


def test_a_stream_is_never_silent_for_15_s(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    gateway = new_gateway(new_sandbox("--video-seconds", "18"))
    gateway.start()
    asked, begun_at = body("a slow film", model="jimeng-video-3.0", stream=True), time.monotonic()
    lines = timed_lines(gateway, "sb-slow-film", asked)
    told_at = [begun_at, *(at for at, line in lines if "reasoning_content" in line), lines[-1][0]]
    assert len(told_at) >= 5
    assert max(after - before for before, after in pairwise(told_at)) < 11
