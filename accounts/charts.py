"""Pure: numbers become places in a drawing. A drawing is 100 high; templates stretch it to the room there is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

HEIGHT = 100.0
_BAR = 0.8  # share of its place that a bar fills


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part of a stacked bar. `y`: its upper edge, from the top of the drawing."""

    part: int  # which one, from 0
    x: float
    y: float
    width: float
    height: float


def nice_top(highest: float) -> int:
    """The end of an axis: 1, 2 or 5 times a power of ten, never below the highest value."""
    if highest <= 1:
        return 1
    power = 10 ** math.floor(math.log10(highest))
    return next(int(step * power) for step in (1, 2, 5, 10) if step * power >= highest)


def stacked(columns: Sequence[Sequence[int]]) -> tuple[int, list[list[Block]]]:
    """Bars side by side, each one unit wide, whose parts stand upon each other. Returns the axis' end and the bars."""
    top = nice_top(max((sum(column) for column in columns), default=0))
    return top, [_bar(number, column, top) for number, column in enumerate(columns)]


def _bar(number: int, column: Sequence[int], top: int) -> list[Block]:
    blocks = []
    below = 0
    for part, value in enumerate(column):
        if value:
            height = HEIGHT * value / top
            y = HEIGHT - HEIGHT * below / top - height
            x = number + (1 - _BAR) / 2
            blocks.append(Block(part=part, x=round(x, 2), y=round(y, 2), width=_BAR, height=round(height, 2)))
            below += value
    return blocks


def place(at: datetime, *, since: datetime, until: datetime) -> float:
    """Where a moment is between two others, 0…100, cut off at both ends."""
    share = (at - since) / (until - since)
    return round(100 * min(1.0, max(0.0, share)), 2)


def stairs(
    points: Sequence[tuple[datetime, float]], *, since: datetime, until: datetime, end: datetime, top: float
) -> str:
    """The path of an area below a line of steps: a value holds until the next one, the last until `end`.

    `points`: oldest first. "" if there are none.
    """
    if not points:
        return ""
    drawn = [f"M{place(points[0][0], since=since, until=until)} {HEIGHT:g}"]
    for at, value in points:
        drawn.append(f"H{place(at, since=since, until=until)}V{round(HEIGHT - HEIGHT * value / top, 2):g}")
    return " ".join([*drawn, f"H{place(end, since=since, until=until)}V{HEIGHT:g}Z"])
