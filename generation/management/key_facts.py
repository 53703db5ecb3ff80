"""What `manage.py keys` prints of API keys: facts for scripts, and tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, Final

from accounts.models import ApiKey
from generation.key_limits import KeyStanding
from generation.key_usage import KeyUsage

COLUMNS: Final = ("id", "name", "key", "state", "generations today", "credits today", "last used")
USAGE_COLUMNS: Final = ("name", "period", *(field.name for field in fields(KeyUsage)))


def facts_of(key: ApiKey, *, at: datetime) -> dict[str, Any]:
    """All that is known of a key but its secrets; `allowed_accounts` prefetched."""
    return {
        "id": key.pk,
        "name": key.name,
        "prefix": key.prefix,
        "state": state_of(key, at=at),
        "enabled": key.enabled,
        "expires_at": _time(key.expires_at),
        "owner": None if key.owner is None else str(key.owner),
        "allowed_models": key.allowed_models,
        "allowed_accounts": [account.name for account in key.allowed_accounts.all()],
        "allowed_tags": key.allowed_tags,
        "requests_per_minute": key.requests_per_minute,
        "concurrent_generations": key.concurrent_generations,
        "credits_per_day": key.credits_per_day,
        "response_format": key.response_format or "default",
        "downgrades": key.downgrades,
        "keep_days": key.keep_days,
        "webhook_url": key.webhook_url,
        "has_webhook_secret": bool(key.webhook_secret_encrypted),
        "created_at": _time(key.created_at),
        "last_used_at": _time(key.last_used_at),
    }


def state_of(key: ApiKey, *, at: datetime) -> str:
    if key.is_revoked:
        return "revoked"
    if not key.enabled:
        return "disabled"
    return "works" if key.works(at) else "expired"


def standing_facts(standing: KeyStanding) -> dict[str, int | None]:
    """How much of its limits is used now; None: not limited, so not looked up."""
    key = standing.key
    return {
        "requests_this_minute": None if key.requests_per_minute is None else standing.recent,
        "requests_under_way": None if key.concurrent_generations is None else standing.open_requests,
        "credits_today": None if key.credits_per_day is None else standing.credits_today,
    }


def usage_facts(usage: KeyUsage) -> dict[str, int]:
    return asdict(usage)


def list_row(key: ApiKey, usage: KeyUsage, *, at: datetime) -> tuple[str, ...]:
    """By COLUMNS."""
    spent = str(usage.credits) if key.credits_per_day is None else f"{usage.credits} of {key.credits_per_day}"
    used = "-" if key.last_used_at is None else f"{key.last_used_at.astimezone(UTC):%Y-%m-%d %H:%M}Z"
    return (str(key.pk), key.name, f"{key.prefix}…", state_of(key, at=at), str(usage.generations), spent, used)


def usage_row(key: ApiKey, period: str, usage: KeyUsage) -> tuple[str, ...]:
    """By USAGE_COLUMNS."""
    return (key.name, period.replace("_", " "), *map(str, usage_facts(usage).values()))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def plain(value: Any) -> str:
    """A fact for people."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "all"
    return "-" if value in (None, "") else str(value)


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat(timespec="seconds")
