"""openai-python 3: videos as jobs, waited for, listed, downloaded and deleted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import openai
from reporting import report

FOLDER = Path(os.environ["PICTURES"])
client = openai.OpenAI(max_retries=0, timeout=60)


def told_of(video: Any) -> dict[str, Any]:
    return {**video.model_dump(mode="json"), "class": type(video).__name__}


def file_facts(content: Any) -> dict[str, Any]:
    read = content.read()
    headers = content.response.headers
    return {
        "bytes": len(read),
        "length": int(headers["content-length"]),
        "kind": headers["content-type"],
        "is_mp4": read[4:8] == b"ftyp",
    }


def create_and_poll() -> Any:
    video = client.videos.create_and_poll(model="jimeng-video-3.0", prompt="v3 video", seconds="5", size="1280x720")
    content = client.videos.download_content(video.id)
    poster = client.videos.download_content(video.id, variant="thumbnail")
    return {"video": told_of(video), "file": file_facts(content), "poster": file_facts(poster)}


def from_a_picture() -> Any:
    with (FOLDER / "first.png").open("rb") as first:
        video = client.videos.create(model="jimeng-video-3.0", prompt="v3 from a picture", input_reference=first)
    begun = told_of(video)
    return {"begun": begun, "video": told_of(client.videos.poll(video.id))}


def under_the_name_of_sora() -> Any:
    return told_of(client.videos.create_and_poll(model="sora-2", prompt="v3 sora", seconds="8", size="720x1280"))


def deleted() -> Any:
    video = client.videos.create_and_poll(model="jimeng-video-3.0", prompt="v3 deleted")
    gone = client.videos.delete(video.id)
    try:
        client.videos.retrieve(video.id)
    except openai.NotFoundError as error:
        return {"id": video.id, "answer": gone.model_dump(), "code": error.code}
    return {"id": video.id, "answer": gone.model_dump(), "code": None}


def failed() -> Any:
    guest = client.with_options(api_key=os.environ["FILTERED"])
    return told_of(guest.videos.create_and_poll(model="jimeng-video-3.0", prompt="v3 refused video"))


def waited_for() -> Any:
    body = {"model": "jimeng-video-3.0", "prompt": "v3 waited for", "duration": 5, "ratio": "16:9"}
    return client.post("/videos/generations", body=body, cast_to=dict[str, Any])


def asynchronous() -> Any:
    body = {"model": "jimeng-video-3.0", "prompt": "v3 asynchronous", "async": True}
    begun = client.post("/videos/generations", body=body, cast_to=dict[str, Any])
    seen = client.get(f"/videos/generations/{begun['id']}", cast_to=dict[str, Any])
    same = client.get(f"/generations/{begun['id']}", cast_to=dict[str, Any])
    return {"begun": begun, "seen": seen, "same": same}


def listed() -> Any:
    """By its own key, so that the other scenarios' videos are not among them."""
    own = client.with_options(api_key=os.environ["OTHER_KEY"])
    made = [own.videos.create(model="jimeng-video-3.0", prompt=f"v3 listed {number}").id for number in range(3)]
    pages = own.videos.list(limit=2)
    return {"made": made, "first_page": [each.id for each in pages.data], "all": [each.id for each in pages]}


if __name__ == "__main__":
    report([create_and_poll, from_a_picture, under_the_name_of_sora, deleted, failed, waited_for, asynchronous, listed])
