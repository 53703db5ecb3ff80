"""What an API key may ask for: requests a minute, generations at once, credits a day.

It is checked in the transaction that stores generations. That one holds the rows of limited keys, so that several
processes cannot let in together what each alone may; keys without limits cost nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Case, Count, F, Min, Q, When
from django.utils import timezone

from accounts.errors import Allowance, KeyLimitError, KeyOutOfCredits, KeyRateLimited, KeyTooBusy
from accounts.models import ApiKey
from generation.key_spending import day_of, day_spending
from generation.models import Generation
from jimeng_site.database import in_database

MINUTE: Final = timedelta(seconds=60)
TOO_BUSY_RETRY_S: Final = 5.0  # about what a picture takes
# A request for more pictures than one submission yields is a group of rows: the first of it stands for all.
FIRST_OF_REQUEST: Final = Q(group_id="") | Q(group_id=F("public_id"))
REQUEST_ID: Final = Case(When(group_id="", then=F("public_id")), default=F("group_id"))
_FIRST_STRIDE, _STRIDE_GROWS = 64, 4
# A number that no index knows: SQLite would read all of a key's generations to find the few open ones among them.
KEY_UNINDEXED: Final = F("api_key_id") + 0


@dataclass(slots=True, kw_only=True)
class KeyStanding:
    """A key, and how much of its limits is used at a moment. What is not limited is not looked up."""

    key: ApiKey
    at: datetime
    recent: int
    """Requests of the last minute; as many as the limit at most."""
    oldest: datetime | None
    """When the first of these came; None if there is none."""
    open_requests: int
    credits_today: int

    @property
    def allowance(self) -> Allowance | None:
        """None: its requests are not limited."""
        limit = self.key.requests_per_minute
        if limit is None:
            return None
        reset_s = 0.0 if self.oldest is None else (self.oldest + MINUTE - self.at).total_seconds()
        return Allowance(limit=limit, remaining=max(0, limit - self.recent), reset_s=reset_s)

    def refusal(self, rows: Sequence[Generation]) -> KeyLimitError | None:
        """Why this request is too much; None if it is not."""
        refusal = self._too_often() or self._too_many() or self._too_dear(sum(row.credits_estimated for row in rows))
        if refusal is not None:
            refusal.allowance = self.allowance
        return refusal

    def take(self, rows: Sequence[Generation]) -> None:
        """One more request, which is let in."""
        self.recent += 1
        self.oldest = self.oldest or rows[0].created_at
        self.open_requests += 1
        self.credits_today += sum(row.credits_estimated for row in rows)

    def _too_often(self) -> KeyLimitError | None:
        allowance = self.allowance
        if allowance is None or allowance.remaining:
            return None
        text = f"This API key may make {allowance.limit} requests a minute; nothing was spent."
        return KeyRateLimited(text, retry_after_s=allowance.reset_s or MINUTE.total_seconds())

    def _too_many(self) -> KeyLimitError | None:
        limit = self.key.concurrent_generations
        if limit is None or self.open_requests < limit:
            return None
        text = f"This API key may have {limit} requests under way at once; nothing was spent."
        return KeyTooBusy(text, retry_after_s=TOO_BUSY_RETRY_S)

    def _too_dear(self, cost_credits: int) -> KeyLimitError | None:
        limit = self.key.credits_per_day
        if limit is None or self.credits_today + cost_credits <= limit:
            return None
        ends_at = timezone.localtime(day_of(self.at)[1], timezone.get_default_timezone())
        return KeyOutOfCredits(
            f"This API key may spend {limit} credits a day: {self.credits_today} are spent or under way today, and "
            f"this request needs {cost_credits}. The day ends at {ends_at:%Y-%m-%d %H:%M %Z}."
        )


class KeyGates:
    """The standings of the limited keys of one batch of requests."""

    def __init__(self, standings: Mapping[int, KeyStanding]) -> None:
        self._standings = standings

    def refusal(self, rows: Sequence[Generation]) -> KeyLimitError | None:
        standing = self._of(rows)
        return None if standing is None else standing.refusal(rows)

    def take(self, rows: Sequence[Generation]) -> Allowance | None:
        """Let a request in. What its key may still ask for in this minute; None: any number."""
        standing = self._of(rows)
        if standing is None:
            return None
        standing.take(rows)
        return standing.allowance

    def _of(self, rows: Sequence[Generation]) -> KeyStanding | None:
        return self._standings.get(rows[0].api_key_id or 0)


def key_gates(requests: Iterable[Sequence[Generation]]) -> KeyGates:
    """For these unsaved requests, each its rows. Holds the rows of their limited keys until the transaction ends."""
    asked_at: dict[int, datetime] = {}
    for rows in requests:
        key = rows[0].api_key
        if key is not None and is_limited(key):
            asked_at[key.pk] = max(rows[0].created_at, asked_at.get(key.pk, rows[0].created_at))
    if not asked_at:
        return KeyGates({})
    # In one order everywhere, so that none waits for another; not in the way of those who only refer to a key.
    held = ApiKey.objects.select_for_update(no_key=True).filter(pk__in=asked_at).order_by("pk")
    return KeyGates({key.pk: key_standing(key, at=asked_at[key.pk]) for key in held})


def is_limited(key: ApiKey) -> bool:
    return not (key.requests_per_minute is key.concurrent_generations is key.credits_per_day is None)


async def api_key_allowance(*, api_key: ApiKey) -> Allowance | None:
    """What this key may still ask for in this minute; None: any number."""
    if api_key.requests_per_minute is None:
        return None
    at = timezone.now()
    recent, oldest = await in_database(_recent, api_key, at)
    return KeyStanding(key=api_key, at=at, recent=recent, oldest=oldest, open_requests=0, credits_today=0).allowance


def key_standing(key: ApiKey, *, at: datetime) -> KeyStanding:
    """How much of its limits this key has used."""
    recent, oldest = _recent(key, at)
    open_requests, credits_today = 0, 0
    if key.concurrent_generations is not None or key.credits_per_day is not None:
        still_open = Generation.objects.still_open().alias(key=KEY_UNINDEXED).filter(key=key.pk).order_by()
        found = still_open.aggregate(requests=Count(REQUEST_ID, distinct=True), first=Min("pk"))
        open_requests = found["requests"]
        if key.credits_per_day is not None:
            credits_today = day_spending.credits(key, at=at, first_open=found["first"])
    return KeyStanding(
        key=key, at=at, recent=recent, oldest=oldest, open_requests=open_requests, credits_today=credits_today
    )


def _recent(key: ApiKey, at: datetime) -> tuple[int, datetime | None]:
    """How many requests of this key came in the minute before `at`, its limit at most, and when the first of them did.

    Goes back from the newest in strides that grow: there is no index of times.
    """
    limit = key.requests_per_minute
    if limit is None:
        return 0, None
    newest = Generation.objects.filter(FIRST_OF_REQUEST, api_key_id=key.pk).order_by("-pk").values("created_at")
    is_recent = Q(created_at__gt=at - MINUTE)
    stride = _FIRST_STRIDE
    while True:
        seen = min(stride, limit)
        found = newest[:seen].aggregate(
            count=Count("created_at", filter=is_recent), oldest=Min("created_at", filter=is_recent)
        )
        if found["count"] < seen or seen == limit:
            return found["count"], found["oldest"]
        stride *= _STRIDE_GROWS
