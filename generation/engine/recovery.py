"""After a crash or a take-over: what was not yet submitted goes back into the queue; the rest is resumed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import services as accounts
from generation import changes, transitions
from generation.models import Generation


@transaction.atomic
def recover(*, at: datetime) -> list[int]:
    """Requeue what was only being prepared, drop leases that nobody holds, and name all that is open.

    Call it only while this process alone runs the engine. Returns primary keys, oldest first.
    """
    preparing = Generation.objects.still_open().filter(status=Generation.Status.RUNNING)
    transitions.mark_requeued(
        [
            changes.Requeued(
                generation_id=row.pk,
                public_id=row.public_id,
                account_id=row.account_id,
                from_status=Generation.Status.RUNNING,
                reason="engine_restarted",
            )
            for row in preparing.only("pk", "public_id", "account_id")
        ],
        at=at,
    )
    held = Generation.objects.still_open().filter(
        status__in=(Generation.Status.SUBMITTING, Generation.Status.SUBMITTED)
    )
    accounts.leases_sweep(held_by=list(held.values_list("public_id", flat=True)))
    return list(Generation.objects.still_open().order_by("pk").values_list("pk", flat=True))
