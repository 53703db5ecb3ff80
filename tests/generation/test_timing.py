"""When to ask the upstream: tables. All times are seconds on the loop's clock."""

from __future__ import annotations

from itertools import pairwise

import pytest

from generation.engine.timing import Window, next_ask_at

FAST = Window(100.0, 104.0, 106.0)  # expected after 5 s: gap 0.5
SLOW = Window(100.0, 150.0, 170.0)  # expected after 60 s: gap 1, the largest
QUICK = Window(100.0, 100.4, 100.6)  # expected after half a second: gap 0.2, the smallest


@pytest.mark.parametrize(("window", "gap_s"), [(FAST, 0.5), (SLOW, 1.0), (QUICK, 0.2)])
def test_the_gap_is_a_tenth_of_what_it_takes(window: Window, gap_s: float) -> None:
    assert window.gap_s == pytest.approx(gap_s)


@pytest.mark.parametrize(
    ("window", "now", "asked_at", "due_at"),
    [
        # it cannot be ready yet: a fifth of the latest (70 s) is 14 s
        (SLOW, 100.0, 0.0, 114.0),
        (SLOW, 114.0, 114.0, 128.0),
        (SLOW, 128.0, 128.0, 142.0),
        (SLOW, 142.0, 142.0, 150.0),  # not beyond the earliest
        # a fifth of 6 s would be 1.2 s: at least 2
        (FAST, 100.0, 0.0, 102.0),
        (FAST, 102.0, 102.0, 104.0),
        # a fifth of 1000 s would be 200 s: at most 30
        (Window(100.0, 900.0, 1100.0), 100.0, 0.0, 130.0),
        # it may be ready: at once, the account's gap comes on top
        (SLOW, 150.0, 142.0, 142.0),
        (SLOW, 169.9, 169.0, 169.0),
        # it is late: a fifth of the delay, at most 10 s
        (SLOW, 170.0, 169.0, 169.0),
        (SLOW, 175.0, 174.0, 175.0),
        (SLOW, 200.0, 199.0, 205.0),
        (SLOW, 500.0, 499.0, 509.0),
    ],
)
def test_when_a_record_wants_to_be_asked_for(window: Window, now: float, asked_at: float, due_at: float) -> None:
    assert window.next_ask_at(now=now, asked_at=asked_at) == pytest.approx(due_at)


@pytest.mark.parametrize(
    ("windows", "now", "asked_at", "ask_at"),
    [
        # one that is due: a gap after the last time
        ([SLOW], 160.0, 160.0, 161.0),
        ([FAST], 105.0, 105.0, 105.5),
        # the account was not asked for long: at once
        ([FAST], 105.0, 50.0, 50.5),
        # the quicker one sets the gap of both
        ([SLOW, FAST], 105.0, 105.0, 105.5),
        # one that is not due waits for the other, up to 0.3 gaps: FAST is due at 104, the other at 104.1
        ([FAST, Window(100.0, 104.1, 106.1)], 103.0, 102.5, 104.1),
        # 0.3 × 0.5 s is 0.15 s: one that is due at 104.2 is not waited for
        ([FAST, Window(100.0, 104.2, 106.2)], 103.0, 102.5, 104.0),
        # 12 records keep the gap, 24 halve it, 100 would make it 0.06: at least 0.15
        ([FAST] * 12, 105.0, 105.0, 105.5),
        ([FAST] * 24, 105.0, 105.0, 105.25),
        ([FAST] * 100, 105.0, 105.0, 105.15),
    ],
)
def test_when_an_account_is_asked_for_all_of_them(
    windows: list[Window], now: float, asked_at: float, ask_at: float
) -> None:
    assert next_ask_at(windows, now=now, asked_at=asked_at) == pytest.approx(ask_at)


def test_asking_is_never_denser_than_the_smallest_gap() -> None:
    asked_at = now = 100.0
    times = []
    while now < 101.5:
        now = asked_at = next_ask_at([QUICK], now=now, asked_at=asked_at)
        times.append(now)
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.2 - 1e-9
