"""Stored files over HTTP: whole or in parts, so that browsers can seek in videos, and never all in memory.

Reading happens in threads of the default executor, one short hop for each piece: a slow client holds an open
file, and neither a thread nor a database lane.
"""

from __future__ import annotations

import re
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from generation.engine.miniatures import make_miniatures, needs_preview
from generation.file_names import disposition, download_name
from generation.models import Generation, InputImage, Media
from generation.results import media_heal
from generation.stored import StoredFile, stored_open

PIECE_BYTES = 1024 * 1024  # files up to this size are read at once
THUMBNAIL_TYPE = "image/webp"
SERVED_TYPES = frozenset({"image/webp", "image/png", "image/jpeg", "video/mp4"})
_FOREVER = "private, max-age=31536000, immutable"
_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)
# A video that is opened by itself is a page of the browser's that plays it from its own address.
_POLICY = "default-src 'none'; sandbox"
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
    file: StoredFile | None


class Answer(Protocol):
    async def __call__(self, request: HttpRequest, media: Media, *, download: bool = False) -> HttpResponseBase: ...


async def stored_file_response(
    request: HttpRequest, *, name: str, content_type: str, etag: str, filename: str, download: bool = False
) -> HttpResponseBase:
    """Answer GET or HEAD with the file `name` of the default storage, or with the one range of it that is asked for.

    `etag`: what changes with the content, without quotes; "" for none. `filename`: for those who save it.
    206, 304 and 416 as RFC 9110 has them; several ranges at once and malformed ones get the whole file.
    Raises FileNotFoundError.
    """
    tag = f'"{etag}"' if etag else ""
    headers = _headers(content_type, tag, filename, download=download)
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
    """The result itself; `media` with `generation`. Raises FileNotFoundError if it is not stored, or not any more."""
    stored = media.file.name
    if not stored:
        raise FileNotFoundError(media.public_id)
    return await stored_file_response(
        request,
        name=stored,
        content_type=media.content_type,
        etag=media.sha256,
        filename=download_name(media),
        download=download,
    )


async def input_response(request: HttpRequest, picture: InputImage, *, public_id: str) -> HttpResponseBase:
    """A picture as it was given with a generation, whose public id that is. Raises FileNotFoundError."""
    name = picture.file.name
    if not name:
        raise FileNotFoundError(public_id)
    return await stored_file_response(
        request,
        name=name,
        content_type=picture.content_type,
        etag=picture.sha256,
        filename=f"{public_id}-input-{picture.position + 1}.{name.rpartition('.')[2]}",
    )


async def thumbnail_response(request: HttpRequest, media: Media, *, download: bool = False) -> HttpResponseBase:
    """The small picture of a result, made now if need be; of a video its poster. Raises FileNotFoundError."""
    return await _small_response(request, media, lambda: media.thumbnail.name or "", "thumbnail", download=download)


async def preview_response(request: HttpRequest, media: Media, *, download: bool = False) -> HttpResponseBase:
    """As a screen shows it: one that is no larger than that is its own preview; of a video its poster."""
    if media.kind == Generation.Kind.VIDEO:
        return await thumbnail_response(request, media, download=download)
    if not needs_preview(media):
        return await media_response(request, media, download=download)
    return await _small_response(request, media, lambda: media.preview.name or "", "preview", download=download)


async def lasting_response(
    request: HttpRequest, media: Media, answer: Answer = media_response, *, download: bool = False
) -> HttpResponseBase:
    """What `answer` (one of the above) gives, after having the file fetched again if it is not there.

    Raises MediaGone; FileNotFoundError for a small picture that cannot be made; OSError.
    """
    # What the policy removed is seen in the history by its small picture.
    is_left = answer is thumbnail_response and media.removed_why == Media.Removal.RETENTION
    if media.removed_at is None or is_left:
        try:
            return await answer(request, media, download=download)
        except FileNotFoundError:
            pass
    return await answer(request, await media_heal(media), download=download)


async def _small_response(
    request: HttpRequest, media: Media, name_of: Callable[[], str], variant: str, *, download: bool
) -> HttpResponseBase:
    async def answer() -> HttpResponseBase:
        name = name_of()
        if not name:
            raise FileNotFoundError(media.public_id)
        return await stored_file_response(
            request,
            name=name,
            content_type=THUMBNAIL_TYPE,
            etag=f"{media.sha256 or media.public_id}-{variant}",
            filename=f"{media.public_id}-{variant}.webp",
            download=download,
        )

    try:
        return await answer()
    except FileNotFoundError:
        is_possible = media.kind == Generation.Kind.IMAGE and bool(media.file.name)
        if not is_possible or await make_miniatures(media) is None:
            raise
    return await answer()


def _headers(content_type: str, tag: str, filename: str, *, download: bool) -> dict[str, str]:
    """What a browser must know to run nothing of it, whatever is in it."""
    is_known = content_type in SERVED_TYPES  # by our own look at its bytes; anything else is only ever saved
    headers = {
        "Content-Type": content_type if is_known else "application/octet-stream",
        "Accept-Ranges": "bytes",
        "Cache-Control": _FOREVER,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": disposition(filename, is_attachment=download or not is_known),
        "Content-Security-Policy": _VIDEO_POLICY if content_type.startswith("video/") else _POLICY,
        # Chat pages of other origins show it: whoever has the signed address may.
        "Cross-Origin-Resource-Policy": "cross-origin",
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
    file = stored_open(name)
    keep = False
    try:
        span = find_span(wanted, file.size_bytes)
        first = b""
        if span is not None and not is_head:
            file.part(span.start, span.length)
            first = file.read(PIECE_BYTES)
            keep = len(first) < span.length
        return _Opened(size=file.size_bytes, span=span, first=first, file=file if keep else None)
    finally:
        if not keep:
            file.close()


class _Pieces:
    """The content of an answer, read as the client takes it. Django calls `close` however it ends."""

    def __init__(self, file: StoredFile, first: bytes, length: int) -> None:
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
