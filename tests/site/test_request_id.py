"""Every answer names its request: by the caller's own id if it is sane, else by ours."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
import structlog
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from jimeng_site.middleware import request_id

OURS = re.compile(r"req_[0-9a-f]{20}")


def ask(header: str | None = None) -> HttpRequest:
    headers = {} if header is None else {"x-request-id": header}
    return RequestFactory().get("/", headers=headers)


def answered(request: HttpRequest) -> HttpResponse:
    middleware: Any = request_id(lambda _: HttpResponse(b"ok"))
    response: HttpResponse = middleware(request)
    return response


@pytest.mark.parametrize("given", ["12345678", "req-1.2_3-abc", "x" * 64])
def test_a_sane_id_of_the_caller_is_kept(given: str) -> None:
    request = ask(given)
    assert answered(request)["x-request-id"] == given
    assert request.request_id == given  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "given", [None, "", "short", "x" * 65, "with space", "a\r\nset-cookie: b", "<script>12", "猫猫猫猫猫猫猫猫"]
)
def test_any_other_is_replaced(given: str | None) -> None:
    assert OURS.fullmatch(answered(ask(given))["x-request-id"])


def test_each_request_has_its_own() -> None:
    assert answered(ask())["x-request-id"] != answered(ask())["x-request-id"]


def test_it_is_bound_for_the_logs() -> None:
    seen: list[Any] = []

    def view(_: HttpRequest) -> HttpResponse:
        seen.append(structlog.contextvars.get_contextvars()["request_id"])
        return HttpResponse()

    middleware: Any = request_id(view)
    assert middleware(ask("12345678"))["x-request-id"] == seen[0] == "12345678"
    structlog.contextvars.clear_contextvars()


def test_async_answers_tell_their_length_unless_they_stream() -> None:
    async def whole(_: HttpRequest) -> HttpResponse:
        return HttpResponse("猫")

    async def stream(_: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(iter([b"a"]))

    async def run(view: Any) -> Any:
        middleware: Any = request_id(view)
        return await middleware(ask("12345678"))

    plain, streamed = asyncio.run(run(whole)), asyncio.run(run(stream))
    assert (plain["x-request-id"], plain["Content-Length"]) == ("12345678", "3")
    assert streamed["x-request-id"] == "12345678"
    assert not streamed.has_header("Content-Length")
