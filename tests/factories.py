"""Rows for tests: valid by default, changed by keyword."""

from __future__ import annotations

import hashlib
import io
import itertools
import uuid
from typing import Any, TypeVar

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone
from PIL import Image

from accounts.api_keys import api_key_mint
from accounts.models import Account, ApiKey
from accounts.services import account_add
from generation.models import Generation, Media
from generation.services import Caller
from generation.specs import image_spec

Row = TypeVar("Row", bound=Model)

_numbers = itertools.count(1)


def make_account(*, sessionid: str = "", **over: Any) -> Account:
    """A login in the pool that was never probed nor used. `sessionid`: a new one if empty."""
    given = sessionid or f"sessionid{next(_numbers):023d}"
    account, _ = account_add(sessionid=given, name=over.pop("name", f"account {next(_numbers)}"))
    return _changed(account, over)


def make_api_key(**over: Any) -> ApiKey:
    """A key that works and may do all."""
    row, _ = api_key_mint(name=over.pop("name", f"key {next(_numbers)}"))
    return _changed(row, over)


def make_generation(**over: Any) -> Generation:
    """A finished picture of a cat, 2048×2048, without files; other states fill in what their constraints ask for."""
    spec = image_spec(model=over.get("model", "jimeng-4.5"), prompt=over.get("prompt", "a cat"))
    now = timezone.now()
    status = over.get("status", Generation.Status.SUCCEEDED)
    was_submitted = status in (Generation.Status.SUBMITTED, Generation.Status.SUCCEEDED)
    fields = {
        "kind": Generation.Kind.IMAGE,
        "model": spec.model,
        "prompt": spec.prompt,
        "spec": spec.to_json(),
        "request_hash": spec.fingerprint(),
        "status": status,
        "submit_id": uuid.uuid4() if was_submitted or status == Generation.Status.SUBMITTING else None,
        "history_record_id": str(8_000_000_000 + next(_numbers)) if was_submitted else "",
        "credits_estimated": spec.cost_credits,
        "created_at": now,
        "deadline_at": now,
        "finished_at": now if status in Generation.FINAL else None,
    }
    fields["owner"] = Caller(api_key=over.get("api_key"), account_ids=over.get("account_ids")).owner
    return Generation.objects.create(**fields | over)


def make_media(*, generation: Generation | None = None, content: bytes | None = None, **over: Any) -> Media:
    """A stored picture of 64×48. `content` b"": a result that is still only at the upstream."""
    owner = generation or make_generation()
    stored = make_webp() if content is None else content
    position = over.pop("position", owner.media.count())
    fields: dict[str, Any] = {
        "generation": owner,
        "position": position,
        "kind": owner.kind,
        "content_type": "image/webp",
        "width": 64,
        "height": 48,
        "upstream_url": f"https://upstream.example/{position}.webp?x-signature=secret",
    }
    if stored:
        fields["file"] = default_storage.save(f"test/{owner.public_id}-{position}.webp", ContentFile(stored))
        fields["size_bytes"], fields["sha256"] = len(stored), hashlib.sha256(stored).hexdigest()
    return Media.objects.create(**fields | over)


def make_webp(width: int = 64, height: int = 48, colour: tuple[int, int, int] = (200, 80, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, format="WEBP")
    return out.getvalue()


def _changed(row: Row, over: dict[str, Any]) -> Row:
    for name, value in over.items():
        setattr(row, name, value)
    if over:
        row.save(update_fields=list(over))
    return row
