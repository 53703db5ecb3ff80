"""Pure: how long an account rests after which failure, and which account comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class FailureClass(StrEnum):
    """What a failure says about the account."""

    EXPIRED = "expired"
    NO_CREDITS = "no_credits"
    BARRED = "barred"  # this model and resolution only
    BUSY = "busy"
    THROTTLED = "throttled"
    RISK_HOLD = "risk_hold"
    REGION = "region"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Rest:
    """First rest in seconds, doubled with each further failure in a row up to a limit."""

    first_s: float
    limit_s: float

    def after(self, failures_in_a_row: int) -> float:
        return min(self.limit_s, self.first_s * 2.0 ** min(failures_in_a_row - 1, 30))


# Our own choices, on the polite side: the upstream documents none of them.
RESTS: dict[FailureClass, Rest] = {
    FailureClass.BUSY: Rest(3, 60),
    FailureClass.THROTTLED: Rest(30, 15 * 60),
    FailureClass.RISK_HOLD: Rest(2 * 3600, 24 * 3600),
    FailureClass.REGION: Rest(24 * 3600, 24 * 3600),
    FailureClass.UNREACHABLE: Rest(2, 10 * 60),
}
BARRED_FOR = timedelta(hours=24)


def rest_until(
    failure: FailureClass, *, failures_in_a_row: int, at: datetime, retry_after_s: float | None = None
) -> datetime:
    """When the account may be tried again. `failures_in_a_row` counts this one. No credits: the next daily gift."""
    if failure is FailureClass.NO_CREDITS:
        return next_gift_at(at)
    rest_s = RESTS[failure].after(failures_in_a_row)
    if failure is FailureClass.THROTTLED and retry_after_s is not None:
        rest_s = max(1.0, min(retry_after_s, RESTS[failure].limit_s))
    return at + timedelta(seconds=rest_s)


def next_gift_at(at: datetime) -> datetime:
    """The next midnight in Shanghai (gift credits lapse at 23:59:59 there), plus five minutes for the upstream."""
    today = at.astimezone(SHANGHAI)
    midnight = datetime(today.year, today.month, today.day, tzinfo=SHANGHAI) + timedelta(days=1)
    return (midnight + timedelta(minutes=5)).astimezone(UTC)


@dataclass(slots=True, kw_only=True)
class Candidate:
    """An account as the choice sees it. `credits` None: not known, worth a try. `free`: how many more it may take."""

    account_id: int
    priority: int
    credits: int | None
    gift_expires_at: datetime | None
    leases: int
    free: int
    last_used_at: datetime | None
    usable_at: datetime | None
    """None: now. Otherwise it rests until then."""
    expired: bool
    barred: frozenset[str]


_NEVER = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def choose(candidates: Sequence[Candidate], *, cost_credits: int, model_key: str) -> Candidate | None:
    """The best account that can take it now: priority, credits that lapse soonest, fewest leases, longest unused."""
    able = [
        each
        for each in candidates
        if each.free > 0
        and each.usable_at is None
        and not each.expired
        and model_key not in each.barred
        and (each.credits is None or each.credits >= cost_credits)
    ]
    return min(able, key=_order, default=None)


def _order(candidate: Candidate) -> tuple[int, datetime, int, datetime]:
    return (
        -candidate.priority,
        candidate.gift_expires_at or _NEVER,
        candidate.leases,
        candidate.last_used_at or _LONG_AGO,
    )
