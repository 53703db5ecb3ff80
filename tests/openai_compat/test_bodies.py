"""Request bodies."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.test import override_settings
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from openai_compat.bodies import OFF_LOOP_BYTES, Body, decode_json, read_body

MIB = 1024 * 1024
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\xe7\x8c\xab\r\n'
    b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n2\r\n'
    b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n\r\nPNG\r\n--b--\r\n"
)


def read(content: bytes, content_type: str = "application/json", *, is_chunked: bool = False) -> Body:
    return asyncio.run(read_body(request_of(io.BytesIO(content), content_type, None if is_chunked else len(content))))


def request_of(stream: Any, content_type: str, declared_bytes: int | None) -> ASGIRequest:
    headers = [(b"content-type", content_type.encode())]
    if declared_bytes is not None:
        headers.append((b"content-length", str(declared_bytes).encode()))
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    return ASGIRequest(scope, stream)


class Endless(io.RawIOBase):
    """A stream that counts what is read from it."""

    def __init__(self) -> None:
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "all of it was asked for"
        self.read_bytes += size
        return b" " * size


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "", "text/plain",
        "application/vnd.api+json", "application/x-www-form-urlencoded",
    ],
)  # fmt: skip
def test_a_json_object_is_read_under_every_type_it_comes_as(content_type: str, is_chunked: bool) -> None:
    body = read(' {"prompt": "猫", "n": null}'.encode(), content_type, is_chunked=is_chunked)
    assert body.fields == {"prompt": "猫", "n": None}
    assert not body.files


@pytest.mark.parametrize("is_chunked", [False, True])
def test_forms_give_text(is_chunked: bool) -> None:
    form = read(b"prompt=%E7%8C%AB&n=1&n=2", "application/x-www-form-urlencoded", is_chunked=is_chunked)
    assert form.fields == {"prompt": "猫", "n": "2"}
    multipart = read(MULTIPART, "multipart/form-data; boundary=b", is_chunked=is_chunked)
    assert multipart.fields == {"prompt": "猫", "n": "2"}
    (image,) = multipart.files.getlist("image")
    assert image.read() == b"PNG"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"  ", b"{", b"nonsense", b'{"a": NaN}', b'{"a": -Infinity}', b"[1]", b"5", b'"text"', b"null", b"true",
        b'{"a": "\xff"}', b'{"a": 1} {"b": 2}', b"{'a': 1}", b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}",
        '{"a": 1}'.encode("utf-16"),
    ],
)  # fmt: skip
def test_anything_but_a_json_object_is_a_parse_error(content: bytes) -> None:
    with pytest.raises(ParseError):
        decode_json(content)


def test_a_byte_order_mark_is_forgiven() -> None:
    assert decode_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("content_type", ["application/xml", "image/png", "multipart/mixed; boundary=b"])
def test_other_types_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        read(b"{}", content_type)


def test_60_mib_by_its_length_are_refused_unread() -> None:
    stream = Endless()
    with pytest.raises(RequestDataTooBig):
        asyncio.run(read_body(request_of(stream, "application/json", 60 * MIB)))
    assert stream.read_bytes == 0


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=b"])
def test_60_mib_in_chunks_are_refused_after_50(content_type: str) -> None:
    stream = Endless()
    with pytest.raises(RequestDataTooBig):
        asyncio.run(read_body(request_of(stream, content_type, None)))
    assert stream.read_bytes == 50 * MIB + 1


@pytest.fixture
def tiny_limit() -> Iterator[None]:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
        yield


@pytest.mark.usefixtures("tiny_limit")
@pytest.mark.parametrize("is_chunked", [False, True])
def test_the_limit_itself_is_still_allowed(is_chunked: bool) -> None:
    assert read(b'{"a": 123}', is_chunked=is_chunked).fields == {"a": 123}
    with pytest.raises(RequestDataTooBig):
        read(b'{"a": 1234}', is_chunked=is_chunked)


def test_large_bodies_are_decoded_off_the_loop() -> None:
    content = json.dumps({"image": "x" * OFF_LOOP_BYTES}).encode()
    waiting_turns = 0

    async def both() -> Body:
        nonlocal waiting_turns
        reading = asyncio.create_task(read_body(request_of(io.BytesIO(content), "application/json", len(content))))
        await asyncio.sleep(0)
        while not reading.done():
            waiting_turns += 1
            await asyncio.sleep(0)
        return reading.result()

    assert len(asyncio.run(both()).fields["image"]) == OFF_LOOP_BYTES
    assert waiting_turns > 0
