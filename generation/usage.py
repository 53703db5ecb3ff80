"""Sums of finished generations by hour: made from the rows, as often as one likes, and read by charts and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.db import connection, transaction
from django.db.models import Count, F, FloatField, Func, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import Account, ApiKey
from generation.catalog import MODELS
from generation.models import Generation, UsageHour

HOUR = timedelta(hours=1)
_GROUP = ("api_key_id", "account_id", "model", "kind", "status", "error_code")
Dimension = Literal["api_key_id", "account_id", "model"]


class SecondsBetween(Func):
    """`SecondsBetween(earlier, later)` in SQL: Django's own difference of times is a Python call a row on SQLite."""

    output_field = FloatField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "((julianday(%(expressions)s)) * -86400.0)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(EXTRACT(EPOCH FROM (%(expressions)s)) * -1)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What came of some generations. Waits are from the request to Jimeng's acceptance, of those that succeeded."""

    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    credits: int = 0
    waited_s: float | None = None  # mean; None: none succeeded
    waited_max_s: float = 0.0

    @property
    def total(self) -> int:
        return self.succeeded + self.failed + self.cancelled

    @property
    def success_rate(self) -> float | None:
        """0…1, of those that were not cancelled; None if there are none."""
        ended = self.succeeded + self.failed
        return self.succeeded / ended if ended else None


def hour_of(instant: datetime) -> datetime:
    """The beginning of its hour, UTC."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


# --- making -------------------------------------------------------------------------------------


@transaction.atomic
def usage_sum_hour(*, hour: datetime) -> None:
    """Make the sums of one whole hour anew."""
    _one_at_a_time()
    accepted = ~Q(history_record_id="")
    waited = SecondsBetween(F("created_at"), F("submitted_at"))
    found = (
        Generation.objects.filter(finished_at__gte=hour, finished_at__lt=hour + HOUR)
        .order_by()
        .values(*_GROUP)
        .annotate(
            generations=Count("pk"),
            credits=Coalesce(Sum("credits_estimated", filter=accepted), 0),
            waited_s=Coalesce(Sum(waited), 0.0),
            waited_max_s=Coalesce(Max(waited), 0.0),
            ran_s=Coalesce(Sum(SecondsBetween(F("submitted_at"), F("finished_at"))), 0.0),
        )
    )
    UsageHour.objects.filter(hour=hour).delete()
    _insert(hour, found)


def _one_at_a_time() -> None:
    """Until the transaction ends. Of two that sum the same hour side by side the second would not see the rows of the
    first, and leave them beside its own. Readers are not in the way."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(UsageHour._meta.db_table)
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def _insert(hour: datetime, sums: QuerySet[Any, Any]) -> None:
    """INSERT … SELECT: the rows of a busy hour, which are many, need not come here and go back."""
    quote = connection.ops.quote_name
    names = [*sums.query.values_select, *sums.query.annotation_select]
    columns = ", ".join(quote(name) for name in ("hour", *names))
    select, params = sums.query.sql_with_params()
    table = quote(UsageHour._meta.db_table)
    at = UsageHour._meta.get_field("hour").get_db_prep_save(hour, connection)
    with connection.cursor() as cursor:
        sql = f"INSERT INTO {table} ({columns}) SELECT %s, sums.* FROM ({select}) sums"  # noqa: S608  (our own names)
        cursor.execute(sql, [at, *params])


def usage_sum_next(*, since: datetime) -> datetime | None:
    """Make the sums of the first hour from `since` on in which something ended. Returns the hour after it, or None.

    Hours whose generations are all gone keep their sums.
    """
    ends = Generation.objects.filter(finished_at__gte=since).order_by("finished_at").values_list("finished_at")
    first = ends.first()
    if first is None or first[0] is None:
        return None
    hour = hour_of(first[0])
    usage_sum_hour(hour=hour)
    return hour + HOUR


