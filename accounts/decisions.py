"""Pure: a choice of accounts as it is stored with a generation: who was passed over, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NotRequired, TypedDict

NAMES_MAX = 12  # in one decision; the others are only counted

# Primary key, name, and what there is to say of this one: until when it rests or is barred, or what it has.
Named = tuple[int, str, str | int | None]


class Group(TypedDict):
    """Accounts that were passed over for one reason."""

    why: str  # choice.Hurdle or choice.Behind
    reason: NotRequired[str]  # of a rest: Account.RestReason
    needs: NotRequired[int]  # credits, where they are wanting
    accounts: list[Named]
    more: NotRequired[int]  # how many besides


class Decision(TypedDict):
    """As JSON in `GenerationEvent.detail["decision"]`."""

    why: NotRequired[str]  # choice.Edge; absent: nobody could take it
    lapses_at: NotRequired[str]  # ISO; where the lapse decided
    passed_over: list[Group]


class Groups:
    """Collects who was passed over, by reason; the first few by name."""

    def __init__(self, *, needs: int) -> None:
        self._needs = needs
        self._counts: dict[tuple[str, str], int] = {}
        self._named: dict[tuple[str, str], list[Named]] = {}

    def add(self, why: str, account_id: int, name: str, *, reason: str = "", fact: str | int | None = None) -> None:
        count = self._counts[why, reason] = self._counts.get((why, reason), 0) + 1
        if count <= NAMES_MAX:
            self._named.setdefault((why, reason), []).append((account_id, name, fact))

    def count(self, totals: Mapping[str, int]) -> None:
        """How many there really are, named ones included."""
        self._counts.update({(why, ""): total for why, total in totals.items() if total})

    def decision(self, *, why: str = "", lapses_at: datetime | None = None, then: Groups | None = None) -> Decision:
        """`then`: those that come after, and are named as far as there is room."""
        passed_over = self._told(NAMES_MAX)
        if then is not None:
            passed_over += then._told(NAMES_MAX - sum(len(group["accounts"]) for group in passed_over))
        decision: Decision = {"passed_over": passed_over}
        if why:
            decision["why"] = str(why)
        if lapses_at is not None:
            decision["lapses_at"] = lapses_at.isoformat()
        return decision

    def _told(self, room: int) -> list[Group]:
        groups: list[Group] = []
        for (why, reason), count in self._counts.items():
            named = self._named.get((why, reason), [])[:room]
            room -= len(named)
            group: Group = {"why": str(why), "accounts": named}
            if reason:
                group["reason"] = reason
            if why == "no_credits":
                group["needs"] = self._needs
            if count > len(named):
                group["more"] = count - len(named)
            groups.append(group)
        return groups
