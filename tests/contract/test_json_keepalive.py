"""White space ahead of a long JSON answer, and a failure after it has begun."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import openai
import pytest

from tests.live import Gateway, Sandbox, images_body

ASKED = ("sb-patient-one", "sb-filter--filtered")


@pytest.fixture
def gateway(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> Gateway:
    sandbox = new_sandbox("--image-seconds", "1.5", "--media-scale", "0.1")
    gateway = new_gateway(sandbox, JIMENG_JSON_KEEPALIVE="0.3")
    gateway.start()
    gateway.sandbox = sandbox  # type: ignore[attr-defined]  # for the tests
    return gateway


def test_white_space_comes_before_the_answer(gateway: Gateway) -> None:
    headers = {"Authorization": "Bearer sb-patient-one"}
    url = f"{gateway.url}/v1/images/generations"
    with httpx.stream("POST", url, json=images_body(), headers=headers, timeout=30, trust_env=False) as answer:
        chunks = list(answer.iter_raw())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert chunks[0] == b" "
    text = b"".join(chunks)
    assert text[:3] == b"   "
    assert json.loads(text)["data"][0]["url"].startswith("http")


def test_an_early_failure_keeps_its_status(gateway: Gateway) -> None:
    headers = {"Authorization": "Bearer sb-patient-one"}
    body = images_body(size="huge")
    answer = httpx.post(f"{gateway.url}/v1/images/generations", json=body, headers=headers, trust_env=False)
    assert answer.status_code == 400


def test_a_late_failure_is_no_success(gateway: Gateway) -> None:
    headers = {"Authorization": "Bearer sb-filter--filtered"}
    with pytest.raises(httpx.TransportError):
        httpx.post(
            f"{gateway.url}/v1/images/generations", json=images_body(), headers=headers, timeout=30, trust_env=False
        )


def test_the_sdk_learns_of_a_late_failure_by_its_own_retry(gateway: Gateway) -> None:
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="sb-filter--filtered", max_retries=1)
    with pytest.raises(openai.BadRequestError) as raised:
        client.images.generate(model="jimeng-4.5", prompt="told twice, asked once")
    assert raised.value.code == "content_policy_violation"
    submissions = gateway.sandbox.ledger()["submissions"]  # type: ignore[attr-defined]  # set by the fixture
    assert [each["times_submitted"] for each in submissions] == [1]
