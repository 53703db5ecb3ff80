"""Who did what in the admin: what its own forms do not write down by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import CHANGE
from django.db.models import Model
from django.http import HttpRequest

from accounts.audit import audit


def note(request: HttpRequest, objects: Iterable[Model], message: str, *, flag: int = CHANGE, **facts: str) -> None:
    """One entry for each object in the name of who asks. `message` and `facts`: see `accounts.audit.audit`."""
    user_id = int(request.user.pk or 0)  # whoever is in the admin is stored
    audit(user_id=user_id, objects=list(objects), message=message, flag=flag, **facts)


class NotesChanges:
    """For a ModelAdmin: a form that was saved as it was is no change."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None  # type: ignore[misc]  # ModelAdmin's


def actor_of(request: HttpRequest) -> str:
    return request.user.get_username()
