"""LiteLLM (its own environment: it needs openai 2) as a client."""

from __future__ import annotations

import pytest

from tests.contract.clients import LITELLM, Answers, pictures, python, scenarios
from tests.live import Gateway, Sandbox


@pytest.fixture(scope="module")
def told(gateway: Gateway, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = pictures(tmp_path_factory.mktemp("pictures"))
    more = {"PICTURES": str(folder), "FILTERED": "sb-strict--filtered"}
    return scenarios(python(LITELLM / "python"), "litellm_library.py", gateway=gateway, key=api_key, **more)


def test_pictures_have_addresses(told: Answers, gateway: Gateway) -> None:
    assert len(told["image_generation"]) == 2
    assert all(url.startswith(f"{gateway.url}/media/") for url in told["image_generation"])


def test_two_uploads_are_edited(told: Answers, sandbox: Sandbox) -> None:
    assert told["image_edit"][0] > 0
    assert [each["inputs"] for each in sandbox.ledger()["submissions"] if each["prompt"] == "lite edit"] == [2]


def test_chat_shows_the_picture(told: Answers) -> None:
    assert "/media/" in told["completion"]["content"]
    assert told["completion"]["finish_reason"] == "stop"


def test_a_chat_stream_stops_once(told: Answers) -> None:
    assert "/media/" in told["completion_stream"]["content"]
    assert told["completion_stream"]["reasons"] == ["stop"]


def test_a_video_is_polled_and_downloaded(told: Answers) -> None:
    facts = told["video_generation"]
    assert facts["begun"] in ("queued", "in_progress")
    assert (facts["status"], facts["seconds"], facts["is_mp4"]) == ("completed", "5", True)


def test_a_wrong_key_is_an_authentication_error(told: Answers) -> None:
    assert "Incorrect API key" in told["wrong_key"]


def test_refused_content_is_a_bad_request(told: Answers) -> None:
    assert told["refused_content"]["class"] in ("BadRequestError", "ContentPolicyViolationError")
