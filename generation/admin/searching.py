"""Search in the admin's list of generations: the same words as in the history, in all of it, for a bounded time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from generation.history_filters import pk_named
from generation.models import Generation
from generation.querysets import GenerationQuerySet
from generation.seeking import Patience, seek
from generation.words import sought_in

SHOWN: Final = 500  # generations, the newest
SEARCH_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What is said above the list. `since`: how far back was looked in time; None: all the way, or `is_cut`.

    `is_cut`: there are more than are shown.
    """

    since: datetime | None = None
    is_cut: bool = False


def search(
    request: HttpRequest, queryset: GenerationQuerySet, term: str, *, patience: Patience | None = None
) -> GenerationQuerySet:
    """Those of `queryset` with this id, or with these words. Notes on the request, as `searched`, what was left out."""
    words = term.strip()
    if not words:
        return queryset
    pk = pk_named(words)
    if pk is not None:
        return queryset.filter(pk=pk)
    sought = sought_in(words)
    if not sought:
        return queryset.none()
    # Alone they are quick for each candidate; with the candidates as one more condition they might be read first.
    filters: Any = queryset.order_by().filter(pk=OuterRef("pk"))
    found = seek(
        [],
        conditions=Exists(filters) if queryset.query.where else Q(),
        sought=sought,
        low=1,
        high=Generation.objects.newest_pk() + 1,
        size=SHOWN,
        patience=patience or Patience(seconds=SEARCH_S),
    )
    is_cut = len(found.pks) == SHOWN
    edge = None if found.is_all or is_cut else Generation.objects.filter(pk__gte=found.until).order_by("pk").first()
    searched = Searched(since=edge.created_at if edge else None, is_cut=is_cut and not found.is_all)
    request.searched = searched  # type: ignore[attr-defined]  # ours, for the template
    return queryset.filter(pk__in=found.pks)
