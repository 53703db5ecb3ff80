"""openai-python 3: which of its exceptions each refusal becomes, and what they know."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import openai
from reporting import report

# Retries are on: an error that must not be repeated says so itself.
client = openai.OpenAI(max_retries=2, timeout=60)


def refusal_of(call: Callable[[], Any]) -> dict[str, Any]:
    try:
        call()
    except openai.APIStatusError as error:
        return {
            "class": type(error).__name__,
            "status": error.status_code,
            "code": error.code,
            "param": error.param,
            "type": error.type,
            "request_id": error.request_id,
            "message": error.message,
            "retries": int(error.request.headers["x-stainless-retry-count"]),
        }
    return {"class": "none"}


def as_login(name: str) -> openai.OpenAI:
    return client.with_options(api_key=os.environ[name])


def wrong_key() -> Any:
    return refusal_of(client.with_options(api_key="jm-wrong").models.list)


def unknown_model() -> Any:
    return refusal_of(lambda: client.images.generate(model="no-such-model", prompt="a cat"))


def bad_value() -> Any:
    return refusal_of(lambda: client.images.generate(model="jimeng-4.5", prompt="a cat", n=11))


def missing_image() -> Any:
    return refusal_of(lambda: client.images.edit(model="jimeng-4.5", image=b"no picture", prompt="a cat"))


def wrong_seconds() -> Any:
    return refusal_of(lambda: client.videos.create(model="jimeng-video-3.0", prompt="a cat", seconds="7"))


def unknown_video() -> Any:
    return refusal_of(lambda: client.videos.retrieve("gen_nothing"))


def unknown_route() -> Any:
    return refusal_of(lambda: client.audio.speech.create(model="jimeng-4.5", voice="alloy", input="hello"))


def no_credits() -> Any:
    return refusal_of(lambda: as_login("POOR").images.generate(model="jimeng-4.5", prompt="v3 poor"))


def dead_login() -> Any:
    return refusal_of(lambda: as_login("DEAD").images.generate(model="jimeng-4.5", prompt="v3 dead"))


def refused_content() -> Any:
    return refusal_of(lambda: as_login("FILTERED").images.generate(model="jimeng-4.5", prompt="v3 filtered"))


def refused_content_in_a_stream() -> Any:
    def call() -> None:
        with as_login("FILTERED").images.generate(model="jimeng-4.5", prompt="v3 filtered", stream=True) as stream:
            list(stream)

    try:
        call()
    except openai.APIError as error:
        return {"class": type(error).__name__, "code": error.code, "message": error.message}
    return {"class": "none"}


if __name__ == "__main__":
    report(
        [
            wrong_key,
            unknown_model,
            bad_value,
            missing_image,
            wrong_seconds,
            unknown_video,
            unknown_route,
            no_credits,
            dead_login,
            refused_content,
            refused_content_in_a_stream,
        ]
    )
