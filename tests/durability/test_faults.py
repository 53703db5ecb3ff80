"""Every fault of the sandbox through the front door: what the client gets, what the account becomes, what was paid.

Callers bring their own logins (pass-through), so that each case has a pool of its own on one gateway.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox, images_body

FAST = {
    "JIMENG_SUBMIT_GRACE_S": "1.5",
    "JIMENG_UPSTREAM_TIMEOUT_S": "2",
    "JIMENG_QUEUE_TIMEOUT_S": "6",
    "JIMENG_LOST_RECORD_S": "2",
}
OK = 200


@dataclass(frozen=True)
class Case:
    """`alone`: status and error code with the ill account alone. `health`: what that becomes, with its reason.

    `paid`: submissions that stay charged. `pictures`: of those asked (`n`).
    """

    fault: str
    alone: tuple[int, str]
    health: tuple[str, str] = ("alive", "")
    paid: int = 1
    n: int = 1
    pictures: int | None = None
    size: str = "1k"


BEFORE = [  # nothing was submitted: another account can take it
    Case("expired", (401, "invalid_api_key"), ("expired", ""), paid=0),
    Case("nocredits", (429, "insufficient_quota"), ("resting", "no_credits"), paid=0),
    Case("forbidden_1k", (429, "insufficient_quota"), ("unknown", ""), paid=0, size="2k"),
    Case("busy", (429, "accounts_busy"), ("resting", "busy"), paid=0),
    Case("riskhold", (429, "accounts_busy"), ("resting", "risk_hold"), paid=0),
    Case("http500", (503, "upstream_unreachable"), ("resting", "unreachable"), paid=0),
    Case("reset-before", (503, "upstream_unreachable"), ("resting", "unreachable"), paid=0),
    Case("brokenjson", (503, "upstream_unreachable"), ("resting", "unreachable"), paid=0),
    Case("html", (503, "upstream_unreachable"), ("resting", "unreachable"), paid=0),
    Case("hang", (503, "upstream_unreachable"), ("resting", "unreachable"), paid=0),
    Case("http429_30", (429, "accounts_busy"), ("resting", "throttled"), paid=0),
]
RECOVERED = [  # the account alone is enough
    Case("nocredits-daily", (OK, "")),
    Case("http500x1", (OK, "")),
    Case("busyx1", (OK, "")),
    Case("http429_1x1", (OK, "")),
    Case("reset-after", (OK, "")),
    Case("http500-after", (OK, "")),
    Case("brokenjson-after", (OK, "")),
    Case("hang-after", (OK, "")),
    Case("vanish_1", (OK, "")),
    Case("nourl_1", (OK, "")),
    Case("partial_1", (OK, ""), n=3, pictures=1),
    Case("slow_3", (OK, "")),
    Case("unknownstatus", (OK, "")),
    Case("lateitems", (OK, ""), n=2, pictures=2),
    Case("http500_0.5%40history", (OK, "")),
    Case("media500x2", (OK, "")),
    Case("media404", (OK, "")),
    Case("mediahtml", (OK, "")),
]
FINAL = [  # nobody else can help
    Case("vanish", (502, "outcome_unknown"), ("unknown", "")),
    Case("nourl", (502, "generation_failed"), ("unknown", "")),
    Case("filtered", (400, "content_policy_violation"), ("unknown", ""), paid=0),
    Case("filtered-int", (400, "content_policy_violation"), ("unknown", ""), paid=0),
    Case("filtered-submit", (400, "content_policy_violation"), ("unknown", ""), paid=0),
    Case("failed", (502, "generation_failed"), ("unknown", ""), paid=0),
]
CASES = [*BEFORE, *RECOVERED, *FINAL]


@dataclass(frozen=True)
class Outcome:
    response: httpx.Response
    took_s: float
    prompt: str
    ill: str


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Gateway]]:
    folder = tmp_path_factory.mktemp("faults")
    sandbox = Sandbox(folder / "sandbox.log", "--image-seconds", "0.5", "--media-scale", "0.05")
    gateway = Gateway(folder / "data", upstream=sandbox.url, **FAST)
    gateway.start()
    yield sandbox, gateway
    gateway.close()
    sandbox.close()


def ask(gateway: Gateway, case: Case, *, with_good: bool) -> Outcome:
    name = f"sb-{'pair' if with_good else 'solo'}{CASES.index(case)}"
    ill = f"{name}--{case.fault}"
    bearer = f"{ill},{name}good" if with_good else ill
    prompt = f"{case.fault} {'with a good one' if with_good else 'alone'}"
    begun = time.monotonic()
    response = httpx.post(
        f"{gateway.url}/v1/images/generations",
        json=images_body(prompt=prompt, n=case.n, size=case.size),
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=90,
        trust_env=False,
    )
    return Outcome(response, time.monotonic() - begun, prompt, ill)


@pytest.fixture(scope="module")
def outcomes(servers: tuple[Sandbox, Gateway]) -> dict[tuple[str, bool], Outcome]:
    """All cases at once: most of their time is waiting."""
    _, gateway = servers
    with ThreadPoolExecutor(len(CASES) * 2) as threads:
        waiting = {
            (case.fault, with_good): threads.submit(ask, gateway, case, with_good=with_good)
            for case in CASES
            for with_good in (False, True)
        }
        return {key: future.result() for key, future in waiting.items()}


def charged(sandbox: Sandbox, prompt: str) -> list[dict[str, Any]]:
    mine = [each for each in sandbox.ledger()["submissions"] if each["prompt"] == prompt]
    return [each for each in mine if each["charged"] > each["refunded"]]


def account_row(gateway: Gateway, sessionid: str) -> tuple[str, str]:
    tail = sessionid[-4:]
    found = gateway.rows(
        "SELECT a.health, a.rest_reason, g.prompt FROM generation_generationevent e "
        "JOIN accounts_account a ON a.id = e.account_id JOIN generation_generation g ON g.id = e.generation_id "
        f"WHERE a.sessionid_tail = '{tail}' AND g.prompt LIKE '% alone' ORDER BY e.id"
    )
    fault = sessionid.partition("--")[2]
    return next((row[0], row[1]) for row in found if row[2] == f"{fault} alone")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_alone_the_client_is_told_the_truth(
    case: Case, outcomes: dict[tuple[str, bool], Outcome], servers: tuple[Sandbox, Gateway]
) -> None:
    sandbox, gateway = servers
    outcome = outcomes[case.fault, False]
    body = outcome.response.json()
    code = body["error"]["code"] if "error" in body else ""
    assert (outcome.response.status_code, code) == case.alone, body
    assert len(charged(sandbox, outcome.prompt)) == case.paid
    assert account_row(gateway, outcome.ill) == case.health
    if case.alone[0] == OK:
        assert len(body["data"]) == (case.pictures or case.n)
    else:
        repeat = {429: {"accounts_busy"}, 503: {"upstream_unreachable"}}.get(outcome.response.status_code, set())
        assert outcome.response.headers["x-should-retry"] == ("true" if code in repeat else "false")
    print(f"\n{case.fault:24} alone {outcome.response.status_code} {code or 'ok':26} {outcome.took_s:5.1f} s", end="")


@pytest.mark.parametrize("case", BEFORE, ids=lambda case: case.fault)
def test_beside_a_good_account_what_was_not_submitted_succeeds(
    case: Case, outcomes: dict[tuple[str, bool], Outcome], servers: tuple[Sandbox, Gateway]
) -> None:
    sandbox, _ = servers
    outcome = outcomes[case.fault, True]
    assert outcome.response.status_code == OK, outcome.response.text
    assert outcome.response.json()["data"][0]["url"]
    (paid,) = charged(sandbox, outcome.prompt)
    assert str(paid["account"]).endswith("good")
    print(f"\n{case.fault:24} with a good one: ok {outcome.took_s:5.1f} s", end="")


def test_nothing_was_submitted_twice_and_nothing_was_malformed(
    outcomes: dict[tuple[str, bool], Outcome], servers: tuple[Sandbox, Gateway]
) -> None:
    sandbox, _ = servers
    ledger = sandbox.ledger()
    assert ledger["duplicate_submits"] == 0
    assert ledger["violations"] == []
    for outcome in outcomes.values():
        assert len(charged(sandbox, outcome.prompt)) <= 1


def test_a_gift_does_not_open_a_forbidden_resolution(servers: tuple[Sandbox, Gateway]) -> None:
    """Both at once: no credits until today's gift, and then still refused. It is asked a few times, not in a circle."""
    sandbox, gateway = servers
    calls_before = sandbox.calls()
    response = httpx.post(
        f"{gateway.url}/v1/images/generations",
        json=images_body(prompt="gift and barred", size="2k"),
        headers={"Authorization": "Bearer sb-giftbarred--nocredits-daily--forbidden_1k"},
        timeout=60,
        trust_env=False,
    )
    assert (response.status_code, response.json()["error"]["code"]) == (429, "insufficient_quota")
    submit = "/mweb/v1/aigc_draft/generate"
    assert sandbox.calls()[submit] - calls_before[submit] <= 3
    assert charged(sandbox, "gift and barred") == []


def test_no_account_is_left_lent(outcomes: dict[tuple[str, bool], Outcome], servers: tuple[Sandbox, Gateway]) -> None:
    _, gateway = servers
    assert outcomes
    assert gateway.rows("SELECT count(*) FROM accounts_lease")[0][0] == 0


def test_the_log_holds_no_secret(outcomes: dict[tuple[str, bool], Outcome], servers: tuple[Sandbox, Gateway]) -> None:
    _, gateway = servers
    log = gateway.log_text()
    assert "An account cannot serve now" in log  # it was written to
    for outcome in outcomes.values():
        assert outcome.ill not in log
    for secret in ("x-signature=", "sid_guard=", "sessionid=", "Bearer sb-"):
        assert secret not in log
