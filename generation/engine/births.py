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
def store_new(requests: Sequence[list[Generation]]) -> list[list[Generation]]:
    """Insert the rows of several requests with their first events. Raises PoolBusy when the queue is full."""
    rows = [row for request in requests for row in request]
    if Generation.objects.waiting().order_by().count() + len(requests) > settings.JIMENG_QUEUE_LIMIT:
        raise PoolBusy("The queue of this gateway is full; nothing was spent.", retry_after_s=10)
    insert_objects(rows)
    transitions.add_created_events(rows)
    return list(requests)
