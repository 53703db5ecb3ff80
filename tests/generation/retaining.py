"""Stored results that are due, for tests of the retention policy."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from generation.models import Media
from generation.orphans import orphans_find
from tests.factories import make_generation, make_media, make_webp
from tests.generation.keeping import CastTestCase

LATER = timezone.now() + timedelta(hours=2)  # files that a test makes were not used within the last hour
NEXT_DAYS = timezone.now() + timedelta(days=2)
OLD = timezone.now() - timedelta(days=100)


def save(name: str, content: bytes = b"content") -> str:
    default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))


def make_result(number: int = 0, **over: Any) -> Media:
    """As it is stored: under its content, with small pictures beside it. Old, unless it is said."""
    content = make_webp(colour=(25 * number, 80, 7))
    sha256 = hashlib.sha256(content).hexdigest()
    name = save(f"results/{sha256[:2]}/{sha256}.webp", content)
    small = {
        "thumbnail": save(f"{name}.thumb.webp"),
        "preview": save(f"{name}.view.webp"),
    }
    fields = {"file": name, "sha256": sha256, "size_bytes": len(content), "created_at": OLD, **small, **over}
    return make_media(generation=fields.pop("generation", None) or make_generation(), content=b"", **fields)


def exists(name: str | None) -> bool:
    return default_storage.exists(name or "")


def again(media: Media) -> Media:
    return Media.objects.get(pk=media.pk)


class CleanTestCase(CastTestCase):
    def setUp(self) -> None:
        for name in orphans_find(at=NEXT_DAYS):  # of other tests, which share a folder
            default_storage.delete(name)
        notes_forget()


def notes_forget() -> None:
    """What other tests counted."""
    (Path(settings.JIMENG_DATA_DIR) / "retention.json").unlink(missing_ok=True)


def make_unused(media: Media, *, for_: timedelta = timedelta(days=2)) -> None:
    """As if nobody had used its files for so long."""
    since = (timezone.now() - for_).timestamp()
    for name in filter(None, (media.file.name, media.thumbnail.name, media.preview.name)):
        os.utime(default_storage.path(name), (since, since))
