"""What a chat refuses before anything is fetched or spent, and which shapes of parts it reads."""

from __future__ import annotations

from typing import Any

import pytest

from generation.errors import InvalidSpec, UnknownModel
from generation.inputs import InlineSource, UrlSource
from openai_compat.serializers.chat import ChatRequest, chat_request
from openai_compat.serializers.images import VARIATION_PROMPT

URL = "https://pictures.example/a.png"
PICTURE = {"type": "image_url", "image_url": {"url": URL}}
VIDEO = "jimeng-video-3.0"


def ask(content: Any = "a cat", **fields: Any) -> ChatRequest:
    return chat_request({"messages": [{"role": "user", "content": content}], **fields}, api_key=None)


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ("x" * 32_001, {}),
        ("a \0 cat", {}),
        ("x" * 32_001, {"model": VIDEO}),
        ([{"type": "text", "text": "join"}, *[PICTURE] * 11], {}),
        ([{"type": "text", "text": "film"}, *[PICTURE] * 3], {"model": VIDEO}),
        ([], {}),
        ([{"type": "text", "text": None}], {"model": VIDEO}),
        ([{"type": "file", "file": {"file_data": "x"}}], {}),
        ([{"type": "image", "source": {"type": "file", "file_id": "x"}}], {}),
    ],
)
def test_what_is_wrong_with_text_or_pictures_names_the_messages(content: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpec) as raised:
        ask(content, **fields)
    assert raised.value.param == "messages"


def test_ten_pictures_are_possible_and_two_frames() -> None:
    assert len(ask(["join", *[PICTURE] * 10]).sources) == 10
    assert len(ask(["film", *[PICTURE] * 2], model=VIDEO).sources) == 2


def test_a_name_without_end_is_refused_at_once_and_not_repeated() -> None:
    """Reading suffix after suffix of 10 MB would hold the process for minutes."""
    with pytest.raises(InvalidSpec) as raised:
        ask(model="jimeng-4.5" + ":1k" * 3_000_000)
    assert raised.value.param == "model"
    assert len(raised.value.detail) < 100


def test_a_picture_has_no_length() -> None:
    with pytest.raises(UnknownModel, match="10s"):
        ask(model="jimeng-4.5:10s")


def test_wide_signs_of_chinese_keyboards_are_read() -> None:
    spec = ask(model="jimeng-4.5：１６：９：2Ｋ").wanted.spec(())
    assert (spec.ratio, spec.resolution) == ("16:9", "2k")


def test_a_picture_alone_is_varied_or_filmed() -> None:
    varied, filmed = ask([PICTURE]), ask([PICTURE], model=VIDEO)
    assert (varied.prompt, varied.wanted.spec(()).prompt) == ("", VARIATION_PROMPT)
    assert "prompt" not in filmed.wanted.given


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "image", "image": URL}, UrlSource),  # Vercel's AI SDK
        ({"type": "image", "image_url": {"url": URL}}, UrlSource),
        ({"type": "image", "source": {"type": "url", "url": URL}}, UrlSource),  # Anthropic
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}}, InlineSource),
        ({"type": "input_image", "image_url": URL, "detail": "auto"}, UrlSource),
    ],
)
def test_pictures_come_in_the_shapes_of_many_clients(part: dict[str, Any], kind: type) -> None:
    asked = ask([{"type": "input_text", "text": "paint it"}, part])
    assert ([type(source) for source in asked.sources], asked.prompt) == ([kind], "paint it")


def test_an_answer_in_json_or_tools_are_no_matter_of_pictures() -> None:
    talk = {"response_format": {"type": "json_object"}, "tool_choice": "auto", "stream_options": 5, "user": {}}
    asked = ask(**talk)
    assert asked.wanted.spec(()) == ask().wanted.spec(())
    assert not asked.include_usage
