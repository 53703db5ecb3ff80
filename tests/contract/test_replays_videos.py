"""Requests in the very shapes that clients send which cannot be installed here: videos and chat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.test_replays import png
from tests.live import Gateway, Sandbox, wait_until

Json = dict[str, Any]
# what new-api understands, without regard to case
NEW_API_OPEN = {"queued", "pending", "submitted", "processing", "in_progress", "running", "generating"}
NEXTCHAT: Json = {"temperature": 0.5, "presence_penalty": 0, "frequency_penalty": 0, "top_p": 1}


@pytest.fixture
def http(gateway: Gateway, api_key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=f"{gateway.url}/v1", headers=headers, timeout=60, trust_env=False) as client:
        yield client


def finished(http: httpx.Client, address: str) -> Json:
    """The job at its end; until then `error` must be null, or n8n and others give up."""

    def ended() -> Json:
        job: Json = http.get(address).raise_for_status().json()
        assert job["status"] == "failed" or not job["error"]
        return {} if job["status"].lower() in NEW_API_OPEN else job

    return wait_until(ended, timeout_s=30, what=f"{address} has ended")


def inputs_of(sandbox: Sandbox, prompt: str) -> list[int]:
    return [each["inputs"] for each in sandbox.ledger()["submissions"] if each["prompt"] == prompt]


def test_n8n_polls_a_video_and_takes_its_content(http: httpx.Client, sandbox: Sandbox) -> None:
    fields = {"model": "sora-2", "prompt": "replay of n8n's video", "seconds": "4", "size": "1280x720"}
    files = {"input_reference": ("first.png", png(), "image/png")}
    begun = http.post("/videos", data=fields, files=files).raise_for_status().json()
    ended = finished(http, f"/videos/{begun['id']}")
    assert ended["status"] == "completed"
    assert ended["error"] is None
    content = http.get(f"/videos/{begun['id']}/content")
    assert content.headers["content-type"] == "video/mp4"
    assert content.content[4:8] == b"ftyp"
    assert inputs_of(sandbox, "replay of n8n's video") == [1]


def test_n8n_gives_up_on_a_failed_video(gateway: Gateway) -> None:
    headers = {"Authorization": "Bearer sb-strict--filtered"}
    with httpx.Client(base_url=f"{gateway.url}/v1", headers=headers, timeout=60, trust_env=False) as http:
        fields = {"model": (None, "jimeng-video-3.0"), "prompt": (None, "replay of a refusal")}
        begun = http.post("/videos", files=fields).raise_for_status().json()
        ended = finished(http, f"/videos/{begun['id']}")
    assert ended["status"] == "failed"
    assert ended["error"]["message"]


def test_new_api_passes_videos_on_as_json(http: httpx.Client) -> None:
    body = {"model": "jimeng-video-3.0", "prompt": "replay of new-api's video", "seconds": "5", "metadata": {"a": 1}}
    begun = http.post("/videos", json=body).raise_for_status().json()
    assert begun["id"] == begun["task_id"]
    assert begun["status"] in NEW_API_OPEN
    assert isinstance(begun["progress"], int)
    assert finished(http, f"/videos/{begun['id']}")["status"] == "completed"
    ranged = http.get(f"/videos/{begun['id']}/content", headers={"Range": "bytes=4-7"})
    assert (ranged.status_code, ranged.content) == (206, b"ftyp")


def test_clients_that_ask_for_a_job_poll_by_request_id(http: httpx.Client) -> None:
    body = {"model": "jimeng-video-3.0", "prompt": "replay of a poller", "duration": 5, "aspect_ratio": "16:9"}
    response = http.post("/videos/generations", json=body, headers={"Prefer": "respond-async"})
    assert response.status_code == 202
    ended = finished(http, f"/videos/generations/{response.json()['request_id']}")
    assert ended["status"] == "completed"
    assert ended["video"]["url"].startswith("http")


@pytest.mark.parametrize("name", ["filePaths", "file_paths", "images"])
def test_seed_clients_give_frames_by_address(http: httpx.Client, sandbox: Sandbox, name: str) -> None:
    made = http.post("/images/generations", json={"model": "jimeng-4.5", "prompt": "replay, frame", "ratio": "16:9"})
    url = made.json()["data"][0]["url"]
    prompt = f"replay of frames in {name}"
    body = {"model": "jimeng-video-3.0", "prompt": prompt, "ratio": "16:9", "resolution": "720p", "duration": 5}
    answer = http.post("/videos/generations", json={**body, name: [url, url]}).raise_for_status().json()
    assert answer["videoUrl"] == answer["data"][0]["url"]
    assert inputs_of(sandbox, prompt) == [2]


@pytest.mark.parametrize("names", [["image_file_1", "image_file_2"], ["files", "files"], ["image", "image"]])
def test_seed_clients_upload_frames(http: httpx.Client, sandbox: Sandbox, names: list[str]) -> None:
    prompt = f"replay of uploads as {names[0]}"
    fields = {"model": "jimeng-video-3.0", "prompt": prompt, "duration": "5", "functionMode": "first_last_frames"}
    colours = ("orange", "navy")
    files = [(name, (f"{colour}.png", png(colour), "image/png")) for name, colour in zip(names, colours, strict=True)]
    answer = http.post("/videos/generations", data=fields, files=files).raise_for_status().json()
    assert answer["data"][0]["url"]
    assert inputs_of(sandbox, prompt) == [2]


def test_nextchat_reads_a_stream(http: httpx.Client) -> None:
    messages = [{"role": "system", "content": "You are helpful."}, {"role": "user", "content": "replay of NextChat"}]
    body = {"model": "jimeng-4.5", "messages": messages, "stream": True, **NEXTCHAT}
    said, thought = "", ""
    with http.stream("POST", "/chat/completions", json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if not line.startswith("data: ") or line == "data: [DONE]":
                continue
            for choice in json.loads(line.removeprefix("data: "))["choices"]:
                said += choice["delta"].get("content") or ""
                thought += choice["delta"].get("reasoning_content") or ""
    assert said.startswith("![")
    assert "/media/" in said
    assert "![" not in thought


def test_lobechat_reads_the_images_of_a_message(http: httpx.Client) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "replay of LobeChat"}]}]
    answer = http.post("/chat/completions", json={"model": "jimeng-4.5", "messages": messages, "stream": False})
    url = answer.raise_for_status().json()["choices"][0]["message"]["images"][0]["image_url"]["url"]
    assert http.get(url).headers["content-type"].startswith("image/")
