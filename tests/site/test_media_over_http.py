"""Stored videos from the real server: parts, HEAD and 304 on the wire, and clients that go away."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox, wait_until

SIZE = 24 * 1024 * 1024  # more than the sockets between server and client hold
CONTENT = bytes(range(251)) * (SIZE // 251 + 1)
_MAKE = """
from django.core.files.base import ContentFile
from generation.services import media_path
from tests.factories import make_generation, make_media
content = (bytes(range(251)) * ({size} // 251 + 1))[:{size}]
media = make_media(generation=make_generation(kind="video"), content=content, content_type="video/mp4")
print("http:" + media_path(media))
"""


@pytest.fixture
def gateway(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> Gateway:
    return new_gateway(new_sandbox())


def test_a_browser_can_seek_and_leave(gateway: Gateway) -> None:
    printed = gateway.manage("shell", "-c", _MAKE.format(size=SIZE))
    path = next(line for line in printed.splitlines() if line.startswith("http:")).removeprefix("http:")
    gateway.start()
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=20) as client:
        whole = client.get(path)
        assert (whole.status_code, whole.content == CONTENT[:SIZE]) == (200, True)
        assert (whole.headers["content-length"], "transfer-encoding" in whole.headers) == (str(SIZE), False)
        for first, last in ((0, SIZE - 1), (SIZE // 2, SIZE // 2 + 9), (SIZE - 10, SIZE - 1)):
            part = client.get(path, headers={"range": f"bytes={first}-{last}"})
            assert (part.status_code, part.content == CONTENT[first : last + 1]) == (206, True)
            assert part.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
        head = client.head(path)
        assert (head.status_code, head.headers["content-length"], head.content) == (200, str(SIZE), b"")
        unchanged = client.get(path, headers={"if-none-match": whole.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        refused = client.get(path, headers={"range": f"bytes={SIZE}-"})
        assert (refused.status_code, refused.headers["content-range"]) == (416, f"bytes */{SIZE}")
        # all over one connection: no answer was longer or shorter than it said
        assert client.get(path, headers={"range": "bytes=0-0"}).content == CONTENT[:1]
    _leave_early(gateway, path)
    assert "Traceback" not in gateway.log_text()


def _leave_early(gateway: Gateway, path: str) -> None:
    """Ask for the whole, read a little of it, and go."""
    with closing(socket.create_connection(("127.0.0.1", gateway.port), timeout=10)) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        wait_until(lambda: _open_files(gateway), timeout_s=5, what="the file is open")
    wait_until(lambda: not _open_files(gateway), timeout_s=15, what="the file is closed")


def _open_files(gateway: Gateway) -> list[Any]:
    folder = (gateway.data_dir / "media").resolve()
    found = []
    for pid in gateway.worker_pids():
        for each in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = each.readlink()
            except FileNotFoundError:
                continue
            if target.is_relative_to(folder):
                found.append(target)
    return found
