"""Pure: when to ask the upstream next. Sparse while it cannot be ready, dense around the expected finish."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

GAP_MIN_S = 0.3  # dense asking for pictures that take a few seconds
GAP_MAX_S = 1.0  # dense asking for everything slower: still once a second
GAP_SHARE = 0.1  # of the expected duration
OVERDUE_SHARE = 0.2  # past the expected end, the gap grows with the delay
OVERDUE_GAP_MAX_S = 10.0
SPARSE_SHARE = 1 / 3  # of the expected duration, while it cannot be ready
SPARSE_MIN_S, SPARSE_MAX_S = 2.0, 30.0
FORECAST_EARLY, FORECAST_LATE = 0.85, 1.3  # how far a forecast is believed before this model was watched
UNKNOWN_FORECAST_S = {"image": 12.0, "video": 120.0}  # typical durations (docs/upstream.md#following)
REMEMBERED = 40


@dataclass(frozen=True, slots=True)
class Window:
    """When a record is expected to be ready: seconds on the loop's clock."""

    submitted_at: float
    early_at: float
    late_at: float

    @property
    def gap_s(self) -> float:
        expected_s = (self.early_at + self.late_at) / 2 - self.submitted_at
        return min(GAP_MAX_S, max(GAP_MIN_S, GAP_SHARE * expected_s))

    def next_ask_at(self, *, now: float, asked_at: float) -> float:
        """When this record alone would be asked for, given the last time its account was asked."""
        if now >= self.late_at:
            gap_s = min(OVERDUE_GAP_MAX_S, max(self.gap_s, OVERDUE_SHARE * (now - self.late_at)))
            return asked_at + gap_s
        if now >= self.early_at:
            return asked_at + self.gap_s
        sparse_s = SPARSE_SHARE * (self.late_at - self.submitted_at)
        sparse_s = min(SPARSE_MAX_S, max(SPARSE_MIN_S, sparse_s))
        return min(self.early_at, max(asked_at, self.submitted_at) + sparse_s)


def next_ask_at(windows: Iterable[Window], *, now: float, asked_at: float) -> float:
    """When an account is asked for all its records: as soon as one of them is due, never denser than its gap."""
    earliest, gap_s = float("inf"), GAP_MAX_S
    for window in windows:
        earliest = min(earliest, window.next_ask_at(now=now, asked_at=asked_at))
        gap_s = min(gap_s, window.gap_s)
    return max(earliest, asked_at + gap_s)


@dataclass(slots=True)
class Forecaster:
    """What each kind of work took lately, in seconds from acceptance to the first sight of the result."""

    _seen: dict[str, deque[float]] = field(default_factory=dict)

    def learn(self, key: str, took_s: float) -> None:
        self._seen.setdefault(key, deque(maxlen=REMEMBERED)).append(took_s)

    def window(
        self, key: str, *, kind: str, now: float, elapsed_s: float, forecast_s: float | None, queue_s: float | None
    ) -> Window:
        """`elapsed_s`: since acceptance, more than 0 when following is taken up again after a restart."""
        submitted_at = now - elapsed_s
        waits_s = queue_s or 0.0
        seen = self._seen.get(key)
        if seen and len(seen) >= 3:
            early_s, late_s = min(seen) - GAP_MIN_S, max(seen)
        else:
            expected_s = forecast_s or UNKNOWN_FORECAST_S[kind]
            early_s, late_s = FORECAST_EARLY * expected_s, FORECAST_LATE * expected_s
        return Window(submitted_at, submitted_at + waits_s + max(0.0, early_s), submitted_at + waits_s + late_s)
