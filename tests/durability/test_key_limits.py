"""Limits of API keys against real processes: nothing slips through, and a lower resolution where that is allowed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox, images_body

ALL, ALLOWED = 20, 5


def post(gateway: Gateway, key: str, **fields: Any) -> httpx.Response:
    return httpx.post(
        f"{gateway.url}/v1/images/generations",
        json=images_body(**fields),
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
        trust_env=False,
    )


def burst(gateways: Sequence[Gateway], key: str) -> Counter[str]:
    """Twenty requests at once, spread over several processes. What they were answered."""

    def ask(number: int) -> str:
        answer = post(gateways[number % len(gateways)], key, prompt=f"burst {number}", resolution="1k")
        return "made" if answer.status_code == 200 else str(answer.json()["error"]["code"])

    with ThreadPoolExecutor(ALL) as threads:
        return Counter(threads.map(ask, range(ALL)))


@contextmanager
def two_processes(gateway: Gateway) -> Iterator[Sequence[Gateway]]:
    """On one database: only one runs the engine, both let requests in."""
    gateway.add_accounts(["sb-burst00", "sb-burst01"])
    twin = gateway.twin()
    gateway.start()
    twin.start()
    yield gateway, twin
    twin.close()


def test_of_a_burst_exactly_the_limit_is_let_in(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--image-seconds", "3", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, JIMENG_ACCOUNT_CONCURRENCY="5")
    with two_processes(gateway) as gateways:
        for option, code in {
            "--requests-per-minute=5": "rate_limit_exceeded",
            "--concurrent-generations=5": "too_many_generations",
            "--credits-per-day=10": "key_credits_exhausted",  # 2 credits each
        }.items():
            key = gateway.manage("keys", "create", code, option)
            assert burst(gateways, key) == {"made": ALLOWED, code: ALL - ALLOWED}
    assert len(sandbox.ledger()["submissions"]) == 3 * ALLOWED


@pytest.mark.postgres
def test_on_postgresql_too(
    database_url: str,
    new_sandbox: Callable[..., Sandbox],
    new_gateway: Callable[..., Gateway],
) -> None:
    sandbox = new_sandbox("--image-seconds", "3", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, DATABASE_URL=database_url, JIMENG_ACCOUNT_CONCURRENCY="5")
    key = gateway.manage("keys", "create", "burst", "--requests-per-minute=9", "--credits-per-day=10")
    with two_processes(gateway) as gateways:
        assert burst(gateways, key) == {"made": ALLOWED, "key_credits_exhausted": ALL - ALLOWED}


def test_what_no_account_may_make_fails_or_is_made_smaller_as_the_key_says(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.3", "--media-scale", "0.05")
    gateway = new_gateway(sandbox)
    gateway.add_accounts(["sb-small--forbidden_2k"])
    strict = gateway.new_key("strict")
    lenient = gateway.manage("keys", "create", "lenient", "--downgrades=allow")
    gateway.start()

    answer = post(gateway, strict, resolution="4k", ratio="16:9")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "insufficient_quota")
    assert "No account may use jimeng-4.5 at 4k" in answer.json()["error"]["message"]

    answer = post(gateway, lenient, resolution="4k", ratio="16:9")
    assert answer.status_code == 200
    facts = answer.json()["jimeng"]
    assert facts["requested"]["resolution"] == "4k"
    assert (facts["effective"]["resolution"], facts["effective"]["ratio"]) == ("2k", "16:9")
    assert facts["downgraded"] == {"from": "4k", "to": "2k"}
    assert facts["credits"] == 3
    (submission,) = [each for each in sandbox.ledger()["submissions"] if each["charged"]]
    assert (submission["width"], submission["height"], submission["charged"]) == (2560, 1440, 3)
    (used,) = json.loads(gateway.manage("keys", "usage", "lenient", "--json"))
    assert used["usage"]["today"] == {"generations": 1, "images": 1, "videos": 0, "failed": 0, "credits": 3}
    assert sandbox.ledger()["violations"] == []
