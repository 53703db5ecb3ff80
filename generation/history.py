"""The history as people browse it: what they filter by, and pages of it, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from generation.history_filters import Narrowed, Wanted, narrowed
from generation.models import Generation
from generation.seeking import Found, Patience, seek
from generation.viewing import Viewer, key_ids_of

__all__ = ["PAGE_SIZE", "HistoryPage", "Wanted", "history_clients", "history_news", "history_page"]

PAGE_SIZE = 40  # generations
MOST_CLIENTS: Final = 100
_PLAIN_NEWEST: Final = 1000  # generations of a person in which clients are looked for
_ID: Final = re.compile(r"[\w-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """`generations`: with `media`, `account`, `api_key`. `before`: cursor of the next page; "" at the end.

    `searched_until`: how far back was looked when the time for one page was over before it was full; None: it is full,
    or there is no more.
    """

    generations: list[Generation]
    before: str = ""
    searched_until: datetime | None = None


def history_page(
    *, viewer: Viewer, wanted: Wanted, before: str = "", size: int = PAGE_SIZE, patience: Patience | None = None
) -> HistoryPage:
    """The generations that are wanted, from the cursor `before` on (public id: only older ones); "" for the newest."""
    high = Generation.objects.newest_pk() + 1 if not before else _pk_of(before)
    found = _search(viewer, wanted, low=1, high=high, size=size, patience=patience)
    generations = _with_parts(found.pks)
    if found.is_all:
        return HistoryPage(generations=generations)
    if len(found.pks) == size:
        return HistoryPage(generations=generations, before=generations[-1].public_id)
    # Somebody's generation at which the search stopped: its id is good for going on, and for nothing else.
    edge = Generation.objects.filter(pk__gte=found.until).order_by("pk").only("public_id", "created_at").first()
    if edge is None:
        return HistoryPage(generations=generations)
    return HistoryPage(generations=generations, before=edge.public_id, searched_until=edge.created_at)


def history_news(*, viewer: Viewer, wanted: Wanted, after: str, most: int = PAGE_SIZE) -> list[Generation]:
    """The same, newer than the generation `after` (public id), newest first, no more than `most`."""
    low = _pk_of(after) if after else 0
    if after and not low:
        return []
    found = _search(viewer, wanted, low=low + 1, high=Generation.objects.newest_pk() + 1, size=most, patience=None)
    return _with_parts(found.pks)


def history_clients(*, viewer: Viewer) -> list[str]:
    """Names of the clients that asked, for a filter: staff get the first 100, others those of their newest requests."""
    if not viewer.sees_all:
        mine = Generation.objects.filter(api_key_id__in=key_ids_of(viewer)).order_by("-pk")
        names = set(mine.values_list("client_name", flat=True)[:_PLAIN_NEWEST])
        return sorted(names - {""})[:MOST_CLIENTS]
    found: list[str] = []
    # From name to name by the index: DISTINCT would read all of it.
    ordered = Generation.objects.order_by("client_name").values_list("client_name", flat=True)
    last: str | None = ""
    while len(found) < MOST_CLIENTS:
        last = ordered.filter(client_name__gt=last).first()
        if last is None:
            break
        found.append(last)
    return found


def _search(viewer: Viewer, wanted: Wanted, *, low: int, high: int, size: int, patience: Patience | None) -> Found:
    asked: Narrowed | None = narrowed(wanted, key_ids=None if viewer.sees_all else key_ids_of(viewer))
    if asked is None:
        return Found(pks=[], until=low, is_all=True)
    return seek(
        asked.sources,
        conditions=asked.conditions,
        sought=asked.sought,
        low=max(low, asked.low),
        high=high if asked.high is None else min(high, asked.high),
        size=size,
        patience=patience or Patience(),
    )


def _with_parts(pks: list[int]) -> list[Generation]:
    if not pks:
        return []
    rows: QuerySet[Generation] = Generation.objects.filter(pk__in=pks).order_by("-pk")
    return list(rows.select_related("account", "api_key").prefetch_related("media"))


def _pk_of(public_id: str) -> int:
    """0: there is none."""
    return Generation.objects.pk_of(public_id) if _ID.fullmatch(public_id) else 0
