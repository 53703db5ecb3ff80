"""LangChain: ChatOpenAI in one piece and as a stream, and the wrapper for DALL·E."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from reporting import report

model = ChatOpenAI(model="jimeng-4.5", max_retries=0, timeout=60)


def invoke() -> Any:
    message = model.invoke("chain chat")
    return {"content": message.content, "finish_reason": message.response_metadata["finish_reason"]}


def invoke_about_a_picture() -> Any:
    shown = base64.b64encode((Path(os.environ["PICTURES"]) / "cat.png").read_bytes()).decode()
    picture = {"type": "image", "source_type": "base64", "mime_type": "image/png", "data": shown}
    message = HumanMessage(content=[{"type": "text", "text": "chain picture"}, picture])
    return model.invoke([message]).content


def stream() -> Any:
    chunks = list(model.stream("chain stream"))
    return "".join(str(chunk.content) for chunk in chunks)


def dall_e() -> Any:
    return DallEAPIWrapper(model="dall-e-3", n=2, quality="standard").run("chain dall-e")


def dall_e_2() -> Any:
    return DallEAPIWrapper(model="dall-e-2", size="512x512").run("chain dall-e 2")


if __name__ == "__main__":
    report([invoke, invoke_about_a_picture, stream, dall_e, dall_e_2])
