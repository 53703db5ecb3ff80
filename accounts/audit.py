"""What people did in the admin beyond its own forms, kept beside what the forms keep: who, when, to what."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.utils.translation import gettext


def audit(*, user_id: int, objects: Collection[Model], message: str, flag: int = CHANGE, **facts: str | int) -> None:
    """Write one entry for each object, in the caller's transaction.

    `message`: English, marked with `gettext_noop`, with a `%(name)s` for each of `facts`; a reader sees it in their
    own language. Neither may hold a secret. `flag`: ADDITION, CHANGE or DELETION of `django.contrib.admin.models`.
    """
    if objects:
        words: dict[str, Any] = {"text": message, "facts": facts}
        LogEntry.objects.log_actions(user_id, list(objects), flag, change_message=[words])


def change_in_words(entry: LogEntry) -> str:
    """What an entry says was done, in the current language: ours, or as Django's own forms wrote it."""
    for part in _parts(entry.change_message):
        if "text" in part:
            text = str(gettext(part["text"]))
            return text % dict(part.get("facts", {}))
    return str(entry.get_change_message())


def _parts(message: str) -> list[dict[str, Any]]:
    try:
        parts = json.loads(message) if message.startswith("[") else []
    except json.JSONDecodeError:
        return []
    return [each for each in parts if isinstance(each, dict)]
