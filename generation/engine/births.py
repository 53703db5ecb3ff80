"""How generations come into being: the rows of many requests in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from accounts.errors import PoolBusy
from generation import transitions
from generation.engine.fairness import come_back_in_s, has_room
from generation.inputs import StoredInput
from generation.models import Generation, InputImage
from jimeng_site.sql import insert_objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """The unsaved rows of one request, and the input pictures that all of them start from."""

    rows: list[Generation]
    inputs: Sequence[StoredInput] = ()


RATE_OVER = timedelta(minutes=1)
RETRY_AFTER_S = 10.0  # when nothing ended lately


@transaction.atomic
def store_new(requests: Sequence[Birth]) -> list[list[Generation] | PoolBusy]:
    """Insert the rows of several requests with their first events; PoolBusy where the queue has no room."""
    places = _places(requests)
    born = [request for request, has_place in zip(requests, places, strict=True) if has_place]
    retry_after_s = RETRY_AFTER_S if all(places) else _retry_after_s(at=requests[0].rows[0].created_at)
    rows = [row for birth in born for row in birth.rows]
    insert_objects(rows)
    insert_objects([image for birth in born for row in birth.rows for image in _inputs(row, birth.inputs)])
    transitions.add_created_events(rows)
    return [
        request.rows
        if has_place
        else PoolBusy("The queue of this gateway is full; nothing was spent.", retry_after_s=retry_after_s)
        for request, has_place in zip(requests, places, strict=True)
    ]


def _places(requests: Sequence[Birth]) -> list[bool]:
    """Whether there is room in the queue for each; who waits is looked at only when it is nearly full."""
    limit, queue = settings.JIMENG_QUEUE_LIMIT, Generation.objects.waiting().order_by()
    if queue.count() + sum(len(each.rows) for each in requests) <= limit - limit // 20:
        return [True] * len(requests)
    waiting = Counter(dict(queue.values_list("owner").annotate(Count("pk"))))
    places = []
    for request in requests:
        owner, count = request.rows[0].owner, len(request.rows)
        places.append(has_room(limit=limit, waiting=waiting, owner=owner, count=count))
        if places[-1]:
            waiting[owner] += count
    return places


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
