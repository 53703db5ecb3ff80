"""How generations come into being: the rows of many requests in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from accounts.errors import Allowance, KeyLimitError, PoolBusy
from generation import transitions
from generation.inputs import StoredInput
from generation.key_limits import key_gates
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


@transaction.atomic
def store_new(requests: Sequence[Birth]) -> list[list[Generation] | Refusal]:
    """Insert the rows of several requests with their first events.

    PoolBusy where the queue has no room, KeyLimitError where a key has used up what it may.
    """
    gates = key_gates(request.rows for request in requests)
    room = settings.JIMENG_QUEUE_LIMIT - Generation.objects.waiting().order_by().count()
    answers: list[list[Generation] | Refusal] = []
    born: list[Birth] = []
    for request in requests:
        refusal = gates.refusal(request.rows)
        if refusal is not None:
            answers.append(refusal)
            continue
        room -= len(request.rows)
        if room >= 0:
            request.allowance = gates.take(request.rows)
            answers.append(request.rows)
            born.append(request)
        else:
            answers.append(PoolBusy("The queue of this gateway is full; nothing was spent.", retry_after_s=10))
    rows = [row for birth in born for row in birth.rows]
    insert_objects(rows)
    insert_objects([image for birth in born for row in birth.rows for image in _inputs(row, birth.inputs)])
    transitions.add_created_events(rows)
    return answers


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
