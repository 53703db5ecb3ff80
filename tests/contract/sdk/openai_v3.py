"""openai-python 3: what it reads from the gateway's answers, scenario by scenario."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path
from typing import Any

import httpx2
import openai
from PIL import Image
from reporting import report

FOLDER = Path(os.environ["PICTURES"])
client = openai.OpenAI(max_retries=0, timeout=60)


def png(name: str) -> Any:
    return (FOLDER / name).open("rb")


def picture_of(item: Any) -> dict[str, Any]:
    """Where a picture of an answer came from, and what it is: it is fetched, or decoded."""
    if item.url:
        fetched = httpx2.get(item.url)
        content, kind = fetched.content, fetched.headers["content-type"]
    else:
        content, kind = base64.b64decode(item.b64_json), ""
    with Image.open(io.BytesIO(content)) as image:
        return {
            "by": [name for name in ("url", "b64_json") if getattr(item, name)],
            "content_type": kind,
            "format": image.format,
            "ratio": image.width / image.height,
        }


def answered(answer: Any) -> dict[str, Any]:
    return {
        "version": openai.__version__,
        "created": answer.created,
        "pictures": [picture_of(item) for item in answer.data],
        "usage": answer.usage.total_tokens,
        "size": answer.size,
        "jimeng": answer.jimeng,
    }


def models() -> Any:
    listed = client.models.list().data
    one = client.models.retrieve("jimeng-4.5")
    return {"names": [model.id for model in listed], "one": one.model_dump()}


def generate_url() -> Any:
    return answered(client.images.generate(model="jimeng-4.5", prompt="v3 two", n=2, size="1536x1024"))


def generate_b64() -> Any:
    return answered(
        client.images.generate(
            model="jimeng-4.5", prompt="v3 png", response_format="b64_json", output_format="png", size="1024x1024"
        )
    )


def generate_as_gpt_image() -> Any:
    return answered(
        client.images.generate(
            model="gpt-image-1", prompt="v3 gpt", background="auto", moderation="low", quality="low", user="me"
        )
    )


def events_of(stream: Any) -> list[dict[str, Any]]:
    told = []
    for event in stream:
        with Image.open(io.BytesIO(base64.b64decode(event.b64_json))) as image:
            told.append({"class": type(event).__name__, "type": event.type, "format": image.format})
        if event.type.endswith(".completed"):
            told[-1]["usage"] = event.usage.total_tokens
    return told


def generate_stream() -> Any:
    with client.images.generate(
        model="jimeng-4.5", prompt="v3 stream", n=2, stream=True, partial_images=2, size="1024x1024"
    ) as stream:
        return events_of(stream)


def edit_one() -> Any:
    return answered(client.images.edit(model="jimeng-4.5", image=png("cat.png"), prompt="v3 edit one"))


def edit_two() -> Any:
    return answered(
        client.images.edit(
            model="gpt-image-1",
            image=[png("cat.png"), png("hat.png")],
            prompt="v3 edit two",
            size="auto",
            input_fidelity="high",
            quality="high",
        )
    )


def edit_with_a_mask() -> Any:
    return answered(
        client.images.edit(
            model="jimeng-4.5", image=png("cat.png"), mask=png("mask.png"), prompt="v3 mask", response_format="url", n=1
        )
    )


def edit_stream() -> Any:
    with client.images.edit(model="jimeng-4.5", image=png("cat.png"), prompt="v3 edit stream", stream=True) as stream:
        return events_of(stream)


def variation() -> Any:
    return answered(client.images.create_variation(model="jimeng-4.5", image=png("cat.png"), n=1))


def composition() -> Any:
    images = [base64.b64encode((FOLDER / name).read_bytes()).decode() for name in ("cat.png", "hat.png")]
    body = {"model": "jimeng-4.5", "prompt": "v3 composed", "images": images, "ratio": "16:9", "resolution": "1k"}
    answer = client.post("/images/compositions", body=body, cast_to=openai.types.ImagesResponse)
    return {**answered(answer), "input_images": answer.input_images, "composition_type": answer.composition_type}


def raw_headers() -> Any:
    raw = client.images.with_raw_response.generate(model="jimeng-4.5", prompt="v3 raw", size="1024x1024")
    return {"headers": dict(raw.headers), "request_id": raw.request_id, "pictures": len(raw.parse().data)}


def same_idempotency_key_twice() -> Any:
    headers = {"Idempotency-Key": "v3-order-1"}
    asked = {"model": "jimeng-4.5", "size": "1024x1024", "extra_headers": headers}
    answers = [client.images.generate(prompt="v3 once", **asked) for _ in range(2)]
    try:
        client.with_options(max_retries=2).images.generate(prompt="v3 another", **asked)
    except openai.ConflictError as error:
        refused = {"code": error.code, "retries": error.request.headers["x-stainless-retry-count"]}
    return {"jimeng": [answer.jimeng for answer in answers], "refused": refused}


def retry_after_a_time_out() -> Any:
    """The SDK gives up before the picture is there, and comes again on its own."""
    slow = openai.OpenAI(max_retries=6, timeout=openai.Timeout(0.4, connect=5))
    return answered(slow.images.generate(model="jimeng-4.5", prompt="v3 impatient", size="1024x1024"))


if __name__ == "__main__":
    report(
        [
            models,
            generate_url,
            generate_b64,
            generate_as_gpt_image,
            generate_stream,
            edit_one,
            edit_two,
            edit_with_a_mask,
            edit_stream,
            variation,
            composition,
            raw_headers,
            same_idempotency_key_twice,
            retry_after_a_time_out,
        ]
    )
