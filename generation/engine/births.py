"""How generations come into being: the rows of many requests in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from accounts.errors import Allowance, KeyLimitError, PoolBusy
from generation import transitions
from generation.engine.fairness import come_back_in_s, has_room
from generation.inputs import StoredInput
from generation.key_limits import KeyGates, key_gates
from generation.models import Generation, InputImage
from jimeng_site.sql import insert_objects

Refusal = PoolBusy | KeyLimitError


@dataclass(slots=True, kw_only=True)
class Birth:
    """The unsaved rows of one request, and the input pictures that all of them start from.

    `allowance`: once it is stored, what its API key may still ask for in this minute; None: any number.
    """

    rows: list[Generation]
    inputs: Sequence[StoredInput] = ()
    allowance: Allowance | None = None


RATE_OVER = timedelta(minutes=1)
RETRY_AFTER_S = 10.0  # when nothing ended lately


@transaction.atomic
def store_new(requests: Sequence[Birth]) -> list[list[Generation] | Refusal]:
    """Insert the rows of several requests with their first events.

    KeyLimitError where a key has used up what it may, PoolBusy where the queue has no room.
    """
    gates, queue = key_gates(request.rows for request in requests), _Queue(requests)
    answers = [_let_in(request, gates, queue) for request in requests]
    born = [request for request, answer in zip(requests, answers, strict=True) if not isinstance(answer, Exception)]
    rows = [row for birth in born for row in birth.rows]
    insert_objects(rows)
    insert_objects([image for birth in born for row in birth.rows for image in _inputs(row, birth.inputs)])
    transitions.add_created_events(rows)
    return answers


def _let_in(request: Birth, gates: KeyGates, queue: _Queue) -> list[Generation] | Refusal:
    refusal = gates.refusal(request.rows) or queue.refusal(request.rows)
    if refusal is not None:
        return refusal
    request.allowance = gates.take(request.rows)
    return request.rows


class _Queue:
    """How much room it has; who waits is looked at only when it is nearly full."""

    def __init__(self, requests: Sequence[Birth]) -> None:
        self._limit = settings.JIMENG_QUEUE_LIMIT
        waiting = Generation.objects.waiting().order_by()
        coming = sum(len(each.rows) for each in requests)
        self._has_plenty = waiting.count() + coming <= self._limit - self._limit // 20
        by_owner = {} if self._has_plenty else dict(waiting.values_list("owner").annotate(Count("pk")))
        self._waiting = Counter(by_owner)
        self._retry_after_s: float | None = None

    def refusal(self, rows: Sequence[Generation]) -> PoolBusy | None:
        """None: there is room for these, which is theirs now."""
        if self._has_plenty:
            return None
        owner, count = rows[0].owner, len(rows)
        if has_room(limit=self._limit, waiting=self._waiting, owner=owner, count=count):
            self._waiting[owner] += count
            return None
        if self._retry_after_s is None:
            self._retry_after_s = _retry_after_s(at=rows[0].created_at)
        return PoolBusy("The queue of this gateway is full; nothing was spent.", retry_after_s=self._retry_after_s)


def _retry_after_s(*, at: datetime) -> float:
    """Until a twentieth of the queue has been worked off, at the pace of the last minute."""
    return come_back_in_s(
        ahead=max(1, settings.JIMENG_QUEUE_LIMIT // 20),
        served=Generation.objects.filter(finished_at__gte=at - RATE_OVER).count(),
        in_s=RATE_OVER.total_seconds(),
        unknown_s=RETRY_AFTER_S,
    )


def _inputs(row: Generation, inputs: Sequence[StoredInput]) -> list[InputImage]:
    return [
        InputImage(
            generation=row,
            position=position,
            sha256=each.sha256,
            file=each.name,
            content_type=each.content_type,
            width=each.width,
            height=each.height,
            size_bytes=each.size_bytes,
            origin=each.origin,
            source=each.source,
        )
        for position, each in enumerate(inputs)
    ]
