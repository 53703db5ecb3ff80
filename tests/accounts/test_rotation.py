"""Rests, the next daily gift, and the order of choice: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.rotation import (
    RESTS,
    Candidate,
    FailureClass,
    Rest,
    choose,
    next_gift_at,
    rest_until,
)

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 3), (2, 6), (3, 12), (4, 24), (5, 48), (6, 60), (7, 60), (1000, 60)],  # 3 s doubled, at most 60
)
def test_each_further_failure_doubles_the_rest_up_to_its_limit(failures: int, seconds: float) -> None:
    assert Rest(3, 60).after(failures) == seconds
    assert rest_until(FailureClass.BUSY, failures_in_a_row=failures, at=AT) == AT + timedelta(seconds=seconds)


def test_every_failure_but_three_has_a_rest() -> None:
    without = {FailureClass.EXPIRED, FailureClass.BARRED, FailureClass.NO_CREDITS}
    assert set(RESTS) == set(FailureClass) - without
    assert all(0 < rest.first_s <= rest.limit_s for rest in RESTS.values())


@pytest.mark.parametrize(
    ("asked", "failures", "seconds"),
    [
        (None, 1, 30),
        (None, 2, 60),
        (120.0, 1, 120),
        (120.0, 5, 120),  # what was said counts, not how often
        (0.2, 1, 1),
        (10_000.0, 1, 900),
    ],
)
def test_throttling_rests_as_long_as_the_upstream_said(asked: float | None, failures: int, seconds: float) -> None:
    until = rest_until(FailureClass.THROTTLED, failures_in_a_row=failures, at=AT, retry_after_s=asked)
    assert until == AT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("now", "gift"),
    [
        # Shanghai is 8 hours ahead all year: its midnight is 16:00 UTC
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), datetime(2026, 11, 22, 16, 5, tzinfo=UTC)),
        (datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 22, 16, 5, tzinfo=UTC)),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), datetime(2026, 11, 23, 16, 5, tzinfo=UTC)),
        (datetime(2026, 12, 31, 20, 0, tzinfo=UTC), datetime(2027, 1, 1, 16, 5, tzinfo=UTC)),
        (datetime(2028, 2, 28, 17, 0, tzinfo=UTC), datetime(2028, 2, 29, 16, 5, tzinfo=UTC)),
    ],
)
def test_the_next_gift_comes_after_midnight_in_shanghai(now: datetime, gift: datetime) -> None:
    assert next_gift_at(now) == gift
    assert next_gift_at(now).tzinfo is UTC
    assert rest_until(FailureClass.NO_CREDITS, failures_in_a_row=9, at=now) == gift


def candidate(account_id: int, **over: Any) -> Candidate:
    fields: dict[str, Any] = {
        "account_id": account_id,
        "priority": 0,
        "credits": 66,
        "gift_expires_at": None,
        "leases": 0,
        "free": 2,
        "last_used_at": None,
        "usable_at": None,
        "expired": False,
        "barred": frozenset(),
    }
    return Candidate(**fields | over)


def chosen(*candidates: Candidate) -> int | None:
    found = choose(candidates, cost_credits=3, model_key="jimeng-4.5/2k")
    return None if found is None else found.account_id


@pytest.mark.parametrize(
    ("why", "better", "worse"),
    [
        ("priority", {"priority": 2, "leases": 1}, {"priority": 1}),
        ("lapsing credits", {"gift_expires_at": AT, "leases": 1}, {"gift_expires_at": None}),
        ("credits that lapse sooner", {"gift_expires_at": AT, "leases": 1}, {"gift_expires_at": AT + timedelta(1)}),
        ("fewer leases", {"leases": 0, "last_used_at": AT}, {"leases": 1, "last_used_at": None}),
        ("longest unused", {"last_used_at": AT - timedelta(1)}, {"last_used_at": AT}),
        ("never used", {"last_used_at": None}, {"last_used_at": AT - timedelta(999)}),
    ],
)
def test_the_better_account_is_chosen_wherever_it_stands(
    why: str, better: dict[str, Any], worse: dict[str, Any]
) -> None:
    first, second = candidate(1, **better), candidate(2, **worse)
    assert (chosen(first, second), chosen(second, first)) == (1, 1)


@pytest.mark.parametrize(
    "over",
    [
        {"free": 0},
        {"free": -1},  # its cap was lowered while it was lent
        {"usable_at": AT},
        {"expired": True},
        {"barred": frozenset({"jimeng-4.5/2k"})},
        {"credits": 2},
    ],
)
def test_the_unable_are_never_chosen(over: dict[str, Any]) -> None:
    assert chosen(candidate(1, priority=9, **over)) is None
    assert chosen(candidate(1, priority=9, **over), candidate(2)) == 2


@pytest.mark.parametrize("over", [{"credits": None}, {"credits": 3}, {"barred": frozenset({"jimeng-4.5/4k"})}])
def test_the_able_are(over: dict[str, Any]) -> None:
    assert chosen(candidate(1, **over)) == 1


def test_nobody_is_chosen_from_nobody() -> None:
    assert chosen() is None
