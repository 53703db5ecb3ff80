"""Servers on loopback for the fetcher: one that nobody may reach and counts who does, one with every bad habit."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, quote, urlsplit

from tests.generation import hostile_pictures as pictures

DRIP_S = 0.05
MB = 1024 * 1024


class ForbiddenServer:
    """Counts connections, to all addresses of this machine by IPv4 and IPv6 unless `host` says one."""

    def __init__(self, host: str = "", port: int = 0) -> None:
        family = socket.AF_INET if host else socket.AF_INET6
        self._listening = socket.create_server((host, port), family=family, dualstack_ipv6=not host)
        self.port: int = self._listening.getsockname()[1]
        self._host = host or "127.0.0.1"
        self._count = 0
        self._probes = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def visits(self) -> int:
        """Connections so far. One of our own is queued behind them, so none is missed."""
        self._probes += 1
        with socket.create_connection((self._host, self.port), timeout=10) as probe:
            assert probe.recv(1) == b""
        return self._count - self._probes

    def _serve(self) -> None:
        while True:
            try:
                connection, _peer = self._listening.accept()
            except OSError:
                return
            self._count += 1
            connection.close()


class PictureServer:
    """Serves HABITS by path. `requests`: the paths and headers that it was sent."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _Server((host, port), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.port: int = self._server.server_address[1]
        self.netloc = f"{host}:{self.port}"
        self.url = f"http://{self.netloc}"
        self.requests = self._server.requests

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def redirect(self, to: str, status: int = 302) -> str:
        """An address here that redirects."""
        return f"{self.url}/redirect?status={status}&to={quote(to, safe='')}"


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.stopping = threading.Event()
        self.requests: list[tuple[str, dict[str, str]]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        url = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        name, _, self.rest = url.path.strip("/").partition("/")
        with contextlib.suppress(ConnectionError):
            HABITS[name](self)

    def answer(self, content: bytes, *, status: int = 200, **headers: str) -> None:
        """Names of headers with `_` for `-`."""
        self.send_response(status)
        given = {"Content_Type": "image/png", "Content_Length": str(len(content)), **headers}
        for name, value in given.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def drip(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            if self.server.stopping.wait(DRIP_S):
                return

    def log_message(self, *_: object) -> None:
        return None


def _redirect(handler: _Handler) -> None:
    status = int(handler.query.get("status", "302"))
    handler.answer(b"", status=status, Location=handler.query.get("to", ""), Set_Cookie="seen=1")


def _hops(handler: _Handler) -> None:
    """`/hops/3` is three redirects away from the picture, `/hops/-1` never gets there."""
    left = int(handler.rest)
    if left == 0:
        handler.answer(pictures.picture())
    else:
        handler.answer(b"", status=307, Location=f"/hops/{left - 1}")


def _stream(handler: _Handler) -> None:
    """64 MB without a length."""
    handler.answer(pictures.picture(), Content_Length="")
    for _ in range(64):
        handler.wfile.write(bytes(MB))


def _drip(handler: _Handler) -> None:
    handler.answer(b"", Content_Length="1000000")
    handler.drip(bytes((byte,)) for byte in pictures.picture() * 1000)


def _slow_headers(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
    handler.drip(f"X-{number}: 1\r\n".encode() for number in range(100_000))


def _many_headers(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
    while not handler.server.stopping.is_set():
        handler.wfile.write(b"X-Again: and again\r\n" * 1000)


def _interim(handler: _Handler) -> None:
    while not handler.server.stopping.is_set():
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def _crumbs(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not handler.server.stopping.is_set():
        handler.wfile.write(b"1\r\nx\r\n" * 1000)


def _silent(handler: _Handler) -> None:
    handler.drip(b"" for _ in range(100_000))


HABITS: Final[dict[str, Callable[[_Handler], None]]] = {
    "picture.png": lambda handler: handler.answer(pictures.picture()),
    "picture.jpg": lambda handler: handler.answer(pictures.picture("JPEG"), Content_Type="text/plain"),
    "redirect": _redirect,
    "nowhere": lambda handler: handler.answer(pictures.picture(), status=302),
    "hops": _hops,
    "interim": _interim,
    "crumbs": _crumbs,
    "huge": lambda handler: handler.answer(bytes(MB), Content_Length=str(30 * MB)),
    "stream": _stream,
    "packed": lambda handler: handler.answer(pictures.gzip_bomb(), Content_Encoding="gzip"),
    "packed-quietly": lambda handler: handler.answer(pictures.gzip_bomb()),
    "drip": _drip,
    "slow-headers": _slow_headers,
    "many-headers": _many_headers,
    "silent": _silent,
    "html": lambda handler: handler.answer(pictures.HTML),
    "svg": lambda handler: handler.answer(pictures.SVG, Content_Type="image/svg+xml"),
    "pdf": lambda handler: handler.answer(pictures.PDF),
    "giant.png": lambda handler: handler.answer(pictures.giant_png()),
    "text-bomb.png": lambda handler: handler.answer(pictures.text_bomb_png(b"iTXt")),
    "cut.png": lambda handler: handler.answer(pictures.picture()[:-30]),
    "empty": lambda handler: handler.answer(b""),
    "missing": lambda handler: handler.answer(pictures.picture(), status=404),
    "broken": lambda handler: handler.answer(pictures.picture(), status=500),
    "part": lambda handler: handler.answer(pictures.picture(), status=206),
    "short": lambda handler: handler.answer(pictures.picture(), Content_Length="100000"),
    "no-http": lambda handler: handler.drip(iter((pictures.picture(),))),
}
