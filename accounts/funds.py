"""Pure: what an account can pay, and which of its credits go first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# The columns of an account that `row_funds` needs.
FUNDS_FIELDS = ("gift_credits", "purchase_credits", "vip_credits", "spent_since_read", "lapsing", "gift_expires_at")


@dataclass(frozen=True, slots=True)
class Funds:
    """Credits that are there at a moment. `gifts`: (when they lapse, credits), soonest first; None: not known when."""

    gifts: tuple[tuple[datetime | None, int], ...]
    paid: int

    @property
    def gift(self) -> int:
        return sum(credits for _, credits in self.gifts)

    @property
    def total(self) -> int:
        return self.gift + self.paid

    @property
    def lapses_at(self) -> datetime | None:
        """When the first of the gift credits lapse; None: none will, as far as is known."""
        return self.gifts[0][0] if self.gifts else None

    def less(self, cost_credits: int) -> Funds:
        """After spending, never below 0: gift credits go first, those that lapse soonest before the others."""
        left, rest = cost_credits, []
        for lapses_at, credits in self.gifts:
            used = min(left, credits)
            left -= used
            if credits > used:
                rest.append((lapses_at, credits - used))
        return Funds(tuple(rest), max(0, self.paid - left))


def funds_left(
    *,
    gift: int | None,
    purchase: int | None,
    vip: int | None,
    spent: int,
    lapsing: Sequence[dict[str, Any]],
    gift_expires_at: datetime | None,
    at: datetime,
) -> Funds | None:
    """What is left at a moment of a balance that was read before it; None if no part is known.

    `spent` since then counts as spent before anything lapsed, as spending keeps credits from lapsing.
    `lapsing`: [{"credits", "at" (ISO)}] as in `Account.lapsing`; where it tells nothing, all gifts lapse at
    `gift_expires_at`.
    """
    if gift is None and purchase is None and vip is None:
        return None
    funds = Funds(_gifts(gift or 0, lapsing, gift_expires_at), (purchase or 0) + (vip or 0)).less(spent)
    return Funds(tuple(each for each in funds.gifts if each[0] is None or each[0] > at), funds.paid)


def row_funds(row: Mapping[str, Any], *, at: datetime) -> Funds | None:
    """`funds_left` of a row of columns: FUNDS_FIELDS, and any others."""
    return funds_left(
        gift=row["gift_credits"],
        purchase=row["purchase_credits"],
        vip=row["vip_credits"],
        spent=row["spent_since_read"],
        lapsing=row["lapsing"],
        gift_expires_at=row["gift_expires_at"],
        at=at,
    )


def _gifts(
    gift: int, lapsing: Sequence[dict[str, Any]], gift_expires_at: datetime | None
) -> tuple[tuple[datetime | None, int], ...]:
    if not lapsing:
        return ((gift_expires_at, gift),) if gift else ()
    told, left = [], gift
    for lapses_at, credits in sorted((datetime.fromisoformat(each["at"]), int(each["credits"])) for each in lapsing):
        part = min(credits, left)
        left -= part
        if part:
            told.append((lapses_at, part))
    stays: list[tuple[datetime | None, int]] = [(None, left)] if left else []
    return (*told, *stays)
