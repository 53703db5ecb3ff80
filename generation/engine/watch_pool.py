"""Watches the pool as a whole, and the alerts that are open: a few cheap queries twice a minute."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts import services as accounts
from generation.models import Generation
from jimeng_site.database import in_database

EVERY_S = 30.0


class PoolWatch:
    """Remembers since when nobody can serve: what lasts less than a minute is told to nobody."""

    def __init__(self) -> None:
        self._empty_since: datetime | None = None

    async def run(self) -> None:
        await in_database(self.look, at=timezone.now())

    def look(self, *, at: datetime) -> None:
        state = accounts.pool_state(at=at)
        waiting = Generation.objects.waiting().filter(account_ids__isnull=True).count() if not state.able else 0
        if not accounts.is_empty(state, waiting=waiting):
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = at
        accounts.pool_alerts(state=state, waiting=waiting, empty_since=self._empty_since, at=at)
        accounts.alerts_review(at=at)
