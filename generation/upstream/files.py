"""Stored pictures as what is sent: read in threads, a chunk at a time, never whole."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import httpx

from generation.upstream.failures import FailureKind, UpstreamFailure

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """A picture to upload. `open` gives a fresh binary stream each time; it is called in a thread."""

    sha256: str
    size_bytes: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksummed:
    """A picture that was read once for its checksum. `content`: its bytes if they are one chunk, else None."""

    image: ImageFile
    crc32: str
    content: bytes | None

    def body(self) -> bytes | FileBody:
        """What is sent: small pictures as they were read, larger ones from their file."""
        return FileBody(self.image) if self.content is None else self.content


class FileBody(httpx.AsyncByteStream):
    """The bytes of a picture, a chunk at a time, read in threads. It may be closed while a thread reads."""

    def __init__(self, image: ImageFile) -> None:
        self._image = image
        self._left_bytes = image.size_bytes
        self._file: BinaryIO | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def __aiter__(self) -> FileBody:
        return self

    async def __anext__(self) -> bytes:
        chunk = await asyncio.to_thread(self._read)
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        await asyncio.to_thread(self._close)

    def _read(self) -> bytes:
        with self._lock:
            if self._is_closed or not self._left_bytes:
                return b""
            self._file = self._file or self._image.open()
            chunk = self._file.read(min(CHUNK_BYTES, self._left_bytes))
            if not chunk:
                # The length was announced: without an error both sides would wait for the rest.
                raise OSError("The picture is shorter than it was.")
            self._left_bytes -= len(chunk)
            return chunk

    def _close(self) -> None:
        with self._lock:
            self._is_closed = True
            if self._file is not None:
                self._file.close()


def checksummed(image: ImageFile) -> Checksummed:
    """Read a picture for its checksum as the data host wants it: 8 lower-case hex digits. Blocks.

    Raises UpstreamFailure.
    """
    checksum = size_bytes = 0
    first = b""
    try:
        with image.open() as file:
            while chunk := file.read(CHUNK_BYTES):
                checksum = zlib.crc32(chunk, checksum)
                size_bytes += len(chunk)
                first = first or chunk
    except OSError:
        raise _unreadable("The stored input picture cannot be read.") from None
    if not size_bytes or size_bytes != image.size_bytes:
        raise _unreadable(f"The stored input picture has {size_bytes} bytes, not {image.size_bytes}.")
    return Checksummed(image=image, crc32=f"{checksum:08x}", content=first if len(first) == size_bytes else None)


def _unreadable(message: str) -> UpstreamFailure:
    return UpstreamFailure(FailureKind.BAD_PARAMETER, code="input_file", message=message)
