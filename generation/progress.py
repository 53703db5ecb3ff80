"""How far a generation is: pure arithmetic on what the upstream and this model's past say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Phase = Literal["queued", "preparing", "waiting", "generating", "done"]

ACCEPTED_PERCENT, EXPECTED_PERCENT, LAST_PERCENT = 5, 95, 99
TYPICAL_S = {"image": 12.0, "video": 120.0}  # docs/upstream.md#following


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`percent`: 0…100, 100 only when done. `queue_position`, `queue_length`: None where not known; the gateway's
    own queue while `queued`, the upstream's while `waiting`. `eta_s`: seconds that it may still take; None: unknown.
    `ready`: pictures that are there.
    """

    phase: Phase
    percent: int
    elapsed_s: float
    eta_s: float | None = None
    queue_position: int | None = None
    queue_length: int | None = None
    ready: int = 0


def percent_of(*, elapsed_s: float, expected_s: float) -> int:
    """Linear up to the expected end, then ever slower towards 99: it never goes back nor claims to be done."""
    if expected_s <= 0:
        return ACCEPTED_PERCENT
    share = elapsed_s / expected_s
    if share <= 1:
        return int(ACCEPTED_PERCENT + (EXPECTED_PERCENT - ACCEPTED_PERCENT) * max(0.0, share))
    # 1 - 1/share goes from 0 to 1: at twice the expected time half of the rest is shown.
    return int(EXPECTED_PERCENT + (LAST_PERCENT - EXPECTED_PERCENT) * (1 - 1 / share))


def running_progress(
    *,
    kind: str,
    elapsed_s: float,
    expected_s: float | None,
    is_waiting: bool = False,
    queue_position: int | None = None,
    queue_length: int | None = None,
    ready: int = 0,
) -> Progress:
    """Of an accepted generation. `expected_s`: from acceptance to the end; None: what is typical of its kind."""
    total_s = TYPICAL_S[kind] if expected_s is None else expected_s
    return Progress(
        phase="waiting" if is_waiting else "generating",
        percent=percent_of(elapsed_s=elapsed_s, expected_s=total_s),
        elapsed_s=elapsed_s,
        eta_s=max(0.0, total_s - elapsed_s) if elapsed_s < total_s else None,
        queue_position=queue_position if is_waiting else None,
        queue_length=queue_length if is_waiting else None,
        ready=ready,
    )
