"""How many credits an API key has spent today, or may still spend: quickly, however many generations it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, Q, Sum
from django.utils import timezone

from accounts.models import ApiKey
from generation.errors import OutcomeUnknown
from generation.models import Generation

# What is open may still spend; what Jimeng accepted is spent, whatever came of it; see also wording.spending.
MAY_HAVE_SPENT: Final = Q(finished_at__isnull=True) | ~Q(history_record_id="") | Q(error_code=OutcomeUnknown.code)
# Rows are stored in the order in which they are created, but for the moments that they wait for the database.
_DISORDER: Final = timedelta(hours=1)
_FIRST_STRIDE: Final = 64
_NO_ID: Final = 2**63 - 1


def day_of(at: datetime) -> tuple[datetime, datetime]:
    """Beginning and end of a day in the gateway's time zone (TIME_ZONE)."""
    zone = timezone.get_default_timezone()
    today = timezone.localtime(at, zone).date()
    tomorrow = today + timedelta(days=1)
    begins, ends = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (today, tomorrow))
    return begins, ends


@dataclass(frozen=True, slots=True, kw_only=True)
class _Over:
    """The part of a key's day that no longer changes: its generations up to `through_id` have all ended."""

    day: datetime
    through_id: int
    credits: int


class DaySpending:
    """Sums by key and day. What is over is summed once in a process; only the rest is read again."""

    KEYS_MAX: Final = 2000

    def __init__(self) -> None:
        self._over: dict[str, _Over] = {}  # by ApiKey.key_hash: keys come and go, also in tests

    def credits(self, key: ApiKey, *, at: datetime, first_open: int | None) -> int:
        """Of all generations of a key that were created today. `first_open`: the oldest that has not ended, of any day.

        Runs in the transaction that stores the key's next ones, before these.
        """
        day, _ = day_of(at)
        over = self._over.get(key.key_hash)
        if over is None or over.day != day:
            over = _Over(day=day, through_id=_last_before(key.pk, day - _DISORDER), credits=0)
        is_over = Q(pk__lt=_NO_ID if first_open is None else first_open)
        rows = Generation.objects.filter(MAY_HAVE_SPENT, api_key_id=key.pk, pk__gt=over.through_id)
        found = rows.filter(created_at__gte=day).aggregate(
            total=Sum("credits_estimated", default=0),
            over=Sum("credits_estimated", default=0, filter=is_over),
            through=Max("pk", filter=is_over),
        )
        total: int = over.credits + found["total"]
        through_id = over.through_id if found["through"] is None else found["through"]
        self._remember(key, _Over(day=day, through_id=through_id, credits=over.credits + found["over"]))
        return total

    def _remember(self, key: ApiKey, over: _Over) -> None:
        if len(self._over) >= self.KEYS_MAX:
            self._over.clear()
        self._over[key.key_hash] = over


def _last_before(api_key_id: int, moment: datetime) -> int:
    """The id of a generation of this key from before `moment`, near it; 0 if there is none.

    Goes back in strides that double: there is no index of times.
    """
    newest = Generation.objects.filter(api_key_id=api_key_id).order_by("-pk").values_list("pk", "created_at")
    stride = 0
    while True:
        found = list(newest[stride : stride + 1])
        if not found:
            return 0
        if found[0][1] < moment:
            return int(found[0][0])
        stride = max(_FIRST_STRIDE, stride * 2)


day_spending = DaySpending()
