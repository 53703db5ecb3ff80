"""Results that come after the generation was given up: who may still have one, and when it is looked for.

Nothing here submits or spends. The looking itself is the engine's (generation/engine/late.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from generation.models import Generation, GenerationEvent
from generation.viewing import Viewer, generation_of, generations_of

# Errors after which Jimeng may have the result all the same.
LATE_CODES: Final = ("timed_out", "outcome_unknown")
# When the engine looks by itself, counted from the failure.
LOOKS_AFTER: Final = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))
# While the account cannot be asked it goes on trying, since somebody may log it in again: so often, and for so long.
# However often a person asks, Jimeng is asked no more often than that.
PAUSE: Final = timedelta(seconds=10)
UNASKED_EVERY, UNASKED_UNTIL = timedelta(hours=12), timedelta(days=7)

# What was given up too early, and can be found by Jimeng's id or by ours.
MAY_COME_LATE: Final = Q(status=Generation.Status.FAILED, error_code__in=LATE_CODES) & (
    ~Q(history_record_id="") | Q(error_code="outcome_unknown", submit_id__isnull=False)
)


def may_come_late(generation: Generation) -> bool:
    """As MAY_COME_LATE, for a row that is here: whether a page offers to look for its result."""
    if generation.status != Generation.Status.FAILED or generation.error_code not in LATE_CODES:
        return False
    return bool(generation.history_record_id) or (
        generation.error_code == "outcome_unknown" and generation.submit_id is not None
    )


def next_look_at(*, failed_at: datetime, at: datetime, was_asked: bool = True) -> datetime | None:
    """After a look at `at`; None: that was the last one. `was_asked`: whether Jimeng could be asked."""
    planned = next((failed_at + after for after in LOOKS_AFTER if failed_at + after > at), None)
    if planned is not None or was_asked:
        return planned
    return at + UNASKED_EVERY if at + UNASKED_EVERY <= failed_at + UNASKED_UNTIL else None


def late_look_request(*, viewer: Viewer, public_id: str, at: datetime) -> bool:
    """Have the engine look now for what came too late of a request. False: nothing of it can come late.

    `public_id`: of any of its generations. Raises UnknownGeneration.
    """
    found = generation_of(viewer, public_id)
    parts = generations_of(viewer).filter(Q(pk=found.pk) | Q(group_id=found.group_id, group_id__gt=""))
    lately = GenerationEvent.objects.filter(
        generation_id=OuterRef("pk"), kind=GenerationEvent.Kind.LATE_SOUGHT, at__gt=at - PAUSE
    )
    due_at = Case(When(Exists(lately), then=Value(at + PAUSE)), default=Value(at))
    return parts.filter(MAY_COME_LATE, deleted_at__isnull=True).update(late_due_at=due_at) > 0


def late_due(*, at: datetime, most: int) -> list[Generation]:
    """What is to be looked for now, with `account` and `media`, the longest due first."""
    due = Generation.objects.filter(MAY_COME_LATE, late_due_at__lte=at, deleted_at__isnull=True)
    return list(due.order_by("late_due_at").select_related("account").prefetch_related("media")[:most])


@transaction.atomic
def late_look_note(
    *, sought: Generation, outcome: str, at: datetime, next_at: datetime | None, code: str = "", text: str = ""
) -> bool:
    """Nothing came of a look; `outcome`: a key of wording.LATE_OUTCOMES, `next_at`: None if that was the last.

    False: it was found, or asked for again, meanwhile.
    """
    same = Generation.objects.filter(MAY_COME_LATE, pk=sought.pk, late_due_at=sought.late_due_at)
    won = same.update(late_due_at=next_at, late_attempts=F("late_attempts") + 1) == 1
    if won:
        GenerationEvent.objects.create(
            generation_id=sought.pk,
            kind=GenerationEvent.Kind.LATE_SOUGHT,
            at=at,
            account_id=sought.account_id,
            detail={"outcome": outcome, "upstream_code": code, "text": text, "is_last": next_at is None},
        )
    return won
