"""What keeps a waiting generation waiting, as the engine would answer it now. Changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from accounts.services import LeaseAnswer, lease_outlook
from generation.engine.journal import work_of
from generation.models import Generation


def generation_outlook(generation: Generation, *, at: datetime) -> LeaseAnswer:
    """Which account it would be given, or who is passed over and why."""
    patience = timedelta(seconds=settings.JIMENG_QUEUE_TIMEOUT_S)
    return lease_outlook(want=work_of(generation).lease_want(), at=at, patience=patience)
