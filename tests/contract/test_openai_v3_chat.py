"""openai-python 3: pictures and videos through chat completions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.clients import Answers, pictures, python, scenarios
from tests.live import Gateway, Sandbox


@pytest.fixture(scope="module")
def told(gateway: Gateway, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = pictures(tmp_path_factory.mktemp("pictures"))
    more = {"PICTURES": str(folder), "FILTERED": "sb-strict--filtered"}
    return scenarios(python(), "openai_v3_chat.py", gateway=gateway, key=api_key, **more)


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk["choices"][0]["delta"]["content"] or "" for chunk in chunks if chunk["choices"])


def reasons_of(chunks: list[Any]) -> list[str]:
    return [
        each["choices"][0]["finish_reason"]
        for each in chunks
        if each["choices"] and each["choices"][0]["finish_reason"]
    ]


def test_an_answer_shows_the_picture(told: Answers, gateway: Gateway) -> None:
    answer = told["in_one_piece"]
    (choice,) = answer["choices"]
    assert answer["object"] == "chat.completion"
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert f"]({gateway.url}/media/" in choice["message"]["content"]
    assert choice["message"]["images"][0]["image_url"]["url"].startswith(f"{gateway.url}/media/")
    assert answer["usage"]["total_tokens"] >= 0


def test_the_shape_stands_behind_the_model(told: Answers, sandbox: Sandbox) -> None:
    assert told["of_a_size"]["choices"][0]["finish_reason"] == "stop"
    (submission,) = [each for each in sandbox.ledger()["submissions"] if each["prompt"] == "v3 chat wide"]
    assert submission["width"] / submission["height"] == pytest.approx(16 / 9, abs=0.02)


def test_a_picture_in_the_question_is_an_input(told: Answers, sandbox: Sandbox) -> None:
    assert told["about_a_picture"]["choices"][0]["finish_reason"] == "stop"
    (submission,) = [each for each in sandbox.ledger()["submissions"] if each["prompt"] == "v3 chat edit"]
    assert submission["inputs"] == 1


def test_a_stream_has_one_id_one_role_and_one_stop(told: Answers) -> None:
    chunks = told["stream"]
    assert len({(chunk["id"], chunk["created"], chunk["object"]) for chunk in chunks}) == 1
    choices = [chunk["choices"][0] for chunk in chunks if chunk["choices"]]
    assert {choice["index"] for choice in choices} == {0}
    assert [choice["delta"]["role"] for choice in choices if choice["delta"]["role"]] == ["assistant"]
    assert reasons_of(chunks) == ["stop"]
    assert "/media/" in text_of(chunks)


def test_usage_comes_last_when_asked_for(told: Answers) -> None:
    last = told["stream"][-1]
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] >= 0


def test_a_video_streams_its_progress(told: Answers) -> None:
    chunks = told["stream_of_a_video"]
    assert reasons_of(chunks) == ["stop"]
    assert "/media/" in text_of(chunks)
    assert any(chunk["choices"][0]["delta"].get("reasoning_content") for chunk in chunks)


def test_a_refusal_within_a_stream_is_raised(told: Answers) -> None:
    assert told["stream_that_fails"]["code"] == "content_policy_violation"


def test_the_accumulator_of_the_sdk_is_content(told: Answers) -> None:
    (choice,) = told["collected_stream"]["choices"]
    assert choice["finish_reason"] == "stop"
    assert "/media/" in choice["message"]["content"]
