"""What API keys have used today and lately: from the sums by hour, and from the rows that these do not hold yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal

from django.db.models import Count, Q, QuerySet, Sum

from generation.key_limits import KEY_UNINDEXED
from generation.key_spending import MAY_HAVE_SPENT, day_of
from generation.models import Generation, UsageHour

Period = Literal["today", "7_days", "30_days"]
# Days before today that belong to it.
PERIODS: Final[Mapping[Period, int]] = MappingProxyType({"today": 0, "7_days": 6, "30_days": 29})
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
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


def keys_usage(api_key_ids: Collection[int], *, at: datetime, period: Period = "today") -> dict[int, KeyUsage]:
    """Of each of these keys, in four queries however many they are."""
    since = day_of(at)[0] - timedelta(days=PERIODS[period])
    # The newest hour may be summed only in part: from there on the rows are counted.
    newest = UsageHour.objects.order_by("-hour").values_list("hour", flat=True).first()
    edge = newest or _LONG_AGO
    summed = UsageHour.objects.filter(hour__gte=since, hour__lt=edge, api_key_id__in=api_key_ids)
    rows = Generation.objects.annotate(key=KEY_UNINDEXED).filter(key__in=api_key_ids)
    found = {pk: KeyUsage() for pk in api_key_ids}
    for key_id, usage in (
        *_by_key(summed.values("api_key_id"), _OF_SUMS),
        *_by_key(rows.filter(finished_at__gte=max(since, edge)).values("key"), _OF_ROWS),
        *_by_key(rows.filter(finished_at__isnull=True).values("key"), _OF_ROWS),
    ):
        found[key_id] += usage
    return found


def key_usage(api_key_id: int, *, at: datetime) -> dict[Period, KeyUsage]:
    """Of one key in each period."""
    return {period: keys_usage([api_key_id], at=at, period=period)[api_key_id] for period in PERIODS}


def _by_key(groups: QuerySet[Any, Any], sums: Mapping[str, Any]) -> list[tuple[int, KeyUsage]]:
    """`groups`: one column, the key."""
    rows = groups.order_by().annotate(**sums)
    return [(next(iter(row.values())), KeyUsage(**{name: row[f"{name}_sum"] for name in _NAMES})) for row in rows]


_NAMES: Final = ("generations", "images", "videos", "failed", "credits")
_CONDITIONS: Final = {
    "images": Q(kind=Generation.Kind.IMAGE, status=Status.SUCCEEDED),
    "videos": Q(kind=Generation.Kind.VIDEO, status=Status.SUCCEEDED),
    "failed": Q(status=Status.FAILED),
}
_OF_SUMS: Final = {
    "generations_sum": Sum("generations", default=0),
    **{f"{name}_sum": Sum("generations", filter=condition, default=0) for name, condition in _CONDITIONS.items()},
    "credits_sum": Sum("credits", default=0),
}
_OF_ROWS: Final = {
    "generations_sum": Count("pk"),
    **{f"{name}_sum": Count("pk", filter=condition) for name, condition in _CONDITIONS.items()},
    "credits_sum": Sum("credits_estimated", filter=MAY_HAVE_SPENT, default=0),
}
