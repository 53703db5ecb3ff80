"""What API keys have used today and lately: from the sums by hour, and from the rows that these do not hold yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal

from django.db.models import Aggregate, Count, Q, QuerySet, Sum

from generation.key_limits import KEY_UNINDEXED
from generation.key_spending import MAY_HAVE_SPENT, day_of
from generation.models import Generation, UsageHour
from generation.usage import usage_known_until

Period = Literal["today", "7_days", "30_days"]
TODAY: Final[tuple[Period, ...]] = ("today",)
# Days before today that belong to it.
PERIODS: Final[Mapping[Period, int]] = MappingProxyType({"today": 0, "7_days": 6, "30_days": 29})
Status = Generation.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUsage:
    """Generations that ended in a period or are still open. `images`, `videos`: those that succeeded.

    A request for many pictures may be several generations. `credits`: of what Jimeng accepted, and what is open.
    """

    generations: int = 0
    images: int = 0
    videos: int = 0
    failed: int = 0
    credits: int = 0

    def __add__(self, other: KeyUsage) -> KeyUsage:
        return KeyUsage(
            generations=self.generations + other.generations,
            images=self.images + other.images,
            videos=self.videos + other.videos,
            failed=self.failed + other.failed,
            credits=self.credits + other.credits,
        )


def keys_usage(
    api_key_ids: Collection[int], *, at: datetime, periods: Collection[Period] = TODAY
) -> dict[int, dict[Period, KeyUsage]]:
    """Of each of these keys, in four queries however many they are."""
    today = day_of(at)[0]
    since = {period: today - timedelta(days=PERIODS[period]) for period in periods}
    # The newest hour may be summed only in part: from there on the rows are counted.
    edge = usage_known_until()
    first = min(since.values())
    summed = UsageHour.objects.filter(hour__gte=first, hour__lt=edge, api_key_id__in=api_key_ids)
    rows = Generation.objects.annotate(key=KEY_UNINDEXED).filter(key__in=api_key_ids)
    found = {pk: {period: KeyUsage() for period in periods} for pk in api_key_ids}
    for key_id, usages in (
        *_by_key(summed.values("api_key_id"), {name: _of_sums(Q(hour__gte=each)) for name, each in since.items()}),
        *_by_key(
            rows.filter(finished_at__gte=max(first, edge)).values("key"),
            {name: _of_rows(Q(finished_at__gte=each)) for name, each in since.items()},
        ),
        *_by_key(rows.filter(finished_at__isnull=True).values("key"), dict.fromkeys(since, _of_rows(Q()))),
    ):
        for period, usage in usages.items():
            found[key_id][period] += usage
    return found


_NAMES: Final = tuple(field.name for field in fields(KeyUsage))
_CONDITIONS: Final = {
    "generations": Q(),
    "images": Q(kind=Generation.Kind.IMAGE, status=Status.SUCCEEDED),
    "videos": Q(kind=Generation.Kind.VIDEO, status=Status.SUCCEEDED),
    "failed": Q(status=Status.FAILED),
}


def _of_sums(period: Q) -> Mapping[str, Aggregate]:
    """The columns of a KeyUsage from sums by hour. `period`: which of them count."""
    counts = {name: Sum("generations", filter=period & each, default=0) for name, each in _CONDITIONS.items()}
    return {**counts, "credits": Sum("credits", filter=period, default=0)}


def _of_rows(period: Q) -> Mapping[str, Aggregate]:
    counts = {name: Count("pk", filter=(period & each) or None) for name, each in _CONDITIONS.items()}
    return {**counts, "credits": Sum("credits_estimated", filter=period & MAY_HAVE_SPENT, default=0)}


def _by_key(
    groups: QuerySet[Any, Any], columns: Mapping[Period, Mapping[str, Aggregate]]
) -> Iterator[tuple[int, dict[Period, KeyUsage]]]:
    """`groups`: one column, the key."""
    sums = {f"{period}_{name}": each for period, found in columns.items() for name, each in found.items()}
    for row in groups.order_by().annotate(**{f"of_{name}": each for name, each in sums.items()}):
        key_id = next(iter(row.values()))
        yield (
            key_id,
            {period: KeyUsage(**{name: row[f"of_{period}_{name}"] for name in _NAMES}) for period in columns},
        )
