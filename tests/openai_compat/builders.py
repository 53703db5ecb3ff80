"""What the tests of the OpenAI surface start from."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.test import TestCase, override_settings

from accounts.api_keys import api_key_mint
from accounts.models import ApiKey
from generation.models import Generation, Media
from generation.specs import image_spec

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@override_settings(MIDDLEWARE=settings.JIMENG_API_MIDDLEWARE)
class ApiTestCase(TestCase):
    """Requests as the API gets them: through its own short list of middleware."""


def make_key(**fields: Any) -> tuple[ApiKey, str]:
    """A stored key and its text."""
    row, key = api_key_mint(name="test")
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row, key


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def make_generation(**fields: Any) -> Generation:
    """A finished picture of a cat, stored, without files."""
    spec = image_spec(model="jimeng-4.5", prompt="a cat", count=1, ratio="16:9", resolution="2k")
    return Generation.objects.create(
        **{
            "kind": "image",
            "model": spec.model,
            "prompt": spec.prompt,
            "spec": spec.to_json(),
            "request_hash": spec.fingerprint(),
            "requested": {"model": "jimeng", "size": "16:9"},
            "status": Generation.Status.SUCCEEDED,
            "submit_id": uuid.uuid4(),
            "history_record_id": "1",
            "account_label": "first",
            "seed": 2_500_000_001,
            "credits_estimated": 3,
            "deadline_at": NOW,
            "finished_at": NOW,
        }
        | fields
    )


def make_media(generation: Generation, position: int = 0, **fields: Any) -> Media:
    """A result of 2560×1440 that is still only at the upstream."""
    return Media.objects.create(
        generation=generation,
        position=position,
        **{
            "kind": "image",
            "content_type": "image/webp",
            "width": 2560,
            "height": 1440,
            "upstream_url": f"https://upstream.example/{position}.webp",
        }
        | fields,
    )


def error_of(response: Any) -> dict[str, Any]:
    """The `error` of an answer, which must be JSON and hold the four keys and nothing else."""
    assert response["Content-Type"] == "application/json"
    content = json.loads(response.content)
    assert list(content) == ["error"]
    assert list(content["error"]) == ["message", "type", "param", "code"]
    error: dict[str, Any] = content["error"]
    return error
