"""Requests that no client should send: a clear error in OpenAI's shape, over a real socket."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.live import Gateway


@pytest.fixture
def http(gateway: Gateway, api_key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


def error_of(response: httpx.Response) -> dict[str, object]:
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["x-request-id"]
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    error: dict[str, object] = body["error"]
    return error


@pytest.mark.parametrize("content", [b"{", b"[1, 2]", b'"text"', b"", b"\xff\xfe", b"NaN"])
def test_a_body_that_is_no_json_object_is_a_bad_request(http: httpx.Client, content: bytes) -> None:
    response = http.post("/v1/images/generations", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert error_of(response)["type"] == "invalid_request_error"


def test_a_body_of_60_mb_is_too_large(http: httpx.Client) -> None:
    response = http.post(
        "/v1/images/generations",
        content=b'{"prompt": "' + b"x" * 60_000_000 + b'"}',
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 413
    error_of(response)


def test_a_body_of_60_mb_in_chunks_is_too_large(http: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(60):
            yield b"x" * 1_000_000

    response = http.post("/v1/images/generations", content=chunks(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    error_of(response)


def test_an_unknown_route_is_not_found(http: httpx.Client) -> None:
    response = http.get("/v1/no/such/thing")
    assert response.status_code == 404
    error_of(response)


def test_a_doubled_v1_gets_a_hint(http: httpx.Client) -> None:
    response = http.post("/v1/v1/images/generations", json={"prompt": "a cat"})
    assert response.status_code == 404
    assert "/v1" in str(error_of(response)["message"])


def test_a_wrong_method_says_which_are_right(http: httpx.Client) -> None:
    response = http.get("/v1/images/generations")
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]
    error_of(response)


def test_no_key_at_all_is_unauthorized(gateway: Gateway) -> None:
    response = httpx.post(f"{gateway.url}/v1/images/generations", json={"prompt": "a cat"}, trust_env=False)
    assert response.status_code == 401
    assert response.headers["www-authenticate"]
    assert error_of(response)["code"] == "invalid_api_key"


@pytest.mark.parametrize("header", ["x-api-key", "api-key"])
def test_other_headers_may_carry_the_key(gateway: Gateway, api_key: str, header: str) -> None:
    response = httpx.get(f"{gateway.url}/v1/models", headers={header: api_key}, trust_env=False)
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/ping", "/healthz", "/readyz"])
def test_health_needs_no_key(gateway: Gateway, path: str) -> None:
    assert httpx.get(f"{gateway.url}{path}", trust_env=False).status_code == 200


def test_a_media_address_with_a_wrong_signature_is_refused(gateway: Gateway) -> None:
    response = httpx.get(f"{gateway.url}/media/med_000000000000000000000000.webp?s=nonsense", trust_env=False)
    assert response.status_code == 403
    error_of(response)


def test_half_sent_requests_keep_nobody_waiting(gateway: Gateway, api_key: str) -> None:
    head = (
        b"POST /v1/images/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b'Content-Length: 1000\r\n\r\n{"prompt": '
    )
    with contextlib.ExitStack() as sockets:
        for _ in range(120):
            slow = sockets.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            slow.sendall(head)
        for path in ("/healthz", "/readyz", "/v1/models"):
            answer = httpx.get(f"{gateway.url}{path}", headers={"x-api-key": api_key}, timeout=5, trust_env=False)
            assert answer.status_code == 200
        made = httpx.post(
            f"{gateway.url}/v1/images/generations",
            json={"prompt": "not kept waiting"},
            headers={"x-api-key": api_key},
            timeout=20,
            trust_env=False,
        )
        assert made.status_code == 200
