"""What happens in the week, from a seed: who is in the pool, what befalls them, who asks for what and when.

Instants are seconds after the start, which is a midnight in Shanghai.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

DAY_S = 86_400.0
HOUR_S = 3_600.0
MINUTE_S = 60.0
QUIET_END_S = 1.25 * HOUR_S  # nobody asks at the very end, so that all is over when the last gift lapses

# How many ask in an hour of the day, against each other: quiet nights, peaks before noon, in the afternoon, at night.
HOURS = (2, 1, 1, 1, 1, 1, 2, 3, 6, 9, 10, 9, 7, 8, 10, 10, 9, 8, 6, 7, 9, 9, 7, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account of the pool. `bought`: credits that do not lapse. `faults`: what it is like all the time."""

    name: str
    bought: int = 0
    faults: tuple[str, ...] = ()


# All begin with nothing and may take 66 credits a day; a third has bought credits once.
CAST = (
    *(Member(name=f"daily{number}") for number in range(1, 7)),
    Member(name="small", faults=("forbidden:2k",)),  # may not make pictures of 4k
    Member(name="single", faults=("busy:1",)),  # refuses a second task while one runs
    Member(name="bought1", bought=600),
    Member(name="bought2", bought=500),
    Member(name="bought3", bought=400),
    Member(name="bought4", bought=300, faults=("forbidden:2k",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A fault of the sandbox that some accounts have for a while."""

    from_s: float
    to_s: float
    members: tuple[str, ...]
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginEnd:
    """A login ends, and the operator gives the account a new one some hours later."""

    at_s: float
    renewed_s: float
    member: str


Fate = Literal["", "refused", "filtered"]
"""Of a prompt: nothing, refused by the content filter, or accepted and then filtered (and refunded)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one request asks for. `seconds`: of a video, 0 for a picture."""

    number: int
    at_s: float
    model: str
    resolution: str
    seconds: int = 0
    fate: Fate = ""


# Share of the requests in 1000, and what they ask for.
MENU: tuple[tuple[int, str, str, int], ...] = (
    (750, "jimeng-3.1", "1k", 0),
    (120, "jimeng-3.0", "2k", 0),
    (70, "jimeng-4.5", "1k", 0),
    (40, "jimeng-4.5", "2k", 0),
    (16, "jimeng-4.5", "4k", 0),
    (8, "jimeng-video-2.0", "720p", 5),
    (5, "jimeng-video-3.0", "720p", 5),
    (1, "jimeng-video-3.5-pro", "720p", 5),
)
REFUSED_SHARE, FILTERED_SHARE = 0.006, 0.006


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    days: int
    members: tuple[Member, ...]
    troubles: tuple[Trouble, ...]
    login_ends: tuple[LoginEnd, ...]
    wishes: tuple[Wish, ...]

    @property
    def length_s(self) -> float:
        return self.days * DAY_S


def write(*, requests: int, days: int, seed: int) -> Script:
    """The script for a seed; the same for the same arguments."""
    chance = random.Random(f"week-{seed}")
    return Script(
        days=days,
        members=CAST,
        troubles=tuple(sorted(_troubles(days, chance), key=lambda each: each.from_s)),
        login_ends=tuple(sorted(_login_ends(days, chance), key=lambda each: each.at_s)),
        wishes=_wishes(requests, days, chance),
    )


def _moment(days: int, chance: random.Random) -> float:
    """When something happens, troubles too: most of it where most is going on."""
    hour = chance.choices(range(24), HOURS)[0]
    return chance.randrange(days) * DAY_S + (hour + chance.random()) * HOUR_S


def _often(per_week: float, days: int) -> int:
    return max(1, round(per_week * days / 7))


def _troubles(days: int, chance: random.Random) -> Iterator[Trouble]:
    names = [member.name for member in CAST]

    def spells(per_week: float, fault: str, minutes: tuple[float, float], members: int) -> Iterator[Trouble]:
        for _ in range(_often(per_week, days)):
            begin = _moment(days, chance)
            end = begin + chance.uniform(*minutes) * MINUTE_S
            yield Trouble(from_s=begin, to_s=end, members=tuple(chance.sample(names, members)), fault=fault)

    yield from spells(6, "riskhold", (60, 480), 1)
    yield from spells(14, "busy", (2, 45), 1)
    yield from spells(4, "http429:30", (1, 10), 2)
    yield from spells(5, "http500:0.7@all", (2, 10), 5)  # an outage of some servers
    yield from spells(4, "reset-before", (1, 5), 6)
    yield from spells(4, "reset-after", (1, 4), 4)  # charged, and the answer lost
    yield from spells(2, "http500-after:0.5", (2, 6), 6)
    yield from spells(2, "html@all", (2, 6), 3)
    yield from spells(1, "hang@submit", (2, 4), 2)
    yield from spells(2, "http500@all", (4, 20), len(names))  # all is down


def _login_ends(days: int, chance: random.Random) -> Iterator[LoginEnd]:
    for member in chance.sample([member.name for member in CAST], min(_often(4, days), len(CAST))):
        at_s = _moment(days, chance)
        yield LoginEnd(at_s=at_s, renewed_s=at_s + chance.uniform(2, 7) * HOUR_S, member=member)


def _wishes(requests: int, days: int, chance: random.Random) -> tuple[Wish, ...]:
    moments: list[float] = []
    while len(moments) < requests:
        at_s = _moment(days, chance)
        if at_s < days * DAY_S - QUIET_END_S:
            moments.append(at_s)
    return tuple(_wish(number, at_s, chance) for number, at_s in enumerate(sorted(moments)))


def _wish(number: int, at_s: float, chance: random.Random) -> Wish:
    _, model, resolution, seconds = chance.choices(MENU, [share for share, *_ in MENU])[0]
    drawn = chance.random()
    fate: Fate = "refused" if drawn < REFUSED_SHARE else "filtered" if drawn < REFUSED_SHARE + FILTERED_SHARE else ""
    return Wish(number=number, at_s=at_s, model=model, resolution=resolution, seconds=seconds, fate=fate)
