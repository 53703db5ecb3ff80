"""Stored files over HTTP: whole or in parts, so that browsers can seek in videos, and never all in memory.

Reading happens in threads of the default executor, one short hop for each piece: a slow client holds an open
file, and neither a thread nor a database lane.
"""

from __future__ import annotations

import re
from asyncio import to_thread
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Any

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from generation.engine.housekeeping import make_thumbnail
from generation.models import Generation, Media

PIECE_BYTES = 1024 * 1024  # files up to this size are read at once
THUMBNAIL_TYPE = "image/webp"
_FOREVER = "private, max-age=31536000, immutable"
_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)
# A video that is opened by itself is a page of the browser's that plays it from its own address.
_POLICY = "default-src 'none'"
_VIDEO_POLICY = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Bytes of a file from `start`; `is_part`: a range was asked for and is possible."""

    start: int
    length: int
    is_part: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """The beginning of an answer. `span` None: no byte of the file is in the range. `file` None: all is in `first`."""

    size: int
    span: Span | None
    first: bytes
    file: IO[bytes] | None


async def stored_file_response(
    request: HttpRequest, *, name: str, content_type: str, etag: str, filename: str, download: bool = False
) -> HttpResponseBase:
    """Answer GET or HEAD with the file `name` of the default storage, or with the one range of it that is asked for.

    `etag`: what changes with the content, without quotes; "" for none. `filename`: for those who save it.
    206, 304 and 416 as RFC 9110 has them; several ranges at once and malformed ones get the whole file.
    Raises FileNotFoundError.
    """
    tag = f'"{etag}"' if etag else ""
    headers = _headers(content_type, tag, content_disposition_header(download, filename) or "inline")
    if tag and _matches(request.headers.get("if-none-match", ""), tag):
        return HttpResponse(status=304, headers=headers)
    wanted = _range_header(request, tag)
    opened = await to_thread(_open, name, wanted, is_head=request.method == "HEAD")
    if opened.span is None:
        return _not_satisfiable(opened.size)
    span = opened.span
    headers["Content-Length"] = str(span.length)
    if span.is_part:
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{opened.size}"
    status = 206 if span.is_part else 200
    if opened.file is None:
        return HttpResponse(opened.first, status=status, headers=headers)
    pieces = _Pieces(opened.file, opened.first, span.length)
    return StreamingHttpResponse(pieces, status=status, headers=headers)


async def media_response(request: HttpRequest, media: Media, *, download: bool = False) -> HttpResponseBase:
    """The result itself. Raises FileNotFoundError if it is not stored, or not any more."""
    stored = media.file.name
    if not stored:
        raise FileNotFoundError(media.public_id)
    return await stored_file_response(
        request,
        name=stored,
        content_type=media.content_type,
        etag=media.sha256,
        filename=f"{media.public_id}.{stored.rpartition('.')[2]}",
        download=download,
    )


async def thumbnail_response(request: HttpRequest, media: Media, *, download: bool = False) -> HttpResponseBase:
    """The small picture of a result, made now if need be; of a video its poster. Raises FileNotFoundError."""

    async def answer() -> HttpResponseBase:
        if not media.thumbnail.name:
            raise FileNotFoundError(media.public_id)
        return await stored_file_response(
            request,
            name=media.thumbnail.name,
            content_type=THUMBNAIL_TYPE,
            etag=f"{media.public_id}-thumbnail",
            filename=f"{media.public_id}-thumbnail.webp",
            download=download,
        )

    try:
        return await answer()
    except FileNotFoundError:
        is_possible = media.kind == Generation.Kind.IMAGE and bool(media.file.name)
        if not is_possible or await make_thumbnail(media) is None:
            raise
    return await answer()


def _headers(content_type: str, tag: str, disposition: str) -> dict[str, str]:
    headers = {
        "Content-Type": content_type,
        "Accept-Ranges": "bytes",
        "Cache-Control": _FOREVER,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": disposition,
        "Content-Security-Policy": _VIDEO_POLICY if content_type.startswith("video/") else _POLICY,
    }
    return headers | {"ETag": tag} if tag else headers


def _not_satisfiable(size: int) -> HttpResponse:
    message = f"No byte of the file is in this range; it has {size} bytes."
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "range_not_satisfiable"}
    headers = {"Accept-Ranges": "bytes", "Content-Range": f"bytes */{size}"}
    return JsonResponse({"error": error}, status=416, headers=headers)


def _matches(asked: str, tag: str) -> bool:
    """Whether If-None-Match names the tag; weak and strong ones are the same to it."""
    tags = [each.strip().removeprefix("W/") for each in asked.split(",")]
    return tag in tags or tags == ["*"]


def _range_header(request: HttpRequest, tag: str) -> str:
    """The range asked for; "" where it does not count: not a GET, or If-Range names something else."""
    condition = request.headers.get("if-range", "").strip()
    counts = request.method == "GET" and (not condition or (tag != "" and condition == tag))
    return request.headers.get("range", "") if counts else ""


def find_span(wanted: str, size: int) -> Span | None:
    """What a Range header means for a file of that size; None if it has no byte of it.

    The whole file for "", for several ranges and for what is no range: RFC 9110 §14.2 lets a server ignore them.
    """
    whole = Span(start=0, length=size, is_part=False)
    found = _ONE_RANGE.fullmatch(wanted)
    if found is None or found.groups() == ("", ""):
        return whole
    first, last = found.groups()
    if first and last and int(last) < int(first):
        return whole
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size  # the first byte that is not in it
    return Span(start=start, length=end - start, is_part=True) if start < end else None


def _open(name: str, wanted: str, *, is_head: bool) -> _Opened:
    """Open the file and read the first piece of what is wanted; close it if that is all."""
    file: Any = default_storage.open(name)
    keep = False
    try:
        size: int = file.size
        span = find_span(wanted, size)
        first = b""
        if span is not None and not is_head:
            file.seek(span.start)
            first = file.read(min(span.length, PIECE_BYTES))
            keep = len(first) < span.length
        return _Opened(size=size, span=span, first=first, file=file if keep else None)
    finally:
        if not keep:
            file.close()


class _Pieces:
    """The content of an answer, read as the client takes it. Django calls `close` however it ends."""

    def __init__(self, file: IO[bytes], first: bytes, length: int) -> None:
        self._file = file
        self._first = first
        self._length = length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._length
        piece, self._first = self._first, b""
        try:
            while piece:
                yield piece
                left -= len(piece)
                # A file that is shorter by now ends the answer early; the server then drops the connection.
                piece = await to_thread(self._file.read, min(left, PIECE_BYTES)) if left else b""
        finally:
            self.close()

    def close(self) -> None:
        self._file.close()
