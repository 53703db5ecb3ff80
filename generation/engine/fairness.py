"""Pure: in which order those that wait are served, and when it is worth coming again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

COME_BACK_MIN_S, COME_BACK_MAX_S = 1.0, 120.0


def fair_order(waiting: Iterable[tuple[int, str]], holding: Mapping[str, int]) -> list[int]:
    """Ids of (id, owner) in the order in which they are served: who holds least comes first, then who came first.

    An owner's first one counts as if it held one more than now, its second two more, …: so places that come free go
    round the owners until all hold as many (max-min), and within an owner it is first come, first served.
    """
    counts = Counter(holding)
    places = []
    for generation_id, owner in sorted(waiting):
        places.append((counts[owner], generation_id))
        counts[owner] += 1
    places.sort()
    return [generation_id for _, generation_id in places]


def come_back_in_s(*, ahead: int, served: int, in_s: float, unknown_s: float) -> float:
    """How long until `ahead` more are served, when lately `served` were in `in_s` seconds; 1 s to 2 minutes.

    `unknown_s`: the answer when none was.
    """
    if served <= 0:
        return unknown_s
    return max(COME_BACK_MIN_S, min(COME_BACK_MAX_S, ahead * in_s / served))


def has_room(*, limit: int, waiting: Mapping[str, int], owner: str, count: int) -> bool:
    """Whether `count` more of `owner` may wait. `waiting`: how many of each owner wait already.

    The last twentieth of the queue is kept for owners that wait for less than an equal share of it.
    """
    after = sum(waiting.values()) + count
    if after <= limit - limit // 20:
        return True
    return after <= limit and waiting.get(owner, 0) < limit // (len(waiting) + 1)
