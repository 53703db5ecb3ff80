"""Open pages on a real gateway: they hold no threads, nobody waits for them, and they go when the server stops."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import httpx

from tests.durability.test_stopping import post
from tests.live import Gateway, Sandbox, wait_until
from tests.live_admin import OPERATOR, Browser

GRACE_S = 20


def opened(gateway: Gateway, session: str, path: str = "/live/news/") -> socket.socket:
    """A page that listens; its first event has come."""
    client = socket.create_connection(("127.0.0.1", gateway.port), timeout=40)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}\r\n\r\n".encode())
    heard = b""
    while b"data:" not in heard:
        part = client.recv(4096)
        assert part, heard
        heard += part
    assert heard.startswith(b"HTTP/1.1 200"), heard
    return client


def signed_in(gateway: Gateway) -> str:
    """The session of an operator; the connection over which that was got is closed."""
    with closing(Browser(gateway)) as browser:
        browser.sign_in()
        return browser.http.cookies["sessionid"]


def threads_of(gateway: Gateway) -> int:
    (worker,) = gateway.worker_pids()
    return len(list(Path(f"/proc/{worker}/task").iterdir()))


def rest(client: socket.socket) -> bytes:
    """What still comes, to the end of the stream."""
    heard = b""
    while part := client.recv(65536):
        heard += part
        if heard.endswith(b"0\r\n\r\n"):
            break
    return heard


def test_two_hundred_open_pages_hold_no_threads_and_keep_nobody_waiting(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.3", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, JIMENG_GRACEFUL_TIMEOUT_S=str(GRACE_S), **OPERATOR)
    gateway.add_accounts(["sb-pages001"])
    key = gateway.new_key()
    gateway.start()
    with ExitStack() as stack:
        session = signed_in(gateway)
        few = [stack.enter_context(closing(opened(gateway, session))) for _ in range(5)]
        assert post(gateway, key, "before").status_code == 200
        threads = threads_of(gateway)
        with ThreadPoolExecutor(20) as hands:
            many = list(hands.map(lambda _: opened(gateway, session), range(195)))
        for each in many:
            stack.enter_context(closing(each))
        assert post(gateway, key, "meanwhile").status_code == 200
        # What works beside them (file threads, the hashing of a password) may have begun one or two meanwhile.
        assert threads_of(gateway) < threads + 20
        for client in (few[0], many[-1]):
            assert b"event: news" in client.recv(4096), "an open page heard of the picture"
        # Some leave without a word; the others are sent away when the server stops, long before the grace time ends.
        for each in many[:100]:
            each.close()
        begun = time.monotonic()
        assert gateway.terminate() == 0
        assert time.monotonic() - begun < GRACE_S / 2
        assert rest(many[-1]).endswith(b"0\r\n\r\n"), "the stream was ended, not cut off"
    assert "Traceback" not in gateway.log_text()


def test_a_page_sees_a_video_being_made_to_its_end(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--video-seconds", "15", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, **OPERATOR)
    gateway.add_accounts(["sb-pages002"])
    key = gateway.new_key()
    gateway.start()
    session = signed_in(gateway)
    asked = httpx.post(
        f"{gateway.url}/v1/videos/generations",
        json={"prompt": "waves", "model": "jimeng-video-3.0", "async": True},
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=20,
    )
    assert asked.status_code == 202, asked.text
    (public_id,) = gateway.rows("SELECT public_id FROM generation_generation")[0]
    with closing(opened(gateway, session, f"/live/generations/{public_id}/")) as page:
        heard = rest(page).decode()
    percents = [int(part.partition('"')[0]) for part in heard.split('value="')[1:]]
    assert percents == sorted(percents), "it never goes back"
    assert len(percents) >= 2
    assert heard.count("event: done") == 1
    assert "Being made" in heard
    assert "Finished" in heard.rpartition("event: done")[2]
    wait_until(
        lambda: gateway.rows("SELECT 1 FROM generation_media WHERE file != ''"), timeout_s=5, what="it is stored"
    )
