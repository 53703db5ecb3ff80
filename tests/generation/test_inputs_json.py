"""What clients send for a picture in JSON."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from generation.errors import InvalidSpec
from generation.input_files import base64_pieces
from generation.input_pictures import NotAPicture
from generation.inputs import InlineSource, UrlSource, source_of

URL = "https://a.example/b.png?s=1"
DATA = "data:image/png;base64,iVBORw0KGgo="
CONTENT = bytes(range(256)) * 9000  # more than two pieces


@pytest.mark.parametrize(
    "value",
    [
        URL,
        {"url": URL},
        {"image_url": URL},
        {"image_url": {"url": URL}},
        {"type": "image_url", "image_url": {"url": URL, "detail": "high"}},
        {"url": URL, "b64_json": None},
    ],
)
def test_addresses(value: Any) -> None:
    assert source_of(value, param="image") == UrlSource(url=URL, param="image")


@pytest.mark.parametrize("text", ["HTTP://A.EXAMPLE/", " https://a.example/ ", "http:x", "\nhttps://a.example/"])
def test_what_begins_like_an_address_is_one(text: str) -> None:
    assert isinstance(source_of(text, param="image"), UrlSource)


@pytest.mark.parametrize(
    "value",
    [DATA, {"url": DATA}, {"image_url": DATA}, {"image_url": {"url": DATA}}, {"b64_json": DATA, "url": None}],
)
def test_data_urls(value: Any) -> None:
    assert source_of(value, param="image") == InlineSource(text=DATA, param="image")


@pytest.mark.parametrize(
    "text", ["iVBORw0KGgo=", "/9j/4AAQSkZJRg", "", "/etc/passwd", "a.png", "DATA:image/png;base64,"]
)
def test_all_other_text_is_taken_for_base64(text: str) -> None:
    assert source_of(text, param="image") == InlineSource(text=text, param="image")


@pytest.mark.parametrize(
    "value",
    [
        *(
            "file:///etc/passwd",
            "ftp://a.example/",
            "blob:https://a.example/1",
            "C:\\x.png",
            " FILE:/x",
            "javascript:1",
        ),
        *(
            None,
            1,
            True,
            1.5,
            [],
            [URL],
            {},
            {"url": None},
            {"image_url": {"file_id": "file-1"}},
            {"file_id": "file-1"},
        ),
        *({"image_url": [URL]}, {"image_url": {"url": {"url": URL}}}, {"url": "file:///etc/passwd"}, b"iVBORw0KGgo="),
    ],
    ids=repr,
)
def test_anything_else_is_refused_with_the_name_of_its_parameter(value: Any) -> None:
    with pytest.raises(InvalidSpec) as raised:
        source_of(value, param="images[3]")
    assert raised.value.param == "images[3]"


ENCODED = base64.b64encode(CONTENT).decode()


@pytest.mark.parametrize(
    "text",
    [
        ENCODED,
        f"data:image/png;base64,{ENCODED}",
        f"DATA:image/png;charset=utf-8;BASE64,{ENCODED}",
        f"  data:;base64,{ENCODED}\n",
        ENCODED.rstrip("="),
        base64.urlsafe_b64encode(CONTENT).decode(),
        base64.encodebytes(CONTENT).decode(),
        ENCODED.replace("A", "A \t\r\n"),
        "\n" * 3_000_000 + ENCODED,
    ],
    ids=range(9),
)
def test_base64_is_read_in_all_its_ways(text: str) -> None:
    assert b"".join(base64_pieces(text)) == CONTENT


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5])
def test_padding_may_be_missing(size: int) -> None:
    content = bytes(range(size))
    text = base64.b64encode(content).decode()
    assert b"".join(base64_pieces(text)) == b"".join(base64_pieces(text.rstrip("="))) == content


@pytest.mark.parametrize(
    "text",
    [
        *(
            "A",
            "AAAAA",
            "A===",
            "AA=A",
            "AAA=AAAA",
            "AA==" + "\n" * 2_000_000 + "AAAA",
            "AAA*",
            "AAA.",
            "AAAÄ",
            "\ud800AA",
        ),
        *("data:image/png,AAAA", "data:image/png;base64", "data:image/png;base64;AAAA", "AA%3D%3D", "AAAA,AAAA"),
    ],
    ids=ascii,
)
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(NotAPicture):
        b"".join(base64_pieces(text))
