"""Videos for the tests of the OpenAI surface."""

from __future__ import annotations

from typing import Any

from generation.models import Generation, Media
from generation.specs import video_spec
from tests.openai_compat.builders import make_generation, make_media


def make_video(**fields: Any) -> Generation:
    """A finished video of a ship, without a file."""
    spec = video_spec(model="jimeng-video-3.0", prompt="a ship", seconds=10, resolution="720p")
    asked = {
        "kind": "video",
        "operation": "videos",
        "model": spec.model,
        "prompt": spec.prompt,
        "spec": spec.to_json(),
        "requested": {"model": "sora-2", "seconds": 8},
        "credits_estimated": 20,
    }
    return make_generation(**asked | fields)


def make_open_video(**fields: Any) -> Generation:
    """A video that still waits for an account."""
    waiting = {
        "status": Generation.Status.QUEUED,
        "submit_id": None,
        "history_record_id": "",
        "account_label": "",
        "seed": None,
        "finished_at": None,
    }
    return make_video(**waiting | fields)


def make_failed_video(code: str, **fields: Any) -> Generation:
    return make_video(status=Generation.Status.FAILED, error_code=code, **fields)


def make_file(generation: Generation, **fields: Any) -> Media:
    """A file of 1280×720 and a little over 10 s, still only at the upstream."""
    told: dict[str, Any] = {
        "kind": "video",
        "content_type": "video/mp4",
        "width": 1280,
        "height": 720,
        "duration_s": 10.04,
    }
    return make_media(generation, **told | {"upstream_url": "https://upstream.example/0.mp4"} | fields)
