"""Where clients put their pictures: every name and shape, in the order given."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import RequestFactory

from generation.errors import InvalidSpec
from generation.inputs import InlineSource, InputSource, UploadedFileSource, UrlSource
from openai_compat.bodies import Body, decode_body
from openai_compat.serializers.inputs import FRAME_FIELDS, input_sources

URL = "https://pictures.example/a.png"
DATA = "data:image/png;base64,iVBORw0KGgo="


def told(sources: list[InputSource]) -> list[str]:
    return [
        source.url
        if isinstance(source, UrlSource)
        else source.text
        if isinstance(source, InlineSource)
        else f"file {source.file.name}"
        for source in sources
    ]


def json_body(**fields: Any) -> Body:
    return Body(fields=fields)


Part = tuple[str, str, str | None]


def multipart(*parts: Part) -> Body:
    """Parts of (name, content, file name or None for a text)."""
    lines = []
    for name, content, file_name in parts:
        file = "" if file_name is None else f'; filename="{file_name}"\r\nContent-Type: image/png'
        lines.append(f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{content}\r\n')
    content = "".join(lines) + "--b--\r\n"
    request = RequestFactory().post("/", content.encode(), content_type="multipart/form-data; boundary=b")
    return decode_body(request, len(content.encode()))


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"image": URL}, [URL]),
        ({"images": [URL, {"url": URL + "2"}, DATA]}, [URL, URL + "2", DATA]),
        ({"images": [{"image_url": URL}, {"image_url": {"url": DATA}}]}, [URL, DATA]),
        ({"image": [URL, DATA]}, [URL, DATA]),
        ({"image": None, "images": ""}, []),
        ({"filePath": URL}, [URL]),
        ({"prompt": URL, "user": DATA}, []),
        ({"image[0]": URL, "image[1]": DATA}, [URL, DATA]),
    ],
)
def test_json(fields: dict[str, Any], found: list[str]) -> None:
    assert told(input_sources(json_body(**fields))) == found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"filePaths": [URL, DATA]}, [URL, DATA]),
        ({"file_paths": [URL]}, [URL]),
        ({"input_reference[image_url]": URL}, [URL]),
        ({"input_reference": {"image_url": URL}}, [URL]),
        ({"image_file_1": URL, "image_file_2": DATA}, [URL, DATA]),
        ({"first_frame": URL, "last_frame": DATA}, [URL, DATA]),
    ],
)
def test_frames_of_videos(fields: dict[str, Any], found: list[str]) -> None:
    assert told(input_sources(json_body(**fields), names=FRAME_FIELDS)) == found


def test_texts_and_files_of_a_form_keep_their_order() -> None:
    body = multipart(
        ("prompt", "a cat", None),
        ("images", "1", "one.png"),
        ("images", URL, None),
        ("images", "2", "two.png"),
        ("images", DATA, None),
        ("images", "3", "three.png"),
    )
    assert told(input_sources(body)) == ["file one.png", URL, "file two.png", DATA, "file three.png"]
    assert body.fields["prompt"] == "a cat"


@pytest.mark.parametrize("name", ["image", "image[]", "images", "images[]", "image[0]", "photo", "input_reference"])
def test_a_file_of_any_name_is_a_picture(name: str) -> None:
    (source,) = input_sources(multipart(("prompt", "x", None), (name, "1", "a.png")))
    assert isinstance(source, UploadedFileSource)
    assert source.param == name


def test_a_mask_is_none() -> None:
    assert told(input_sources(multipart(("mask", "1", "m.png"), ("image", "2", "a.png")))) == ["file a.png"]


def test_a_form_may_hold_a_list_in_one_field() -> None:
    assert told(input_sources(multipart(("images", json.dumps([URL, {"url": DATA}]), None)))) == [URL, DATA]


@pytest.mark.parametrize("value", [5, True, {"id": "file-1"}, "file:///etc/passwd", "[1", [[URL]]])
def test_what_is_no_picture_names_its_field(value: Any) -> None:
    body = multipart(("image", value, None)) if value == "[1" else json_body(image=value)
    with pytest.raises(InvalidSpec) as raised:
        input_sources(body)
    assert raised.value.param == "image"


def test_far_too_many_are_refused_before_one_is_fetched() -> None:
    with pytest.raises(InvalidSpec, match="too many"):
        input_sources(json_body(images=[URL] * 17))
