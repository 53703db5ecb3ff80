"""What one upstream account owns: gift credits that may lapse, member and bought credits, and the ledger of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_NEVER: Final = float("inf")
_RECEIVED, _SPENT = 1, 2

Source = Literal["gift", "vip", "purchase"]
_SOURCES: Final[tuple[Source, ...]] = ("gift", "vip", "purchase")  # in this order they are spent


def day_of(now: float) -> str:
    """The Shanghai day of an instant in Unix seconds, as ISO date."""
    return datetime.fromtimestamp(now, _SHANGHAI).date().isoformat()


def end_of_day(now: float) -> float:
    """23:59:59 of that Shanghai day, in Unix seconds."""
    return datetime.fromtimestamp(now, _SHANGHAI).replace(hour=23, minute=59, second=59, microsecond=0).timestamp()


@dataclass(slots=True)
class Lot:
    """Credits of one source that lapse together. `lapses_at`: Unix seconds, infinite when they do not."""

    source: Source
    credits: int
    lapses_at: float = _NEVER


class Wallet:
    """The credits of one account. Instants are Unix seconds; what has lapsed is taken away by `lapse`."""

    def __init__(self) -> None:
        self._lots: list[Lot] = []
        self.entries: list[dict[str, Any]] = []
        self.lapsed_credits = 0

    @property
    def total(self) -> int:
        return sum(lot.credits for lot in self._lots)

    def of(self, source: Source) -> int:
        """The credits of one source."""
        return sum(lot.credits for lot in self._lots if lot.source == source)

    @property
    def lapsing(self) -> list[Lot]:
        """The credits that will lapse, soonest first."""
        return [lot for lot in self._lots if lot.lapses_at < _NEVER]

    def put(self, source: Source, credits: int, title: str, now: float, *, lapses_at: float = _NEVER) -> None:
        """Add credits. None at all leave no entry."""
        if credits <= 0:
            return
        self._add(Lot(source, credits, lapses_at))
        self._book(credits, title, now, _RECEIVED)

    def take(self, credits: int, title: str, now: float) -> list[Lot]:
        """Spend credits, which are there: what lapses soonest first, then other gifts, member and bought credits."""
        taken = self._remove(credits, _SOURCES)
        self._book(credits, title, now, _SPENT)
        return taken

    def give_back(self, taken: list[Lot], title: str, now: float) -> None:
        """Return what was spent to where it came from. What would have lapsed meanwhile lapses when that is asked."""
        for lot in taken:
            self._add(lot)
        self._book(sum(lot.credits for lot in taken), title, now, _RECEIVED)

    def set(self, source: Source, credits: int, now: float, *, lapses_at: float = _NEVER) -> None:
        """Let there be this many credits of a source; those that are added lapse then."""
        missing = credits - self.of(source)
        if missing < 0:
            self._remove(-missing, (source,))
            self._book(-missing, "Set", now, _SPENT)
        self.put(source, missing, "Set", now, lapses_at=lapses_at)

    def lapse(self, now: float) -> None:
        """Take away what has lapsed by now, each booked at its time."""
        for lot in [lot for lot in self._lots if lot.lapses_at < now]:
            self._lots.remove(lot)
            self.lapsed_credits += lot.credits
            self._book(lot.credits, "Lapsed", lot.lapses_at, _SPENT)

    def _add(self, new: Lot) -> None:
        for lot in self._lots:
            if (lot.source, lot.lapses_at) == (new.source, new.lapses_at):
                lot.credits += new.credits
                return
        self._lots.append(Lot(new.source, new.credits, new.lapses_at))
        self._lots.sort(key=lambda lot: (_SOURCES.index(lot.source), lot.lapses_at))

    def _remove(self, credits: int, sources: tuple[Source, ...]) -> list[Lot]:
        removed: list[Lot] = []
        for lot in self._lots:
            part = min(credits, lot.credits) if lot.source in sources else 0
            if part:
                removed.append(Lot(lot.source, part, lot.lapses_at))
                lot.credits -= part
                credits -= part
        self._lots = [lot for lot in self._lots if lot.credits]
        return removed

    def _book(self, credits: int, title: str, now: float, history_type: int) -> None:
        if credits:
            self.entries.append(
                {"title": title, "amount": credits, "create_time": int(now), "history_type": history_type}
            )
