"""Duties about keeping accounts: work on many that nobody will end, and imports that nobody confirmed."""

from __future__ import annotations

from django.utils import timezone

from accounts import services as accounts
from generation.engine.duties import Duty
from jimeng_site.database import in_database

SETTLE_EVERY_S = 10.0
PRUNE_EVERY_S = 3600.0


def keeping_duties() -> list[Duty]:
    return [
        Duty(name="bulk_settle", every_s=SETTLE_EVERY_S, run=_settle),
        Duty(name="imports_prune", every_s=PRUNE_EVERY_S, run=_prune),
    ]


async def _settle() -> None:
    await in_database(accounts.bulk_tasks_settle, at=timezone.now())


async def _prune() -> None:
    await in_database(accounts.imports_prune, at=timezone.now())
