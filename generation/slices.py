"""Long tables in short pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def slices(rows: QuerySet[M], field: str, *, size: int) -> Iterator[QuerySet[M]]:
    """Pieces of `rows` of about `size` rows, by ascending `field`; more where many have the same value.

    Rows may be changed or leave between two pieces. `field` should lead an index that has all conditions of `rows`:
    then finding where a piece ends reads nothing else.
    """
    ahead = rows
    while True:
        end = ahead.order_by(field).values_list(field, flat=True)[size - 1 : size].first()
        if end is None:
            yield ahead
            return
        yield ahead.filter(**{f"{field}__lte": end})
        ahead = rows.filter(**{f"{field}__gt": end})
