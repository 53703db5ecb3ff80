"""Rests and the next daily gift: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.rotation import (
    RESTS,
    FailureClass,
    Rest,
    next_gift_at,
    rest_until,
    rests_with,
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


def test_first_rests_can_be_set_and_no_limit_is_below_its_first_rest() -> None:
    rests = rests_with({"busy": "0.5", "risk_hold": "100000", "unreachable": "600"})
    assert rests[FailureClass.BUSY] == Rest(0.5, 60)
    assert rests[FailureClass.RISK_HOLD] == Rest(100_000, 100_000)  # its limit is a day otherwise
    assert rests[FailureClass.UNREACHABLE] == Rest(600, 600)
    assert rests[FailureClass.THROTTLED] == RESTS[FailureClass.THROTTLED]
    assert rest_until(FailureClass.BUSY, failures_in_a_row=3, at=AT, rests=rests) == AT + timedelta(seconds=2)


@pytest.mark.parametrize("wrong", [{"lazy": "3"}, {"expired": "3"}, {"busy": "soon"}, {"busy": "-1"}, {"busy": "nan"}])
def test_other_rests_are_mistakes(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"lazy|expired|soon|busy"):
        rests_with(wrong)
