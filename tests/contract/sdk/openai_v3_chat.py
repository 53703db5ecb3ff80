"""openai-python 3: pictures and videos through chat completions, in one piece and as a stream."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import openai
from reporting import report

FOLDER = Path(os.environ["PICTURES"])
client = openai.OpenAI(max_retries=0, timeout=60)


def says(text: str) -> list[Any]:
    return [{"role": "system", "content": "You paint."}, {"role": "user", "content": text}]


def with_picture(text: str) -> list[Any]:
    shown = base64.b64encode((FOLDER / "cat.png").read_bytes()).decode()
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{shown}"}}
    return [{"role": "user", "content": [{"type": "text", "text": text}, picture]}]


def in_one_piece() -> Any:
    return client.chat.completions.create(model="jimeng-4.5", messages=says("v3 chat")).model_dump()


def of_a_size() -> Any:
    return client.chat.completions.create(model="jimeng-4.5:16:9", messages=says("v3 chat wide"), n=1).model_dump()


def about_a_picture() -> Any:
    return client.chat.completions.create(model="jimeng-4.5", messages=with_picture("v3 chat edit")).model_dump()


def chunks_of(model: str, text: str, **more: Any) -> list[Any]:
    stream = client.chat.completions.create(model=model, messages=says(text), stream=True, **more)
    return [chunk.model_dump() for chunk in stream]


def stream() -> Any:
    return chunks_of("jimeng-4.5", "v3 chat stream", stream_options={"include_usage": True})


def stream_of_a_video() -> Any:
    return chunks_of("jimeng-video-3.0", "v3 chat video")


def stream_that_fails() -> Any:
    guest = client.with_options(api_key=os.environ["FILTERED"])
    seen = 0
    try:
        for _ in guest.chat.completions.create(model="jimeng-4.5", messages=says("v3 chat filtered"), stream=True):
            seen += 1
    except openai.APIError as error:
        return {"class": type(error).__name__, "code": error.code, "message": error.message, "chunks": seen}
    return {"class": "none", "chunks": seen}


def collected_stream() -> Any:
    """The SDK's own accumulator, which is stricter than a loop over chunks."""
    with client.chat.completions.stream(model="jimeng-4.5", messages=says("v3 chat collected")) as events:
        return events.get_final_completion().model_dump()


if __name__ == "__main__":
    report([in_one_piece, of_a_size, about_a_picture, stream, stream_of_a_video, stream_that_fails, collected_stream])
