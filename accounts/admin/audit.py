"""The audit log: what a person did to accounts outside their forms, in Django's own log of the admin."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest

from accounts.models import Account


def note(request: HttpRequest, accounts: Iterable[Account], words: str, *, flag: int = CHANGE) -> None:
    """`words`: what was done, readable; no secret."""
    LogEntry.objects.log_actions(request.user.pk, list(accounts), flag, words)  # type: ignore[arg-type]  # any iterable does


def actor_of(request: HttpRequest) -> str:
    return request.user.get_username()