def usage_rebuild(*, since: datetime | None = None) -> Iterator[datetime]:
    """Make all sums from the hour of `since` on anew, an hour at a time. Yields each hour's end."""
    upto: datetime | None = hour_of(since) if since else datetime(1970, 1, 1, tzinfo=UTC)
    while upto is not None:
        upto = usage_sum_next(since=upto)
        if upto is not None:
            yield upto


def usage_known_until() -> datetime:
    """The newest hour that has sums, which may be of a part of it only; the epoch if none has."""
    newest = UsageHour.objects.order_by("-hour").values_list("hour", flat=True).first()
    return newest or datetime(1970, 1, 1, tzinfo=UTC)


# --- reading ------------------------------------------------------------------------------------


def _status(value: str) -> Any:
    return Coalesce(Sum("generations", filter=Q(status=value)), 0)


_COUNTS = {
    "succeeded": _status("succeeded"),
    "failed": _status("failed"),
    "cancelled": _status("cancelled"),
    "spent": Coalesce(Sum("credits"), 0),
}
_WAITS = {
    "waited_total_s": Coalesce(Sum("waited_s", filter=Q(status="succeeded")), 0.0),
    "waited_max_s": Coalesce(Max("waited_max_s", filter=Q(status="succeeded")), 0.0),
}


def _counts(row: Mapping[str, Any]) -> Sums:
    return Sums(succeeded=row["succeeded"], failed=row["failed"], cancelled=row["cancelled"], credits=row["spent"])


def _with_waits(row: Mapping[str, Any]) -> Sums:
    waited_s = row["waited_total_s"] / row["succeeded"] if row["succeeded"] else None
    return replace(_counts(row), waited_s=waited_s, waited_max_s=row["waited_max_s"])


def usage_by_hour(*, since: datetime, until: datetime) -> list[tuple[datetime, Sums]]:
    """Each hour from that of `since` to that of `until`, oldest first; hours without anything are there, empty."""
    first = hour_of(since)
    sums = UsageHour.objects.filter(hour__gte=first, hour__lte=until).order_by().values("hour")
    known = {row["hour"]: _with_waits(row) for row in sums.annotate(**_COUNTS, **_WAITS)}
    count = int((hour_of(until) - first) / HOUR) + 1
    return [(hour, known.get(hour, Sums())) for hour in (first + HOUR * number for number in range(count))]


def usage_by(dimension: Dimension, *, since: datetime, most: int) -> list[tuple[Any, Sums]]:
    """Who spent most credits since then, without waits: keys, accounts (primary keys) or models that are there still.

    Naming all that there are lets both databases read one index in its order, and sort nothing.
    """
    known: Any = {"api_key_id": ApiKey.objects.values("pk"), "account_id": Account.objects.values("pk")}
    chosen = UsageHour.objects.filter(
        **{f"{dimension}__in": known.get(dimension, list(MODELS)), "hour__gte": hour_of(since)}
    )
    rows = chosen.order_by().values(dimension).annotate(**_COUNTS).order_by("-spent", "-succeeded", dimension)[:most]
    return [(row[dimension], _counts(row)) for row in rows]


def usage_of(dimension: Dimension, value: int | str, *, since: datetime) -> Sums:
    """What one key, account or model did in the whole hours since then, without waits."""
    return _counts(UsageHour.objects.filter(**{dimension: value, "hour__gte": hour_of(since)}).aggregate(**_COUNTS))


def usage_total(hours: Sequence[tuple[datetime, Sums]]) -> Sums:
    """Of all these hours together."""
    sums = [each for _, each in hours]
    succeeded = sum(each.succeeded for each in sums)
    waited_s = sum((each.waited_s or 0.0) * each.succeeded for each in sums)
    return Sums(
        succeeded=succeeded,
        failed=sum(each.failed for each in sums),
        cancelled=sum(each.cancelled for each in sums),
        credits=sum(each.credits for each in sums),
        waited_s=waited_s / succeeded if succeeded else None,
        waited_max_s=max((each.waited_max_s for each in sums), default=0.0),
    )
