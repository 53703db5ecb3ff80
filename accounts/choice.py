"""Pure: which account comes first for a generation, and why each of the others does not."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter

from accounts.candidates import Candidate, Need
from accounts.decisions import NAMES_MAX, Decision, Groups


class Hurdle(StrEnum):
    """Why an account cannot take a generation now."""

    EXPIRED = "expired"
    RESTING = "resting"
    BARRED = "barred"
    NO_CREDITS = "no_credits"
    FULL = "full"
    TRIAL = "trial"  # after a rest, or a failure since, one generation at a time shows whether it is well
    REFUSED_BEFORE = "refused_before"  # this very generation
    OTHER_KEY = "other_key"  # the API key may not use it


class Edge(StrEnum):
    """What puts the chosen account before the next one."""

    ONLY_ONE = "only_one"
    PRIORITY = "priority"
    HAS_CREDITS = "has_credits"
    KEEPS_PAID = "keeps_paid"
    GIFT_LAPSES_FIRST = "gift_lapses_first"
    FEWEST_LEASES = "fewest_leases"
    SMALLEST_BALANCE = "smallest_balance"
    LONGEST_UNUSED = "longest_unused"
    EQUAL = "equal"


class Behind(StrEnum):
    """Why an account that could take it stands behind the chosen one; in the order of Edge."""

    LOWER_PRIORITY = "lower_priority"
    NEEDS_GIFT = "needs_gift"
    WOULD_SPEND_PAID = "would_spend_paid"
    LAPSES_LATER = "lapses_later"
    MORE_LEASES = "more_leases"
    LARGER_BALANCE = "larger_balance"
    USED_LATER = "used_later"
    EQUAL = "equal"


_NEVER = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# Smaller comes first: priority, whether it needs a gift, whether it spends paid credits, when its gifts lapse, leases,
# balance, last use; at last the id, so that every pass gives the same order.
Key = tuple[int, bool, bool, datetime, int, float, datetime, int]
_EDGES = tuple(Edge)[1:]
_BEHIND = tuple(Behind)
_key_of = itemgetter(0)


def order(candidate: Candidate, need: Need) -> Key:
    """See docs/adr/0012: gift credits before paid ones, and of equal accounts the one that can do least."""
    needs_gift = spends_paid = False
    lapses_at, size = None, float("inf")
    if candidate.funds is not None:
        gift, lapses_at, total = candidate.funds.gift, candidate.funds.lapses_at, candidate.funds.total
        needs_gift = total < need.cost_credits
        spends_paid = gift < need.cost_credits
        size = total if spends_paid else gift
    return (
        -candidate.priority,
        needs_gift,
        spends_paid,
        lapses_at or _NEVER,
        candidate.leases,
        size,
        candidate.last_used_at or _LONG_AGO,
        candidate.account_id,
    )


def hurdle(candidate: Candidate, need: Need) -> tuple[Hurdle, str, str | int | None] | None:
    """What stands in the way, with a reason of its own and a fact (until when, how much); None: nothing does."""
    if candidate.expired:
        return Hurdle.EXPIRED, "", None
    if candidate.usable_at is not None:
        return Hurdle.RESTING, candidate.rest_reason, candidate.usable_at.isoformat()
    if need.model_key in candidate.barred:
        return Hurdle.BARRED, "", candidate.barred[need.model_key].isoformat()
    if not candidate.can_pay(need.cost_credits):
        return Hurdle.NO_CREDITS, "", candidate.funds.total if candidate.funds is not None else None
    if candidate.free <= 0:
        return Hurdle.TRIAL if candidate.on_trial else Hurdle.FULL, "", candidate.leases
    return None


class Ranking:
    """The candidates for one kind of want, best first. `lent`: all that were lent in this batch, by whatever ranking.

    Built once for all equal wants of a batch, which then cost little more than the names that a decision holds.
    """

    def __init__(
        self,
        scope: Iterable[Candidate],
        *,
        need: Need,
        refused: Iterable[Candidate] = (),
        outside: Iterable[Candidate] = (),
        lent: Sequence[Candidate] = (),
    ) -> None:
        self._need = need
        self._lent, self._seen = lent, len(lent)
        self._able: list[tuple[Key, Candidate]] = []  # in order
        self._keys: dict[int, Key] = {}  # of these, by account
        self._passed = Groups(needs=need.cost_credits)
        for each in scope:
            self._place(each)
        for each in refused:  # what it has now says more than that it said no
            self._pass_over(each, hurdle(each, need) or (Hurdle.REFUSED_BEFORE, "", None))
        for each in outside:
            self._pass_over(each, (Hurdle.OTHER_KEY, "", None))

    def best(self) -> tuple[Candidate, Decision] | None:
        """Who comes first now, and why; None if nobody can take it."""
        for each in self._lent[self._seen :]:
            key = self._keys.pop(each.account_id, None)
            if key is not None:
                del self._able[bisect_left(self._able, key, key=_key_of)]
                self._place(each)
        self._seen = len(self._lent)
        return (self._able[0][1], self._decision()) if self._able else None

    def decision(self) -> Decision:
        """Why nobody can take it."""
        return self._passed.decision()

    def _place(self, candidate: Candidate) -> None:
        found = hurdle(candidate, self._need)
        if found is None:
            key = self._keys[candidate.account_id] = order(candidate, self._need)
            insort(self._able, (key, candidate), key=_key_of)
        else:
            self._pass_over(candidate, found)

    def _pass_over(self, candidate: Candidate, why: tuple[Hurdle, str, str | int | None]) -> None:
        found, reason, fact = why
        self._passed.add(found, candidate.account_id, candidate.name, reason=reason, fact=fact)

    def _decision(self) -> Decision:
        """Those next in order are named as far as there is room, the others only counted."""
        best = self._able[0][0]
        groups = Groups(needs=self._need.cost_credits)
        if len(self._able) == 1:
            return self._passed.decision(why=Edge.ONLY_ONE)
        for key, each in self._able[1 : NAMES_MAX + 1]:
            groups.add(_BEHIND[_first_difference(key, best)], each.account_id, each.name)
        if len(self._able) > NAMES_MAX + 1:
            groups.count(dict(zip(_BEHIND, self._differing(best), strict=True)))
        edge = _first_difference(self._able[1][0], best)
        lapses_at = best[3] if _EDGES[edge] is Edge.GIFT_LAPSES_FIRST else None
        return self._passed.decision(why=_EDGES[edge], lapses_at=lapses_at, then=groups)

    def _differing(self, best: Key) -> list[int]:
        """How many differ from the best first in each place of a key. Those with an equal beginning stand together."""
        shared = [len(self._able)]
        for length in range(1, len(best)):
            beginning = best[:length]
            shared.append(bisect_right(self._able, beginning, hi=shared[-1], key=lambda item: item[0][:length]))
        return [more - fewer for more, fewer in zip(shared, [*shared[1:], 1], strict=True)]


def _first_difference(key: Key, other: Key) -> int:
    """The place; ids differ always."""
    return next(place for place, (mine, theirs) in enumerate(zip(key, other, strict=True)) if mine != theirs)
