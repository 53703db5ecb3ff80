"""Large pictures over a real socket: announced with their length, and never held whole."""

from __future__ import annotations

import asyncio
import io
import itertools
import re
import tracemalloc
import zlib

from generation.upstream.client import Timeouts, UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.files import CHUNK_BYTES
from generation.upstream.uploads import UPLOADS_AT_ONCE, ImageFile
from tests.generation.uploading import LOGIN

MIB = 1024 * 1024
SIZE_BYTES = 24 * MIB


class Zeros(io.RawIOBase):
    """A file of zeros that is held nowhere. `open` counts those not yet closed."""

    open_now = 0

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self._left_bytes = size_bytes
        Zeros.open_now += 1

    def read(self, size: int = -1, /) -> bytes:
        assert 0 < size <= CHUNK_BYTES
        chunk = bytes(min(size, self._left_bytes))
        self._left_bytes -= len(chunk)
        return chunk

    def close(self) -> None:
        if not self.closed:
            Zeros.open_now -= 1
        super().close()


def zeros(size_bytes: int, *, later_bytes: int = SIZE_BYTES) -> ImageFile:
    """A file of that size, and of `later_bytes` from the second time on that it is opened."""
    lengths = itertools.chain([size_bytes], itertools.repeat(later_bytes))
    return ImageFile(sha256="0" * 64, size_bytes=size_bytes, open=lambda: Zeros(next(lengths)))  # type: ignore[arg-type,return-value]


class Server:
    """All upload hosts behind one socket. Bodies are counted and dropped; `heads` of those sent to the data host."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.checksums: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                told = re.search(r"(?im)^content-length: (\d+)", head)
                checksum = await self._read(reader, int(told[1]) if told else 0)
                answer = self._answer(head, checksum).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, left_bytes: int) -> int:
        checksum = 0
        while left_bytes:
            chunk = await reader.read(min(left_bytes, 65536))
            if not chunk:
                raise asyncio.IncompleteReadError(b"", left_bytes)
            checksum = zlib.crc32(chunk, checksum)
            left_bytes -= len(chunk)
        return checksum

    def _answer(self, head: str, checksum: int) -> str:
        if "get_upload_token" in head:
            return '{"ret":"0","data":{"access_key_id":"a","secret_access_key":"b","session_token":"c"}}'
        if "ApplyImageUpload" in head:
            host = re.findall(r"(?im)^host: (\S+)", head)[0]
            store = '{"StoreUri":"tos/1","Auth":"auth"}'
            address = f'{{"StoreInfos":[{store}],"UploadHosts":["{host}"],"SessionKey":"k"}}'
            return f'{{"Result":{{"UploadAddress":{address}}}}}'
        if "/upload/v1/" in head:
            self.heads.append(head)
            self.checksums.append(checksum)
            return '{"code":2000}'
        return '{"Result":{"Results":[{"Uri":"tos/1","UriStatus":2000}]}}'


async def _upload(server: Server, files: list[ImageFile], timeouts: Timeouts) -> UpstreamFailure | None:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        client = UpstreamClient(base_url=url, imagex_url=url, upload_scheme="http", timeouts=timeouts)
        async with client:
            try:
                await client.upload_images(LOGIN, files)
            except UpstreamFailure as failure:
                return failure
    return None


def test_large_pictures_are_sent_with_their_length_and_never_held() -> None:
    server = Server()
    tracemalloc.start()
    try:
        failure = asyncio.run(_upload(server, [zeros(SIZE_BYTES) for _ in range(4)], Timeouts()))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failure is None
    # A chunk being read, one being sent and what the socket buffers, per upload; the files have 96 MiB together.
    assert peak_bytes < UPLOADS_AT_ONCE * 4 * MIB
    assert len(server.heads) == 4
    wanted = zlib.crc32(bytes(SIZE_BYTES))
    for head, checksum in zip(server.heads, server.checksums, strict=True):
        lines = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if line)
        assert lines["content-length"] == str(SIZE_BYTES)
        assert int(lines["content-crc32"], 16) == checksum == wanted
        assert "transfer-encoding" not in lines
        assert "expect" not in lines
    assert Zeros.open_now == 0


def test_a_file_that_lost_its_end_meanwhile_is_no_silence() -> None:
    server = Server()
    failure = asyncio.run(_upload(server, [zeros(MIB, later_bytes=MIB - 1)], Timeouts(read_s=20, call_s=20)))
    assert failure is not None
    assert (failure.kind, failure.code) == (FailureKind.UNREACHABLE, "ClientOSError")  # no SocketTimeoutError
    assert server.heads == []
    assert Zeros.open_now == 0
