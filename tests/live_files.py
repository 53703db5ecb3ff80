"""A small web server of pictures for tests, and the pictures."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from PIL import Image


def picture(colour: str, size: tuple[int, int] = (96, 64), kind: str = "PNG") -> bytes:
    """A file of one colour; equal arguments give equal bytes."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


class FileServer:
    """Serves `files` by path on a free port of 127.0.0.1, counting the requests; use it as a context manager."""

    def __init__(self, files: Mapping[str, bytes], content_type: str = "image/png") -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                content = files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_args: object) -> None:
                pass

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
