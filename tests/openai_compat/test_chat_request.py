"""What a chat asks for: names with suffixes, and the last user message."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from accounts.models import ApiKey
from generation.errors import InvalidSpec, UnknownModel
from generation.specs import ImageSpec, VideoSpec
from openai_compat.serializers.chat import ChatRequest, chat_request, model_and_suffixes

URL = "https://pictures.example/a.png"
DATA = "data:image/png;base64,iVBORw0KGgo="


def ask(content: Any = "a cat", api_key: ApiKey | None = None, **fields: Any) -> ChatRequest:
    return chat_request({"messages": [{"role": "user", "content": content}], **fields}, api_key=api_key)


@pytest.mark.parametrize(
    ("model", "name", "said"),
    [
        ("jimeng-4.5", "jimeng-4.5", {}),
        ("jimeng-4.5:1024x768", "jimeng-4.5", {"size": "1024x768"}),
        ("jimeng-4.5:16:9", "jimeng-4.5", {"ratio": "16:9"}),
        ("jimeng-4.5:16:9:4k", "jimeng-4.5", {"ratio": "16:9", "resolution": "4k"}),
        ("gpt-image-1:2K:image", "gpt-image-1", {"resolution": "2k"}),
        (
            "jimeng-video-3.0:9:16:1080p:10s",
            "jimeng-video-3.0",
            {"ratio": "9:16", "resolution": "1080p", "seconds": "10"},
        ),
        ("jimeng-4.5:huge", "jimeng-4.5:huge", {}),
        ("jimeng-4.5:16:9x", "jimeng-4.5:16:9x", {}),
        ("jimeng-4.5:", "jimeng-4.5", {}),
    ],
)
def test_a_suffix_of_the_model_says_size_and_more(model: str, name: str, said: dict[str, str]) -> None:
    assert model_and_suffixes(model) == (name, said)


def test_a_suffix_decides_the_spec_and_a_field_is_stronger() -> None:
    spec = ask(model="jimeng-4.5:16:9:4k", n=2).wanted.spec(())
    assert isinstance(spec, ImageSpec)
    assert (spec.ratio, spec.resolution, spec.count) == ("16:9", "4k", 2)
    assert ask(model="jimeng-4.5:16:9", ratio="1:1").wanted.spec(()).ratio == "1:1"


def test_a_video_model_makes_a_video() -> None:
    spec = ask(model="jimeng-video-3.0:9:16:1080p:10s").wanted.spec(())
    assert isinstance(spec, VideoSpec)
    assert (spec.seconds, spec.ratio, spec.resolution) == (10, "9:16", "1080p")


def test_the_last_message_of_the_user_is_the_prompt() -> None:
    messages = [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "a dog"},
        {"role": "assistant", "content": "![image](x)"},
        {"role": "user", "content": [{"type": "text", "text": "a cat"}, {"type": "text", "text": "that sits"}]},
        {"role": "assistant", "content": "well"},
    ]
    assert chat_request({"messages": messages}, api_key=None).prompt == "a cat\nthat sits"


def test_pictures_in_the_message_are_inputs_in_order() -> None:
    content = [
        {"type": "text", "text": "join them"},
        {"type": "image_url", "image_url": {"url": URL, "detail": "high"}},
        {"type": "image_url", "image_url": DATA},
        {"type": "input_image", "image_url": URL},
        {"type": "image", "image": DATA},
    ]
    kinds = [type(source).__name__ for source in ask(content).sources]
    assert kinds == ["UrlSource", "InlineSource", "UrlSource", "InlineSource"]


def test_what_belongs_to_talking_is_ignored() -> None:
    asked = ask(temperature="warm", tools=[1], top_p=None, presence_penalty=0.1, max_tokens="x", n=1)
    assert asked.wanted.spec(()) == ask().wanted.spec(())


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "a cat"}, "messages"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "audio"}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "ftp://x/y"}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": ""}], "model": "jimeng-video-3.0"}, "messages"),
        ({"model": 5}, "model"),
        ({"model": "jimeng-video-3.0", "n": 2}, "n"),
        ({"model": "jimeng-video-3.0:7s"}, "seconds"),
        ({"n": 11}, "n"),
        ({"stream": "maybe"}, "stream"),
    ],
)
def test_a_refusal_names_the_parameter(fields: dict[str, Any], param: str) -> None:
    with pytest.raises((InvalidSpec, ValidationError)) as raised:
        chat_request({"messages": [{"role": "user", "content": "a cat"}], **fields}, api_key=None)
    error: Any = raised.value
    assert (error.param if isinstance(error, InvalidSpec) else next(iter(error.detail))) == param


@pytest.mark.parametrize("model", ["gpt-4o", "jimeng-4.5:huge", "jimeng-9:16:9"])
def test_an_unknown_model_is_unknown(model: str) -> None:
    with pytest.raises(UnknownModel):
        ask(model=model)


def test_a_key_limits_the_model_with_its_suffix() -> None:
    with pytest.raises(UnknownModel):
        ask(api_key=ApiKey(allowed_models=["jimeng-3.0"]), model="jimeng-4.5:16:9")
