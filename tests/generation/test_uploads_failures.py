"""Uploads that fail: what is tried again, what it is called, and what no failure may tell."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import httpx
import pytest

from generation.upstream.client import Timeouts
from generation.upstream.failures import FailureKind
from tests.generation.uploading import (
    AUTH,
    LOGIN,
    SECRET_KEY,
    SESSION_KEY,
    SESSION_TOKEN,
    TOKEN,
    Answer,
    Hosts,
    Stored,
    error,
    failing,
    reply,
    result,
    ret,
    step_of,
    upload,
)

KIND = FailureKind
TWICE = ["token", *["apply", "send", "commit"] * 2]


def address(**changes: Any) -> httpx.Response:
    store = {"StoreUri": "tos-cn-i-x/1", "Auth": AUTH} | changes.pop("store", {})
    whole = {"StoreInfos": [store], "UploadHosts": ["tos.test"], "SessionKey": "k"}
    return result(UploadAddress=whole | changes)


BROKEN: list[tuple[str, Answer, str]] = [
    *((step, reply(503, b"<html>"), "http_503") for step in ("apply", "send", "commit")),
    *((step, reply(200, b'{"Result": {'), "not_json") for step in ("apply", "send", "commit")),
    *((step, reply(200, []), "not_json") for step in ("apply", "send", "commit")),
    *((step, reply(404, b"gone"), "http_404") for step in ("apply", "send", "commit")),
    *((step, httpx.ReadError(f"{SECRET_KEY}"), "ReadError") for step in ("apply", "send", "commit")),
    *((step, TimeoutError(), "TimeoutError") for step in ("apply", "send", "commit")),
    ("apply", reply(200, {}), "http_200"),
    ("apply", result(), "protocol"),
    ("apply", address(StoreInfos=[]), "protocol"),
    ("apply", address(UploadHosts=["tos.test/../x?"]), "protocol"),
    ("apply", address(UploadHosts="tos.test"), "protocol"),
    ("apply", address(SessionKey=None), "protocol"),
    ("apply", address(store={"StoreUri": "../up"}), "protocol"),
    ("apply", address(store={"Auth": "a\r\nCookie: b"}), "protocol"),
    ("apply", error("InternalServiceError"), "InternalServiceError"),
    ("apply", error("FlowLimitExceeded", 400), "FlowLimitExceeded"),
    ("commit", error("BadUri", 502), "http_502"),
    ("commit", result(Results=[]), "protocol"),
    ("commit", result(Results=[{"UriStatus": 2000}]), "protocol"),
    ("commit", result(Results=[{"UriStatus": 2000, "Uri": "图"}]), "protocol"),
    ("commit", result(Results=None, PluginResult=[{"ImageUri": "u"}]), "protocol"),
    ("send", reply(200, {"code": 5000, "message": "disk"}), "5000"),
    ("send", reply(200, {"message": "?"}), "http_200"),
    ("send", reply(403, {"code": 4003, "message": "no"}), "4003"),
    ("send", reply(400, {"code": 4008, "message": "auth expired"}), "4008"),
    ("send", reply(400, {"code": 4024, "message": "CRC32 does not match"}), "4024"),
]


@pytest.mark.parametrize(("step", "answer", "code"), BROKEN, ids=str)
def test_what_breaks_is_tried_once_more_from_the_place_on(step: str, answer: Answer, code: str) -> None:
    hosts = Hosts(**{step: [answer]})
    assert [each.uri for each in upload(hosts, Stored(b"picture"))] == ["tos-cn-i-x/uri-7"]
    assert hosts.steps()[1:] == TWICE[1 : TWICE.index(step) + 1] + TWICE[1:4]

    twice = Hosts(**{step: [answer, answer]})
    failure = failing(twice)
    assert (failure.kind, failure.code) == (KIND.UNREACHABLE, code)
    assert twice.steps().count("apply") == 2
    assert twice.steps().count("token") == 1


@pytest.mark.parametrize(
    ("step", "answer", "kind", "code"),
    [
        ("commit", result(Results=[{"Uri": "u", "UriStatus": 4001}]), KIND.BAD_PARAMETER, "uri_status_4001"),
        ("commit", error("ImageFormatInvalid"), KIND.BAD_PARAMETER, "ImageFormatInvalid"),
        ("commit", error("ImageFormatInvalid", 200), KIND.BAD_PARAMETER, "ImageFormatInvalid"),
        ("apply", error("InvalidFileSize"), KIND.BAD_PARAMETER, "InvalidFileSize"),
        ("apply", error("odd code \n"), KIND.BAD_PARAMETER, "http_400"),
        ("send", reply(400, {"code": 4000, "message": "no"}), KIND.BAD_PARAMETER, "4000"),
        ("send", reply(200, {"code": "4013", "message": ""}), KIND.BAD_PARAMETER, "4013"),
        ("send", reply(429, retry_after="3"), KIND.THROTTLED, "http_429"),
        ("apply", reply(429, retry_after="3"), KIND.THROTTLED, "http_429"),
    ],
    ids=str,
)
def test_what_was_refused_is_not_repeated(step: str, answer: Answer, kind: FailureKind, code: str) -> None:
    hosts = Hosts(**{step: [answer]})
    failure = failing(hosts)
    assert (failure.kind, failure.code) == (kind, code)
    assert failure.retry_after_s == (3 if kind is KIND.THROTTLED else None)
    assert hosts.steps() == TWICE[: TWICE.index(step) + 1]


def test_the_first_failure_for_good_ends_the_other_uploads() -> None:
    class Slow(Hosts):
        """Only the third picture gets to its commit, once three others are being sent."""

        sending = cancelled = 0
        crowded = asyncio.Event()

        async def __call__(self, request: httpx.Request) -> httpx.Response:
            if step_of(request) == "commit":
                await self.crowded.wait()
            if step_of(request) == "send" and len(request.content) != 3:
                self.sending += 1
                if self.sending == 3:
                    self.crowded.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    self.cancelled += 1
                    raise
            return await super().__call__(request)

    hosts = Slow(commit=[result(Results=[{"Uri": "u", "UriStatus": 4001}])])
    pictures = [Stored(b"x" * size) for size in range(1, 9)]
    assert failing(hosts, *pictures).code == "uri_status_4001"
    assert hosts.cancelled == 3
    assert all(picture.opened == len(picture.closed) for picture in pictures)


def test_no_failure_tells_a_secret() -> None:
    words = f"{TOKEN['access_key_id']} {SECRET_KEY} {SESSION_TOKEN} {AUTH} {SESSION_KEY}tos-cn-i-x/uri-7"
    told: dict[str, list[Answer]] = {
        "apply": [error("InvalidFileSize", message=words), httpx.ReadError(words)],
        "send": [reply(400, {"code": 4000, "message": words})],
        "commit": [error("SignatureDoesNotMatch", message=words), error("ImageFormatInvalid", message=words)],
        "token": [ret("1019", f"who is {LOGIN.sessionid}")],
    }
    own = {"apply": (*words.split()[:3],), "send": (AUTH, SESSION_KEY), "commit": (*words.split()[:3], SESSION_KEY)}
    for step, answers in told.items():
        for answer in answers:
            failure = failing(Hosts(**{step: [answer] * 2}))
            text = "".join(traceback.format_exception(failure)) + repr(failure) + repr(vars(failure))
            assert not [secret for secret in (*own.get(step, ()), LOGIN.sessionid) if secret in text]


@pytest.mark.parametrize("silent", ["apply", "send", "commit"])
def test_silence_ends_with_the_deadline_of_each_exchange(silent: str) -> None:
    class Silent(Hosts):
        async def __call__(self, request: httpx.Request) -> httpx.Response:
            answer = await super().__call__(request)
            if step_of(request) == silent:
                await asyncio.Event().wait()
            return answer

    bound = {"download_s": 0.02} if silent == "send" else {"call_s": 0.02}
    hosts = Silent()
    failure = failing(hosts, timeouts=Timeouts(**bound))
    assert (failure.kind, failure.code) == (KIND.UNREACHABLE, "TimeoutError")
    assert hosts.steps() == TWICE[: TWICE.index(silent) + 1] + TWICE[1 : TWICE.index(silent) + 1]


def test_a_mistake_of_ours_is_not_called_the_upstreams() -> None:
    class Mistaken(Hosts):
        """The first picture is refused; sending the second, we stumble over being cancelled."""

        sending = asyncio.Event()

        async def __call__(self, request: httpx.Request) -> httpx.Response:
            if step_of(request) == "commit":
                await self.sending.wait()
            if step_of(request) == "send" and len(request.content) == 2:
                self.sending.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    raise ZeroDivisionError
            return await super().__call__(request)

    for hosts in (
        Hosts(apply=[ZeroDivisionError()]),
        Mistaken(commit=[result(Results=[{"Uri": "u", "UriStatus": 4001}])]),
    ):
        with pytest.raises(ExceptionGroup) as raised:
            upload(hosts, Stored(b"x"), Stored(b"xx"))
        assert raised.value.split(ZeroDivisionError)[0] is not None
