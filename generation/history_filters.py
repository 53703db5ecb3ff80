"""What people filter the history by, as conditions and as sources of primary keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from generation.models import Generation, Media
from generation.seeking import Source
from generation.word_index import Hits
from generation.words import Phrase, sought_in

_PUBLIC_ID: Final = re.compile(r"(gen|med)_[0-9a-z]+")
_LARGEST_PK: Final = 2**63 - 1
# Whatever a day in an address is: the gateway is younger, and there are instants for all of these in every time zone.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(9000, 1, 1)


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
class Narrowed:
    """`low`, `high`: bounds of the primary keys, the second one excluded; None: none."""

    sources: Sequence[Source]
    conditions: Q
    sought: Sequence[Phrase] = ()
    low: int = 1
    high: int | None = None


@dataclass(slots=True)
class _Parts:
    conditions: Q = field(default_factory=Q)
    sources: list[Source] = field(default_factory=list)

    def add(self, **equal: Any) -> None:
        self.conditions &= Q(**equal)
        self.sources.append(_Indexed(Q(**equal)))


def narrowed(wanted: Wanted, *, key_ids: Collection[int] | None) -> Narrowed | None:
    """`key_ids`: API keys whose generations may be seen; None: all generations. None: nothing can be found."""
    words = wanted.words.strip()
    if _is_impossible(wanted) or (key_ids is not None and not key_ids):
        return None
    parts = _parts(wanted, key_ids)
    pk = pk_named(words)
    if pk is not None:
        return Narrowed(sources=[_Indexed(Q())], conditions=parts.conditions, low=pk, high=pk + 1) if pk else None
    sought = sought_in(words)
    if words and not sought:
        return None
    bounds = Generation.objects.pks_asked(since=_begin(wanted.since), before=_end(wanted.until))
    if bounds is None:
        return None
    if wanted.since:
        parts.conditions &= Q(created_at__gte=_begin(wanted.since))
    if wanted.until:
        parts.conditions &= Q(created_at__lt=_end(wanted.until))
    sources = parts.sources if parts.sources or sought else [_Indexed(Q())]
    return Narrowed(sources=sources, conditions=parts.conditions, sought=sought, low=bounds[0], high=bounds[1])


def _parts(wanted: Wanted, key_ids: Collection[int] | None) -> _Parts:
    parts = _Parts()
    for name, value in (
        ("kind", wanted.kind),
        ("model", wanted.model),
        ("client_name", wanted.client),
        ("account_id", wanted.account_id),
        ("api_key_id", wanted.key_id),
    ):
        if value:
            parts.add(**{name: value})
    statuses = {each for each in (wanted.status, Generation.Status.FAILED if wanted.failed else "") if each}
    for status in statuses:
        parts.add(status=status, finished_at__isnull=status in Generation.OPEN)  # each half has its index
    if wanted.pinned:
        parts.add(pinned_at__isnull=False)
    if key_ids is not None and not wanted.key_id:
        parts.sources.append(_Merged([_Indexed(Q(api_key_id=pk)) for pk in key_ids]))
    if key_ids is not None:
        parts.conditions &= Q(api_key_id__in=list(key_ids))
    if wanted.trash:
        parts.conditions &= _is_in_trash()
        parts.sources.append(_Merged([_Indexed(Q(deleted_at__isnull=False)), _with_trashed_files]))
    else:
        parts.conditions &= Q(deleted_at__isnull=True)
    return parts


def _is_impossible(wanted: Wanted) -> bool:
    """Marks and numbers that nothing stored has, and that a database does not even take as a question."""
    return max(wanted.account_id, wanted.key_id) > _LARGEST_PK or any(
        "\0" in text for text in (wanted.kind, wanted.model, wanted.status, wanted.client)
    )


def pk_named(words: str) -> int | None:
    """Of the generation whose whole id it is, or a file's of it; 0: there is none; None: it is no id."""
    if not _PUBLIC_ID.fullmatch(words):
        return None
    if words.startswith("med_"):
        return Media.objects.filter(public_id=words).values_list("generation_id", flat=True).first() or 0
    return Generation.objects.pk_of(words)


def _begin(day: date | None) -> datetime | None:
    return _midnight(max(day, _FIRST_DAY)) if day else None


def _end(day: date | None) -> datetime | None:
    return _midnight(min(max(day, _FIRST_DAY), _LAST_DAY) + timedelta(days=1)) if day else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(min(day, _LAST_DAY), time.min))


# --- sources --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Indexed:
    """All that meet a condition which has an index that goes on with the primary key."""

    condition: Q

    def __call__(self, *, low: int, high: int, most: int) -> Hits:
        rows = Generation.objects.filter(self.condition, pk__gte=low, pk__lt=high).order_by("-pk")
        pks = list(rows.values_list("pk", flat=True)[:most])
        return Hits(pks=pks, until=pks[-1] if len(pks) == most else low)


@dataclass(frozen=True, slots=True)
class _Merged:
    """What any of several sources names."""

    sources: Sequence[Source]

    def __call__(self, *, low: int, high: int, most: int) -> Hits:
        each = [source(low=low, high=high, most=most) for source in self.sources]
        until = max(hits.until for hits in each)  # down to where all have looked
        pks = {pk for hits in each for pk in hits.pks if pk >= until}
        return Hits(pks=sorted(pks, reverse=True), until=until)


def _is_in_trash() -> Q:
    """As long as it has not been emptied: by a file of it, or itself if it never had one."""
    files = Media.objects.filter(generation_id=OuterRef("pk"))
    bare = Q(deleted_at__isnull=False) & ~Q(Exists(files))
    return bare | Q(Exists(_trashed().filter(generation_id=OuterRef("pk"))))


def _trashed() -> QuerySet[Media]:
    return Media.objects.filter(deleted_at__isnull=False, removed_at__isnull=True)


def _with_trashed_files(*, low: int, high: int, most: int) -> Hits:
    rows = _trashed().filter(generation_id__gte=low, generation_id__lt=high).order_by("-generation_id")
    pks = list(rows.values_list("generation_id", flat=True).distinct()[:most])
    return Hits(pks=pks, until=pks[-1] if len(pks) == most else low)
