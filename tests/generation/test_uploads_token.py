"""The upload token: who does not get one, and the one time that it is renewed."""

from __future__ import annotations

import httpx
import pytest

from generation.upstream.failures import FailureKind
from tests.generation.uploading import SESSION_TOKEN, TOKEN, Answer, Hosts, Stored, error, failing, reply, ret, upload

KIND = FailureKind


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (ret("1015", "login expired"), KIND.EXPIRED, "1015"),
        (ret("1019", "shark not pass"), KIND.RISK_HOLD, "1019"),
        (ret("3000"), KIND.REGION, "3000"),
        (ret("1000"), KIND.BAD_PARAMETER, "1000"),
        (ret("999999"), KIND.UNCLEAR, "999999"),
        (reply(429, retry_after="7"), KIND.THROTTLED, "http_429"),
        (reply(502, b"<html>"), KIND.UNREACHABLE, "http_502"),
        (reply(200, b'{"ret":"0","da'), KIND.UNREACHABLE, "not_json"),
        (httpx.ReadError("reset"), KIND.UNREACHABLE, "ReadError"),
        (httpx.ConnectError("refused"), KIND.UNREACHABLE, "ConnectError"),
        (ret("0", **TOKEN | {"session_token": ""}), KIND.UNREACHABLE, "protocol"),
        (ret("0", **TOKEN | {"access_key_id": "two\nlines"}), KIND.UNREACHABLE, "protocol"),
        (ret("0", **TOKEN | {"service_id": "图"}), KIND.UNREACHABLE, "protocol"),
        (ret("0"), KIND.UNREACHABLE, "protocol"),
    ],
    ids=str,
)
def test_a_token_that_is_not_given(answer: Answer, kind: FailureKind, code: str) -> None:
    hosts = Hosts(token=[answer])
    failure = failing(hosts)
    assert (failure.kind, failure.code) == (kind, code)
    assert hosts.steps() == ["token"]
    assert failure.retry_after_s == (7 if kind is KIND.THROTTLED else None)


REFUSED_TOKENS = [
    error("InvalidSecurityToken"),
    error("InvalidSecretToken", 401),
    error("SignatureDoesNotMatch", 401),
    error("InvalidAccessKey", 401),
    error("InvalidTimestamp", 403),
    error("Whatever", 403),
]


@pytest.mark.parametrize("answer", REFUSED_TOKENS, ids=str)
@pytest.mark.parametrize("step", ["apply", "commit"])
def test_for_a_refused_token_a_new_one_is_fetched_once(step: str, answer: httpx.Response) -> None:
    fresh = TOKEN | {"session_token": "fresh"}
    hosts = Hosts(token=[ret("0", **TOKEN), ret("0", **fresh)], **{step: [answer]})
    upload(hosts, Stored(b"picture"))
    assert hosts.steps().count("token") == 2
    assert [each.headers["x-amz-security-token"] for each in hosts.of_step("apply")] == [SESSION_TOKEN, "fresh"]

    always = Hosts(apply=[answer] * 20)
    failure = failing(always, *(Stored(b"x" * size) for size in range(1, 9)))
    assert failure.kind is KIND.UNREACHABLE
    assert always.steps().count("token") == 2


def test_a_token_that_cannot_be_renewed_is_that_failure() -> None:
    hosts = Hosts(token=[ret("0", **TOKEN), ret("1015")], apply=[error("InvalidSecurityToken")])
    assert failing(hosts).kind is KIND.EXPIRED


def test_nothing_is_asked_for_without_pictures() -> None:
    hosts = Hosts()
    assert upload(hosts) == []
    assert hosts.sent == []


def test_a_token_that_names_no_service_is_for_the_usual_one() -> None:
    hosts = Hosts(token=[ret("0", **TOKEN | {"service_id": ""})])
    upload(hosts, Stored(b"picture"))
    assert hosts.of_step("apply")[0].url.params["ServiceId"] == "tb4s082cfz"
