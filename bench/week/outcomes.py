"""What became of the requests of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.week.script import Wish
from bench.week.world import World

Ending = Literal["succeeded", "filtered", "stranded", "unpaid", "nobody", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`code`: of the error, "" for a success. `able`: who would have taken it at the moment of the error.

    `is_dry`: nobody was, but some were only short of credits.
    `is_stranded`: an account had accepted it, and then its login ended. Another one must not be asked: that would
    be paid for once more.
    """

    wish: Wish
    waited_s: float
    code: str = ""
    detail: str = ""
    able: tuple[str, ...] = ()
    is_dry: bool = False
    is_stranded: bool = False

    @property
    def ending(self) -> Ending:
        if not self.code:
            return "succeeded"
        if self.wish.fate:
            return "filtered"
        if self.is_stranded:
            return "stranded"
        if self.able:
            return "error"
        return "unpaid" if self.is_dry else "nobody"


class Diary:
    """The outcomes of a run, as they come."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.outcomes: list[Outcome] = []

    def note(self, wish: Wish, *, code: str = "", detail: str = "") -> None:
        world = self._world
        waited_s = max(0.0, world.sandbox.now_s() - world.begun_at - wish.at_s)
        able = tuple(world.able(wish)) if code else ()
        outcome = Outcome(
            wish=wish,
            waited_s=waited_s,
            code=code,
            detail=detail,
            able=able,
            is_dry=bool(code) and not able and bool(world.willing(wish)),
            is_stranded=bool(code) and world.has_stranded(wish),
        )
        self.outcomes.append(outcome)
