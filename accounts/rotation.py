"""Pure: how long an account rests after which failure, and when the next daily gift comes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from accounts.shanghai import day_of, start_of


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
RESTS: Mapping[FailureClass, Rest] = MappingProxyType(
    {
        FailureClass.BUSY: Rest(3, 60),
        FailureClass.THROTTLED: Rest(30, 15 * 60),
        FailureClass.RISK_HOLD: Rest(2 * 3600, 24 * 3600),
        FailureClass.REGION: Rest(24 * 3600, 24 * 3600),
        FailureClass.UNREACHABLE: Rest(2, 10 * 60),
    }
)
BARRED_FOR = timedelta(hours=24)
DAILY_GIFT_CREDITS = 66  # as seen: docs/upstream.md#account


def rests_with(first_s: Mapping[str, str]) -> Mapping[FailureClass, Rest]:
    """The table of rests with other first ones, {"busy": "3"}; a limit is never below its first rest.

    Raises ValueError for a failure that has no rest, and for what is no number of seconds above 0.
    """
    rests = dict(RESTS)
    for name, text in first_s.items():
        if name not in RESTS:
            raise ValueError(f"{name!r} is none of {', '.join(RESTS)}")
        seconds = float(text)
        if not (seconds > 0 and math.isfinite(seconds)):
            raise ValueError(f"{name}={text} is no number of seconds above 0")
        failure = FailureClass(name)
        rests[failure] = Rest(seconds, max(seconds, RESTS[failure].limit_s))
    return rests


def rest_until(
    failure: FailureClass,
    *,
    failures_in_a_row: int,
    at: datetime,
    retry_after_s: float | None = None,
    rests: Mapping[FailureClass, Rest] = RESTS,
) -> datetime:
    """When the account may be tried again. `failures_in_a_row` counts this one. No credits: the next daily gift."""
    if failure is FailureClass.NO_CREDITS:
        return next_gift_at(at)
    rest_s = rests[failure].after(failures_in_a_row)
    if failure is FailureClass.THROTTLED and retry_after_s is not None:
        rest_s = max(1.0, min(retry_after_s, rests[failure].limit_s))
    return at + timedelta(seconds=rest_s)


def next_gift_at(at: datetime) -> datetime:
    """The next midnight in Shanghai (gift credits lapse at 23:59:59 there), plus five minutes for the upstream."""
    return start_of(day_of(at) + timedelta(days=1)) + timedelta(minutes=5)
