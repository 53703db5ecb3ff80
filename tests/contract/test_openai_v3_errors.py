"""openai-python 3: every refusal is the exception that its users expect, and is repeated only where that is right."""

from __future__ import annotations

import pytest

from tests.contract.clients import Answers, python, scenarios
from tests.live import Gateway, Sandbox


@pytest.fixture(scope="module")
def told(gateway: Gateway, api_key: str) -> Answers:
    logins = {"POOR": "sb-poor--nocredits", "DEAD": "sb-dead--expired", "FILTERED": "sb-strict--filtered"}
    return scenarios(python(), "openai_v3_errors.py", gateway=gateway, key=api_key, **logins)


@pytest.mark.parametrize(
    ("scenario", "class_name", "code", "param"),
    [
        ("wrong_key", "AuthenticationError", "invalid_api_key", None),
        ("unknown_model", "NotFoundError", "model_not_found", "model"),
        ("bad_value", "BadRequestError", "invalid_value", "n"),
        ("missing_image", "BadRequestError", "invalid_value", "image"),
        ("wrong_seconds", "BadRequestError", "invalid_value", "seconds"),
        ("unknown_video", "NotFoundError", "generation_not_found", None),
        ("no_credits", "RateLimitError", "insufficient_quota", None),
        ("refused_content", "BadRequestError", "content_policy_violation", None),
    ],
)
def test_a_refusal_is_its_exception(
    told: Answers, scenario: str, class_name: str, code: str, param: str | None
) -> None:
    facts = told[scenario]
    assert (facts["class"], facts["code"], facts["param"]) == (class_name, code, param)
    assert facts["request_id"]
    assert facts["retries"] == 0


def test_a_bad_value_says_what_would_be_right(told: Answers) -> None:
    assert "between 1 and 10" in told["bad_value"]["message"]
    assert "5" in told["wrong_seconds"]["message"]


def test_an_unknown_route_is_not_found(told: Answers) -> None:
    assert told["unknown_route"]["class"] == "NotFoundError"


def test_a_dead_login_is_told(told: Answers) -> None:
    facts = told["dead_login"]
    assert (facts["class"], facts["retries"]) == ("AuthenticationError", 0)
    assert "living" in facts["message"]


def test_a_refusal_within_a_stream_is_raised(told: Answers) -> None:
    facts = told["refused_content_in_a_stream"]
    assert facts["code"] == "content_policy_violation"


def test_nothing_was_spent_on_refusals(told: Answers, sandbox: Sandbox) -> None:
    assert told["bad_value"]
    prompts = {each["prompt"] for each in sandbox.ledger()["submissions"] if each["charged"]}
    assert prompts.isdisjoint({"v3 poor", "v3 dead"})
