"""Request bodies: JSON, form or multipart, within the size limit, as plain fields and files."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any, Final, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from jimeng_site.slots import Slots

# Above this, reading and decoding leave the event loop: 256 KiB of JSON take about 1 ms.
OFF_LOOP_BYTES: Final = 256 * 1024
# Above this, few are in memory at once: JSON of 50 MB takes three times as much while it is read.
LARGE_BYTES: Final = 2 * 1024 * 1024
_LARGE: Final = Slots(4)
_FORM = "application/x-www-form-urlencoded"
# curl sends no content type but `_FORM` when none is given, so a JSON body is taken as such under these too.
_JSON_OR_NEAR = ("", "application/json", "text/json", "text/plain", "application/octet-stream", _FORM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """`fields`: JSON values, or text for forms (the last one of a repeated name). `files`: by field name.

    `lists`: all texts of a form, by name; empty for JSON. `parts`: the texts and files of a multipart body in the
    order they came. `size_bytes`: of the body.
    """

    fields: dict[str, Any]
    files: MultiValueDict[str, UploadedFile[Any]] = dataclass_field(default_factory=MultiValueDict)
    lists: dict[str, list[str]] = dataclass_field(default_factory=dict)
    parts: tuple[tuple[str, str | UploadedFile[Any]], ...] = ()
    size_bytes: int = 0
    place: Place | None = None

    def release(self) -> None:
        """Let go of what may be large, once it has been read: a request waits for minutes after that."""
        for _, part in self.parts:
            if not isinstance(part, str):
                part.close()
        self.fields.clear()
        self.lists.clear()
        if self.place is not None:
            self.place.give_back()


async def read_body(request: HttpRequest) -> Body:
    """Read and decode the body.

    Raises RequestDataTooBig (by Content-Length before a byte is read), ParseError, UnsupportedMediaType.
    """
    declared = _declared_bytes(request)
    if declared is not None and declared > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig
    if declared is not None and declared <= OFF_LOOP_BYTES:
        return decode_body(request, declared)
    if declared is not None and declared <= LARGE_BYTES:
        return await asyncio.to_thread(decode_body, request, declared)
    place = await _taken_place(request)
    return replace(await asyncio.to_thread(decode_body, request, declared), place=place)


class Place:
    """One of the few that large bodies have in memory; may be given back more than once."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots: asyncio.Semaphore | None = slots

    def give_back(self) -> None:
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.release()


async def _taken_place(request: HttpRequest) -> Place:
    slots = _LARGE.taken()
    await slots.acquire()
    place = Place(slots)
    request.body_place = place  # type: ignore[attr-defined]  # given back by the view at the latest
    return place


def decode_body(request: HttpRequest, declared_bytes: int | None) -> Body:
    """The body by its content type. `declared_bytes` None: chunked, the length shows at the end."""
    media_type = request.content_type or ""
    if media_type == "multipart/form-data":
        return _multipart(request, declared_bytes)
    if media_type not in _JSON_OR_NEAR and not media_type.endswith("+json"):
        raise UnsupportedMediaType(media_type)
    content = _read(request)
    if media_type == _FORM and content.lstrip()[:1] not in (b"{", b"["):
        form = QueryDict(content, encoding="utf-8")
        return Body(fields=dict(form.items()), lists=dict(form.lists()), size_bytes=len(content))
    return Body(fields=decode_json(content), size_bytes=len(content))


def decode_json(content: bytes) -> dict[str, Any]:
    """A JSON object. Raises ParseError for all else: lists, NaN, bad UTF-8, bottomless nesting."""
    if not content.strip():
        raise ParseError("The request body is empty; a JSON object is expected.")
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise ParseError("The request body is not valid UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise ParseError("The request body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise ParseError("The request body must be a JSON object.")
    return value


def _multipart(request: HttpRequest, declared_bytes: int | None) -> Body:
    if declared_bytes is None:
        # Django's parser reads nothing without a length.
        content = _read(request)
        stream: Any = io.BytesIO(content)
        headers = {**request.META, "CONTENT_LENGTH": str(len(content))}
    else:
        stream, headers = request, request.META
    order = _Order()
    parser = MultiPartParser(headers, stream, [order, *request.upload_handlers], "utf-8")
    order.parser = parser
    texts, files = parser.parse()
    return Body(
        fields=dict(texts.items()),
        files=files,
        lists=dict(texts.lists()),
        parts=tuple(_in_order(texts, files, order)),
        size_bytes=int(headers["CONTENT_LENGTH"]),
    )


class _Order(FileUploadHandler):
    """Notes where among the texts each file stands: Django hands over texts and files apart."""

    def __init__(self) -> None:
        super().__init__()
        self.parser: Any = None
        self.files: list[tuple[str, dict[str, int]]] = []

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, *args, **kwargs)
        self.files.append((field_name, {name: len(values) for name, values in self.parser._post.lists()}))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data  # for the handlers that keep it

    def file_complete(self, file_size: int) -> None:
        return None


def _in_order(
    texts: QueryDict, files: MultiValueDict[str, UploadedFile[Any]], order: _Order
) -> Iterator[tuple[str, str | UploadedFile[Any]]]:
    """Names with their values; texts of different names keep the order in which their names first came."""
    taken: dict[str, int] = {}
    told: dict[str, int] = {}

    def texts_up_to(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
        for name, count in counts.items():
            for value in texts.getlist(name)[told.get(name, 0) : count]:
                yield name, str(value)
            told[name] = max(count, told.get(name, 0))

    for name, before in order.files:
        yield from texts_up_to(before)
        place = taken.get(name, 0)
        kept = files.getlist(name)
        if place < len(kept):  # a part without content is dropped by Django
            yield name, kept[place]
            taken[name] = place + 1
    yield from texts_up_to({name: len(values) for name, values in texts.lists()})


def _read(request: HttpRequest) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    content = request.read(limit + 1)
    if len(content) > limit:
        raise RequestDataTooBig
    return content


def _declared_bytes(request: HttpRequest) -> int | None:
    declared = request.META.get("CONTENT_LENGTH") or ""
    return int(declared) if declared.isascii() and declared.isdigit() else None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are not JSON
