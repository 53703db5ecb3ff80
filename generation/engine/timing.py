"""Pure: when to ask the upstream next. Sparse while it cannot be ready, dense around the expected finish."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

GAP_MIN_S = 0.2  # dense asking for pictures that take a few seconds
GAP_MAX_S = 1.0  # dense asking for everything slower: still once a second
GAP_SHARED_S, SHARED_FROM = 0.15, 12  # from so many open records on, an account is asked up to twice as often
GAP_SHARE = 0.1  # of the expected duration
OVERDUE_SHARE = 0.2  # past the expected end, the gap grows with the delay
OVERDUE_GAP_MAX_S = 10.0
SPARSE_SHARE = 0.2  # of the expected duration, while it cannot be ready
SPARSE_MIN_S, SPARSE_MAX_S = 2.0, 30.0
FORECAST_EARLY, FORECAST_LATE = 0.85, 1.3  # how far a forecast is believed before this model was watched
UNKNOWN_FORECAST_S = {"image": 12.0, "video": 120.0}  # typical durations (docs/upstream.md#following)
UNKNOWN_EARLY_S = 2.0
FORECAST_MIN_S = 0.5
REMEMBERED = 40
SIGHTINGS_MIN = 3  # before these, the upstream's forecast is used
COALESCE_SHARE = 0.3  # of the gap: how long a due record waits for others that fall due


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
        """When this record wants to be asked for, given the last time its account was asked.

        The account's own gap comes on top, in `next_ask_at`: a record that is due wants it at once.
        """
        if now >= self.late_at:
            return asked_at + min(OVERDUE_GAP_MAX_S, OVERDUE_SHARE * (now - self.late_at))
        if now >= self.early_at:
            return asked_at
        sparse_s = SPARSE_SHARE * (self.late_at - self.submitted_at)
        sparse_s = min(SPARSE_MAX_S, max(SPARSE_MIN_S, sparse_s))
        return min(self.early_at, max(asked_at, self.submitted_at) + sparse_s)


def next_ask_at(windows: Iterable[Window], *, now: float, asked_at: float) -> float:
    """When an account is asked for all its records.

    As soon as one of them is due, or a little later if more fall due by then; never denser than its gap.
    """
    windows = list(windows)
    # Many records share the cost of one look, so they may be looked at more often.
    gap_s = max(GAP_SHARED_S, min(window.gap_s for window in windows) * min(1.0, SHARED_FROM / len(windows)))
    dues = [window.next_ask_at(now=now, asked_at=asked_at) for window in windows]
    earliest = max(min(dues), asked_at + gap_s)
    return max([earliest, *(due for due in dues if due <= earliest + COALESCE_SHARE * gap_s)])


def _forecast_range(forecast_s: float | None, kind: str) -> tuple[float, float]:
    """Earliest and latest readiness by the upstream's own forecast, seconds after acceptance."""
    if forecast_s is None:
        return UNKNOWN_EARLY_S, FORECAST_LATE * UNKNOWN_FORECAST_S[kind]
    expected_s = max(FORECAST_MIN_S, forecast_s)  # a forecast comes in whole seconds: 0 is "at once"
    return FORECAST_EARLY * expected_s, FORECAST_LATE * expected_s


@dataclass(frozen=True, slots=True)
class Sighting:
    """Seconds after acceptance: last seen running (0: never looked), first seen ready. The truth lies between."""

    running_s: float
    ready_s: float


@dataclass(slots=True)
class Forecaster:
    """What each kind of work took lately."""

    _seen: dict[str, deque[Sighting]] = field(default_factory=dict)

    def learn(self, key: str, sighting: Sighting) -> None:
        self._seen.setdefault(key, deque(maxlen=REMEMBERED)).append(sighting)

    def _expected(self, key: str) -> tuple[float, float] | None:
        """Earliest and latest readiness, seconds after acceptance; None if too little was seen."""
        seen = self._seen.get(key)
        if seen is None or len(seen) < SIGHTINGS_MIN:
            return None
        not_before, surely = max(each.running_s for each in seen), min(each.ready_s for each in seen)
        if not_before <= surely:
            # It always takes the same: halve what is not known of it with each look.
            return (not_before + surely) / 2, surely
        return surely - GAP_MIN_S / 2, max(each.ready_s for each in seen)

    def window(
        self, key: str, *, kind: str, now: float, elapsed_s: float, forecast_s: float | None, queue_s: float | None
    ) -> Window:
        """`elapsed_s`: since acceptance, more than 0 when following is taken up again after a restart."""
        submitted_at = now - elapsed_s
        waits_s = queue_s or 0.0
        expected = self._expected(key)
        if expected is not None:
            early_s, late_s = expected
        else:
            early_s, late_s = _forecast_range(forecast_s, kind)
        return Window(submitted_at, submitted_at + waits_s + max(0.0, early_s), submitted_at + waits_s + late_s)
