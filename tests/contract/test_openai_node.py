"""openai-node, and the Vercel AI SDK on which Cherry Studio is built."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.clients import Answers, node, pictures, scenarios
from tests.live import Gateway, Sandbox


@pytest.fixture(scope="module")
def told(gateway: Gateway, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    more = {
        "PICTURES": str(pictures(tmp_path_factory.mktemp("pictures"))),
        "OTHER_KEY": gateway.new_key("node"),
        "FILTERED": "sb-strict--filtered",
    }
    return scenarios(node(), "openai_node.mjs", gateway=gateway, key=api_key, **more)


@pytest.fixture(scope="module")
def vercel(gateway: Gateway, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = pictures(tmp_path_factory.mktemp("pictures"))
    return scenarios(node(), "vercel_ai.mjs", gateway=gateway, key=api_key, PICTURES=str(folder))


def submissions_of(sandbox: Sandbox, prompt: str) -> list[dict[str, Any]]:
    return [each for each in sandbox.ledger()["submissions"] if each["prompt"] == prompt]


def test_models_are_listed(told: Answers) -> None:
    assert {"jimeng-4.5", "jimeng-video-3.0", "dall-e-3"} <= set(told["models"]["names"])


def test_addresses_lead_to_pictures(told: Answers, sandbox: Sandbox) -> None:
    assert told["generate"] == {"kinds": ["image/webp", "image/webp"], "usage": 0}
    assert [each["count"] for each in submissions_of(sandbox, "node two")] == [2]


def test_a_stream_ends_with_every_picture(told: Answers) -> None:
    kinds = [event["type"] for event in told["generateStream"]]
    assert kinds[-2:] == ["image_generation.completed"] * 2
    assert all(event["bytes"] for event in told["generateStream"])


def test_two_uploads_are_edited(told: Answers, sandbox: Sandbox) -> None:
    assert told["editTwo"]["bytes"] > 0
    assert told["editTwo"]["url"] is None
    assert [each["inputs"] for each in submissions_of(sandbox, "node edit two")] == [2]


def test_a_variation_is_made(told: Answers) -> None:
    assert told["variation"] == "image/webp"


def test_a_video_is_polled_and_downloaded(told: Answers, sandbox: Sandbox) -> None:
    facts = told["video"]
    assert (facts["video"]["status"], facts["kind"], facts["isMp4"]) == ("completed", "video/mp4", True)
    assert [each["inputs"] for each in submissions_of(sandbox, "node video")] == [1]


def test_videos_are_listed_and_deleted(told: Answers) -> None:
    facts = told["videosListedAndDeleted"]
    assert facts["deleted"]["deleted"] is True
    assert facts["left"] == facts["made"][:0:-1]


@pytest.mark.parametrize("scenario", ["chat", "chatCollected"])
def test_chat_shows_the_picture(told: Answers, scenario: str) -> None:
    assert told[scenario]["finish_reason"] == "stop"
    assert "/media/" in told[scenario]["message"]["content"]


def test_a_chat_stream_stops_once_and_then_counts(told: Answers) -> None:
    chunks = told["chatStream"]
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"]]
    assert [reason for reason in reasons if reason] == ["stop"]
    assert chunks[-1]["usage"]


@pytest.mark.parametrize(
    ("scenario", "class_name", "code"),
    [
        ("wrongKey", "AuthenticationError", "invalid_api_key"),
        ("unknownModel", "NotFoundError", "model_not_found"),
        ("badValue", "BadRequestError", "invalid_value"),
    ],
)
def test_a_refusal_is_its_error(told: Answers, scenario: str, class_name: str, code: str) -> None:
    assert (told[scenario]["class"], told[scenario]["code"]) == (class_name, code)
    assert told[scenario]["requestID"]


def test_a_refusal_within_a_stream_is_thrown(told: Answers) -> None:
    assert told["refusedInAStream"]["code"] == "content_policy_violation"


def test_a_retry_after_a_time_out_finds_the_picture_of_the_first_try(told: Answers, sandbox: Sandbox) -> None:
    assert told["retryAfterATimeOut"]["attached"] == "retry"
    assert len(submissions_of(sandbox, "node impatient")) == 1


def test_vercel_reads_pictures(vercel: Answers) -> None:
    assert [each["kind"] for each in vercel["picture"]] == ["image/webp"] * 2


def test_vercel_edits(vercel: Answers, sandbox: Sandbox) -> None:
    assert vercel["edit"][0]["bytes"] > 0
    assert [each["inputs"] for each in submissions_of(sandbox, "vercel edit")] == [1]


@pytest.mark.parametrize("scenario", ["chat", "chatStream"])
def test_vercel_chats(vercel: Answers, scenario: str) -> None:
    assert "/media/" in vercel[scenario]["text"]
    assert vercel[scenario]["finishReason"] == "stop"
