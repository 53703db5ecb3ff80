"""An archive of five hundred pictures from the real server: whole, in little memory, and for those who may."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live import Gateway, Sandbox, wait_until
from tests.live_admin import OPERATOR, Browser
from tests.live_archives import make_pictures, peak_mb, peak_of_archive

MORE_MB = 12.0  # that ten times as many pictures may take: names and rows, not their content


@pytest.fixture
def browser(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> Iterator[Browser]:
    browser = Browser(new_gateway(new_sandbox(), **OPERATOR))
    yield browser
    browser.close()


def test_five_hundred_pictures_take_no_more_memory_than_fifty(browser: Browser, tmp_path: Path) -> None:
    gateway = browser.gateway
    ids = make_pictures(gateway, 500, distinct=20)
    gateway.start()
    browser.sign_in()
    peak_of_archive(browser, ids[:13], tmp_path)  # whatever is loaded the first time
    few = peak_of_archive(browser, ids[:13], tmp_path)
    many = peak_of_archive(browser, ids, tmp_path)
    assert many - few < MORE_MB, (few, many)
    _strangers_get_none(gateway, ids)
    _leave_early(browser, ids)
    (worker,) = gateway.worker_pids()
    assert peak_mb(worker) - few < MORE_MB  # what a slow client has not taken yet is not read
    assert "Traceback" not in gateway.log_text()


def _strangers_get_none(gateway: Gateway, ids: list[str]) -> None:
    stranger = Browser(gateway)
    stranger.page("/login/")
    asked = stranger.post("/live/archive/", ids=ids)
    assert asked.url.path == "/login/"  # led there
    without_token = stranger.http.post("/live/archive/", data={"ids": ids})
    assert without_token.status_code == 403
    stranger.close()


def _leave_early(browser: Browser, ids: list[str]) -> None:
    """Ask for all of it, read a little, and go: the file that was being read is closed."""
    gateway = browser.gateway
    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())
    body = "&".join([f"csrfmiddlewaretoken={browser.http.cookies['csrftoken']}", *(f"ids={each}" for each in ids)])
    head = (
        f"POST /live/archive/ HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\nOrigin: {gateway.url}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\nCookie: {cookies}\r\n\r\n"
    )
    with closing(socket.create_connection(("127.0.0.1", gateway.port), timeout=20)) as client:
        client.sendall((head + body).encode())
        got = client.recv(65536)
        assert got.startswith(b"HTTP/1.1 200"), got[:200]
        wait_until(lambda: _open_results(gateway), timeout_s=10, what="a picture is being read")
    wait_until(lambda: not _open_results(gateway), timeout_s=10, what="the picture is closed")


def _open_results(gateway: Gateway) -> list[str]:
    (worker,) = gateway.worker_pids()
    found = []
    for link in Path(f"/proc/{worker}/fd").iterdir():
        try:
            found.append(str(link.readlink()))
        except FileNotFoundError:  # closed in this moment
            continue
    return [each for each in found if "/media/results/" in each]
