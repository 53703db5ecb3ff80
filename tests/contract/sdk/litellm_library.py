"""LiteLLM, its `openai/` provider with our address: what it reads from the gateway's answers."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import litellm
from reporting import report

FOLDER = Path(os.environ["PICTURES"])
HERE = {"api_base": os.environ["OPENAI_BASE_URL"], "api_key": os.environ["OPENAI_API_KEY"]}
MODEL, VIDEO_MODEL = "openai/jimeng-4.5", "openai/jimeng-video-3.0"
TIMEOUT_S = 60


def says(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def image_generation() -> Any:
    answer = litellm.image_generation(model=MODEL, prompt="lite two", n=2, size="1024x1024", **HERE)
    return [item.url for item in answer.data]


def image_edit() -> Any:
    with (FOLDER / "cat.png").open("rb") as cat, (FOLDER / "hat.png").open("rb") as hat:
        answer = litellm.image_edit(image=[cat, hat], prompt="lite edit", model=MODEL, **HERE)
    return [len(item.b64_json) for item in answer.data]


def completion() -> Any:
    choice = litellm.completion(model=MODEL, messages=says("lite chat"), **HERE).choices[0]
    return {"content": choice.message.content, "finish_reason": choice.finish_reason}


def completion_stream() -> Any:
    chunks = litellm.completion(
        model=MODEL, messages=says("lite stream"), stream=True, stream_options={"include_usage": True}, **HERE
    )
    seen = list(chunks)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in seen if chunk.choices)
    reasons = [chunk.choices[0].finish_reason for chunk in seen if chunk.choices and chunk.choices[0].finish_reason]
    return {"content": text, "reasons": reasons}


def video_generation() -> Any:
    video = litellm.video_generation(model=VIDEO_MODEL, prompt="lite video", seconds="5", size="1280x720", **HERE)
    begun = video.status
    until = time.monotonic() + TIMEOUT_S
    while video.status not in ("completed", "failed") and time.monotonic() < until:
        time.sleep(0.5)
        video = litellm.video_status(video_id=video.id, custom_llm_provider="openai", **HERE)
    content = litellm.video_content(video_id=video.id, custom_llm_provider="openai", **HERE)
    return {"begun": begun, "status": video.status, "seconds": video.seconds, "is_mp4": content[4:8] == b"ftyp"}


def wrong_key() -> Any:
    try:
        litellm.image_generation(model=MODEL, prompt="a cat", **{**HERE, "api_key": "jm-wrong"})
    except litellm.AuthenticationError as error:
        return str(error)
    return ""


def refused_content() -> Any:
    try:
        litellm.image_generation(model=MODEL, prompt="lite filtered", **{**HERE, "api_key": os.environ["FILTERED"]})
    except litellm.BadRequestError as error:
        return {"class": type(error).__name__, "message": str(error)}
    return {"class": "none"}


if __name__ == "__main__":
    report([image_generation, image_edit, completion, completion_stream, video_generation, wrong_key, refused_content])
