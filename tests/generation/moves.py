"""Changes of state for tests of the transitions: valid by default, changed by keyword."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from accounts.models import Account, Lease
from generation.changes import Failed, Requeued, ResultFile, Running, Submitted, Submitting, Succeeded
from generation.models import Generation, GenerationEvent
from tests.factories import make_account, make_generation

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 12, 5, tzinfo=UTC)


def make_held(status: str, *, account: Account | None = None, **over: Any) -> Generation:
    """An open generation with an account and the lease on it. It costs 3 credits."""
    holder = account or make_account()
    row = make_generation(status=status, account=holder, account_label=holder.name, **over)
    Lease.objects.create(account=holder, holder=row.public_id, taken_at=AT)
    return row


def running(row: Generation, account: Account, **over: Any) -> Running:
    fields: dict[str, Any] = {
        "generation_id": row.pk,
        "account_id": account.pk,
        "account_label": account.name,
        "attempt": 1,
    }
    return Running(**fields | over)


def submitting(row: Generation, **over: Any) -> Submitting:
    fields: dict[str, Any] = {
        "generation_id": row.pk,
        "account_id": row.account_id,
        "submit_id": uuid.UUID(int=7),
        "seed": 2_500_000_001,
    }
    return Submitting(**fields | over)


def submitted(row: Generation, **over: Any) -> Submitted:
    fields: dict[str, Any] = {
        "generation_id": row.pk,
        "account_id": row.account_id,
        "record_id": "789",
        "forecast_s": 23.0,
    }
    return Submitted(**fields | over)


def requeued(row: Generation, **over: Any) -> Requeued:
    fields: dict[str, Any] = {
        "generation_id": row.pk,
        "public_id": row.public_id,
        "account_id": row.account_id,
        "from_status": row.status,
        "reason": "busy",
    }
    return Requeued(**fields | over)


def succeeded(row: Generation, *files: ResultFile) -> Succeeded:
    return Succeeded(
        generation_id=row.pk, public_id=row.public_id, account_id=row.account_id, files=files, pictures=len(files)
    )


def failed(row: Generation, **over: Any) -> Failed:
    fields: dict[str, Any] = {
        "generation_id": row.pk,
        "public_id": row.public_id,
        "account_id": row.account_id,
        "error_code": "generation_failed",
        "detail": "It did not work.",
    }
    return Failed(**fields | over)


def result_file(position: int = 0, **over: Any) -> ResultFile:
    """A stored picture."""
    fields: dict[str, Any] = {
        "position": position,
        "kind": "image",
        "name": f"2026/11/22/{position}.webp",
        "content_type": "image/webp",
        "width": 2048,
        "height": 2048,
        "size_bytes": 1000,
        "sha256": "0" * 64,
        "upstream_uri": f"tos-cn-i-x/{position}",
        "upstream_url": f"https://upstream.example/{position}.webp",
    }
    return ResultFile(**fields | over)


def events(row: Generation) -> list[str]:
    return [each.kind for each in GenerationEvent.objects.filter(generation=row)]


def unchanged(row: Generation) -> bool:
    """Whether all columns are in the database as they are in memory."""
    return Generation.objects.filter(pk=row.pk).values().get() == {
        field.attname: getattr(row, field.attname) for field in Generation._meta.concrete_fields
    }
