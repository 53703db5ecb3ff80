"""Stand-ins for uploads: pictures that watch how they are read, and hosts that answer as told."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any, BinaryIO

import httpx
import pytest

from generation.upstream.client import Timeouts, UpstreamClient
from generation.upstream.failures import UpstreamFailure
from generation.upstream.signing import IMAGE_PAGE, Login
from generation.upstream.uploads import ImageFile, UploadedPicture

NOW = 1_768_097_919
LOGIN = Login(sessionid="0123456789abcdef0123456789abcdef", web_id="7123456789012345678", uid_tt="f" * 32)
SECRET_KEY, SESSION_TOKEN, AUTH, SESSION_KEY = "s3cr3t+key", "STS2token==", "SpaceKey/auth==", "session-key=="
TOKEN = {
    "access_key_id": "AKTPone",
    "secret_access_key": SECRET_KEY,
    "session_token": SESSION_TOKEN,
    "service_id": "tb4s082cfz",
}

Answer = httpx.Response | Exception


class Watched(io.BytesIO):
    """A stream that notes every read and every close."""

    def __init__(self, content: bytes, reads: list[int | None], closed: list[bool]) -> None:
        super().__init__(content)
        self._reads, self._closed = reads, closed

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads.append(size)
        return super().read(size)

    def close(self) -> None:
        self._closed.append(True)
        super().close()


class Stored:
    """A stored picture: `opened`, `reads` (sizes asked for) and `closed` tell how it was used."""

    def __init__(self, content: bytes, *, size_bytes: int | None = None) -> None:
        self.content = content
        self.opened = 0
        self.reads: list[int | None] = []
        self.closed: list[bool] = []
        self.file = ImageFile(
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content) if size_bytes is None else size_bytes,
            open=self.open,
        )

    def open(self) -> BinaryIO:
        self.opened += 1
        return Watched(self.content, self.reads, self.closed)


def reply(status: int, content: Any = b"", **headers: str) -> httpx.Response:
    body = {"content": content} if isinstance(content, bytes) else {"json": content}
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()}, **body)


def ret(code: str, message: str = "", **content: Any) -> httpx.Response:
    return httpx.Response(200, json={"ret": code, "errmsg": message, "data": content})


def error(code: str, status: int = 400, message: str = "no") -> httpx.Response:
    return httpx.Response(status, json={"ResponseMetadata": {"Error": {"CodeN": 1, "Code": code, "Message": message}}})


def result(**content: Any) -> httpx.Response:
    return httpx.Response(200, json={"ResponseMetadata": {}, "Result": content})


def step_of(request: httpx.Request) -> str:
    if request.url.path.startswith("/upload/"):
        return "send"
    return {"ApplyImageUpload": "apply", "CommitImageUpload": "commit"}.get(request.url.params.get("Action"), "token")


class Hosts:
    """All hosts of an upload. `answers`: by step, what its next calls answer instead of success.

    A picture's place is named after its size, so that `uri-<bytes>` tells which one it was.
    """

    def __init__(self, **answers: Sequence[Answer]) -> None:
        self.answers = {step: list(some) for step, some in answers.items()}
        self.sent: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        waiting = self.answers.get(step_of(request))
        answer = waiting.pop(0) if waiting else self.success(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def success(self, request: httpx.Request) -> httpx.Response:
        match step_of(request):
            case "token":
                return ret("0", **TOKEN)
            case "apply":
                uri = f"tos-cn-i-x/uri-{request.url.params['FileSize']}"
                address = {"StoreInfos": [{"StoreUri": uri, "Auth": AUTH}], "UploadHosts": ["tos.test"]}
                return result(UploadAddress={**address, "SessionKey": f"{SESSION_KEY}{uri}"})
            case "send":
                return httpx.Response(200, json={"code": 2000, "message": "Success"})
        uri = json.loads(request.content)["SessionKey"].removeprefix(SESSION_KEY)
        plugin = {"ImageUri": uri, "ImageWidth": 40, "ImageHeight": 30, "ImageFormat": "PNG"}
        return result(Results=[{"Uri": uri, "UriStatus": 2000}], PluginResult=[plugin])

    def steps(self) -> list[str]:
        return [step_of(request) for request in self.sent]

    def of_step(self, step: str) -> list[httpx.Request]:
        return [request for request in self.sent if step_of(request) == step]


def upload(
    hosts: Hosts, *pictures: Stored, referer: str = IMAGE_PAGE, timeouts: Timeouts | None = None
) -> list[UploadedPicture]:
    """Upload with a client of its own; no task may be left behind."""

    async def run() -> list[UploadedPicture]:
        async with UpstreamClient(
            base_url="https://upstream.test",
            imagex_url="https://imagex.test/",
            transport=httpx.MockTransport(hosts),
            timeouts=timeouts,
            clock=lambda: NOW,
        ) as client:
            try:
                return await client.upload_images(LOGIN, [picture.file for picture in pictures], referer=referer)
            finally:
                assert len(asyncio.all_tasks()) == 1

    return asyncio.run(run())


def failing(hosts: Hosts, *pictures: Stored, timeouts: Timeouts | None = None) -> UpstreamFailure:
    with pytest.raises(UpstreamFailure) as raised:
        upload(hosts, *(pictures or (Stored(b"picture"),)), timeouts=timeouts)
    return raised.value
