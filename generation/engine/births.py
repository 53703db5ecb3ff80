"""How generations come into being: the rows of many requests in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from accounts.errors import PoolBusy
from generation import transitions
from generation.models import Generation
from jimeng_site.sql import insert_objects


@transaction.atomic
def store_new(requests: Sequence[list[Generation]]) -> list[list[Generation] | PoolBusy]:
    """Insert the rows of several requests with their first events; PoolBusy where the queue has no room."""
    room = settings.JIMENG_QUEUE_LIMIT - Generation.objects.waiting().order_by().count()
    answers: list[list[Generation] | PoolBusy] = []
    for request in requests:
        room -= len(request)
        full = PoolBusy("The queue of this gateway is full; nothing was spent.", retry_after_s=10)
        answers.append(request if room >= 0 else full)
    rows = [row for answer in answers if isinstance(answer, list) for row in answer]
    insert_objects(rows)
    transitions.add_created_events(rows)
    return answers
