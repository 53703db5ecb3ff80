"""The history as people browse it: what they filter by, and pages of it, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from generation.models import Generation
from generation.viewing import Viewer, generations_of

PAGE_SIZE = 40  # generations


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Filters; each empty one filters nothing. `words`: to be found in prompts. Days: the gateway's, both included.

    `account_id`, `key_id`: primary keys, 0 for any. `trash`: what was deleted, and nothing else; False: what was not.
    """

    words: str = ""
    kind: str = ""
    model: str = ""
    status: str = ""
    account_id: int = 0
    key_id: int = 0
    client: str = ""
    since: date | None = None
    until: date | None = None
    pinned: bool = False
    failed: bool = False
    trash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """`generations`: with `media`, `account`, `api_key`. `before`: cursor of the next page; "" at the end.

    `searched_until`: how far back was looked when the time for one page was over before it was full; None: it is full,
    or there is no more.
    """

    generations: list[Generation]
    before: str = ""
    searched_until: datetime | None = None


def history_page(*, viewer: Viewer, wanted: Wanted, before: str = "", size: int = PAGE_SIZE) -> HistoryPage:
    """The generations that are wanted, from the cursor `before` on (public id: only older ones); "" for the newest."""
    rows = generations_of(viewer).select_related("account", "api_key").prefetch_related("media")
    if before:
        rows = rows.filter(pk__lt=Generation.objects.filter(public_id=before).values("pk")[:1])
    found = list(rows.order_by("-pk")[: size + 1])
    return HistoryPage(generations=found[:size], before=found[size - 1].public_id if len(found) > size else "")


def history_news(*, viewer: Viewer, wanted: Wanted, after: str, most: int = PAGE_SIZE) -> list[Generation]:
    """The same, newer than the generation `after` (public id), newest first, no more than `most`."""
    return []
