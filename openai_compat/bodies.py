"""Request bodies: JSON, form or multipart, within the size limit, as plain fields and files."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ParseError, UnsupportedMediaType

# Above this, reading and decoding leave the event loop: 256 KiB of JSON take about 1 ms.
OFF_LOOP_BYTES: Final = 256 * 1024
_FORM = "application/x-www-form-urlencoded"
# curl sends no content type but `_FORM` when none is given, so a JSON body is taken as such under these too.
_JSON_OR_NEAR = ("", "application/json", "text/json", "text/plain", "application/octet-stream", _FORM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """`fields`: JSON values, or text for forms (the last one of a repeated name). `files`: by field name."""

    fields: dict[str, Any]
    files: MultiValueDict[str, UploadedFile[Any]]


async def read_body(request: HttpRequest) -> Body:
    """Read and decode the body.

    Raises RequestDataTooBig (by Content-Length before a byte is read), ParseError, UnsupportedMediaType.
    """
    declared = _declared_bytes(request)
    if declared is not None and declared > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig
    if declared is None or declared > OFF_LOOP_BYTES:
        return await asyncio.to_thread(decode_body, request, declared)
    return decode_body(request, declared)


def decode_body(request: HttpRequest, declared_bytes: int | None) -> Body:
    """The body by its content type. `declared_bytes` None: chunked, the length shows at the end."""
    media_type = request.content_type or ""
    if media_type == "multipart/form-data":
        return _multipart(request, declared_bytes)
    if media_type not in _JSON_OR_NEAR and not media_type.endswith("+json"):
        raise UnsupportedMediaType(media_type)
    content = _read(request)
    if media_type == _FORM and content.lstrip()[:1] not in (b"{", b"["):
        return Body(fields=dict(QueryDict(content, encoding="utf-8").items()), files=MultiValueDict())
    return Body(fields=decode_json(content), files=MultiValueDict())


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
    texts, files = MultiPartParser(headers, stream, request.upload_handlers, "utf-8").parse()
    return Body(fields=dict(texts.items()), files=files)


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
