"""Whole calls of the client: what goes on the wire, and what comes of each answer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest

from generation.specs import image_spec
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login, sign

T = TypeVar("T")

NOW = 1_768_097_919
SESSION = "0123456789abcdef0123456789abcdef"
LOGIN = Login(sessionid=SESSION, web_id="7123456789012345678", uid_tt="f" * 32)
SUBMIT_ID = "5f3f3a52-0000-4000-8000-000000000001"
ACCEPTED = {"ret": "0", "data": {"aigc_data": {"history_record_id": "789", "forecast_generate_cost": 23}}}

Handler = Callable[[httpx.Request], httpx.Response]


def call(handler: Handler, operation: Callable[[UpstreamClient], Awaitable[T]]) -> T:
    async def run() -> T:
        async with UpstreamClient(
            base_url="https://upstream.test/",
            imagex_url="https://imagex.test",
            transport=httpx.MockTransport(handler),
            clock=lambda: NOW,
        ) as client:
            return await operation(client)

    return asyncio.run(run())


def failing(handler: Handler, operation: Callable[[UpstreamClient], Awaitable[Any]]) -> UpstreamFailure:
    with pytest.raises(UpstreamFailure) as raised:
        call(handler, operation)
    return raised.value


def answering(payload: Any, status: int = 200, **headers: str) -> Handler:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return lambda request: httpx.Response(status, content=content, headers=headers)


async def submit(client: UpstreamClient) -> Any:
    spec = image_spec(model="jimeng-4.5", prompt="一只猫", count=2)
    return await client.submit(LOGIN, spec, submit_id=SUBMIT_ID, seed=2_500_000_001)


async def read_balance(client: UpstreamClient) -> Any:
    return await client.credits(LOGIN)


def test_a_submission_on_the_wire() -> None:
    sent: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=ACCEPTED)

    accepted = call(handler, submit)
    assert (accepted.record_id, accepted.forecast_s) == ("789", 23.0)
    (request,) = sent
    assert (request.method, request.url.host, request.url.path) == (
        "POST",
        "upstream.test",
        "/mweb/v1/aigc_draft/generate",
    )
    assert dict(request.url.params) == {
        "aid": "513695",
        "device_platform": "web",
        "region": "CN",
        "webId": LOGIN.web_id,
        "da_version": "3.3.4",
        "web_component_open_flag": "1",
        "web_version": "7.5.0",
        "aigc_features": "app_lip_sync",
    }
    assert request.headers["sign"] == sign("/mweb/v1/aigc_draft/generate", device_time=NOW)
    assert request.headers["device-time"] == str(NOW)
    assert f"sessionid={SESSION};" in request.headers["cookie"]
    body = json.loads(request.content)
    draft = json.loads(body["draft_content"])
    core = draft["component_list"][0]["abilities"]["generate"]["core_param"]
    assert (body["submit_id"], core["seed"], core["prompt"]) == (SUBMIT_ID, 2_500_000_001, "一只猫")
    assert draft["component_list"][0]["metadata"]["created_time_in_ms"] == str(NOW * 1000)


def test_the_paths_bodies_and_referers_of_the_other_calls() -> None:
    sent: list[tuple[str, str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append((request.url.path, request.headers["referer"], json.loads(request.content)))
        data = {"user_id": "1", "credit": {"gift_credit": 1}, "receive_quota": 66}
        return httpx.Response(200, json={"ret": "0", "data": {} if "history" in request.url.path else data})

    async def all_calls(client: UpstreamClient) -> None:
        await client.account_info(LOGIN)
        await client.credits(LOGIN)
        await client.receive_credits(LOGIN)
        await client.records(LOGIN, record_ids=["1"], with_images=False)
        await client.records(LOGIN, submit_ids=[SUBMIT_ID], with_images=False)
        await client.history_records(LOGIN, ["1"])
        assert await client.records(LOGIN) == await client.history_records(LOGIN, []) == {}

    call(handler, all_calls)
    page = "https://jimeng.jianying.com"
    assert sent == [
        ("/passport/account/info/v2", page, {}),
        ("/commerce/v1/benefits/user_credit", f"{page}/ai-tool/image/generate", {}),
        ("/commerce/v1/benefits/credit_receive", f"{page}/ai-tool/image/generate", {"time_zone": "Asia/Shanghai"}),
        ("/mweb/v1/get_history_by_ids", page, {"history_ids": ["1"]}),
        ("/mweb/v1/get_history_by_ids", page, {"submit_ids": [SUBMIT_ID]}),
        ("/mweb/v1/get_history_records", page, {"history_record_ids": ["1"]}),
    ]


def test_the_account_call_says_where_it_comes_from() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.params["account_sdk_source"] == "web"
        return httpx.Response(200, json={"message": "error", "data": {"error_code": 13}})

    assert failing(handler, lambda client: client.account_info(LOGIN)).kind is FailureKind.EXPIRED


def test_cookies_of_one_account_never_reach_the_next() -> None:
    other = Login(sessionid="e" * 32, web_id="7999999999999999999", uid_tt="e" * 32)
    cookies: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers["cookie"])
        answer = {"ret": "0", "data": {"credit": {"gift_credit": 1}}}
        return httpx.Response(200, json=answer, headers={"Set-Cookie": "msToken=first; Path=/"})

    async def two_accounts(client: UpstreamClient) -> None:
        await client.credits(LOGIN)
        await client.credits(other)
        await client.credits(LOGIN)

    call(handler, two_accounts)
    assert cookies[0] == cookies[2]
    assert not any("msToken" in cookie for cookie in cookies)
    assert SESSION not in cookies[1]


@pytest.mark.parametrize(
    ("handler", "kind", "code"),
    [
        (answering({"ret": "1310", "errmsg": "busy", "data": {"aigc_data": None}}), FailureKind.BUSY, "1310"),
        (answering({"ret": "0", "data": {"aigc_data": None}}), FailureKind.AMBIGUOUS, "protocol"),
        (answering({"ret": "0", "data": None}), FailureKind.AMBIGUOUS, "protocol"),
        (answering([1]), FailureKind.AMBIGUOUS, "protocol"),
        (answering(b"<html>sorry</html>"), FailureKind.AMBIGUOUS, "not_json"),
        (answering(b'{"ret":"0","data":{"aigc'), FailureKind.AMBIGUOUS, "not_json"),
        (answering(b""), FailureKind.AMBIGUOUS, "not_json"),
        (answering(b"[" * 100_000), FailureKind.AMBIGUOUS, "not_json"),
        (answering({"ret": "0"}, 502), FailureKind.AMBIGUOUS, "http_502"),
        (answering({"ret": "1015"}, 500), FailureKind.AMBIGUOUS, "http_500"),
        (answering({"ret": "1015"}, 401), FailureKind.EXPIRED, "1015"),
        (answering({"ret": "424242"}, 400), FailureKind.AMBIGUOUS, "http_400"),
        (answering(b"<html>", 403), FailureKind.AMBIGUOUS, "http_403"),
        (answering({}, 302, location="https://elsewhere.test/"), FailureKind.AMBIGUOUS, "http_302"),
        (answering({"ret": "1015"}, 429), FailureKind.THROTTLED, "http_429"),
    ],
)
def test_what_comes_of_each_answer_to_a_submission(handler: Handler, kind: FailureKind, code: str) -> None:
    failure = failing(handler, submit)
    assert (failure.kind, failure.code) == (kind, code)
    assert failure.http_status is not None


def test_429_carries_its_retry_after() -> None:
    assert failing(answering({}, 429, **{"retry-after": "12"}), submit).retry_after_s == 12.0


def test_a_login_that_no_cookie_can_carry_is_expired_and_never_sent() -> None:
    odd = Login(sessionid="a;b", web_id="7", uid_tt="f")

    def handler(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing may be sent")

    assert failing(handler, lambda client: client.credits(odd)).kind is FailureKind.EXPIRED


def test_a_closed_client_says_that_nothing_was_sent() -> None:
    async def after_close(client: UpstreamClient) -> None:
        await client.aclose()
        await submit(client)

    assert failing(answering(ACCEPTED), after_close).kind is FailureKind.UNREACHABLE


def test_a_lone_surrogate_in_a_prompt_can_be_sent() -> None:
    spec = image_spec(model="jimeng-4.5", prompt="odd \ud800 prompt", count=1)

    def handler(request: httpx.Request) -> httpx.Response:
        assert "odd ? prompt" in json.loads(request.content)["draft_content"]
        return httpx.Response(200, json=ACCEPTED)

    call(handler, lambda client: client.submit(LOGIN, spec, submit_id=SUBMIT_ID, seed=2_500_000_001))


def test_no_log_and_no_failure_repeats_the_login(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")
    failure = failing(answering({"ret": "1015", "errmsg": f"bad session {SESSION}"}), read_balance)
    assert failure.message == "bad session …"
    call(answering({"ret": "0", "data": {"credit": {"gift_credit": 1}}}), read_balance)
    assert SESSION not in caplog.text + str(failure) + repr(failure)
    assert "upstream.test" not in caplog.text
