"""What accounts have: balances as they were read, what lapses of them, and what was spent since. No network here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from accounts.health import account_refilled
from accounts.models import Account, CreditSnapshot
from accounts.refreshing import account_probe_after
from accounts.shanghai import day_of, end_of

Lapses = tuple[tuple[int, datetime], ...]  # credits and when they lapse, soonest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A balance as it was read. `lapses`: the gift credits that lapse, as far as is known."""

    gift: int
    purchase: int
    vip: int
    lapses: Lapses
    at: datetime

    @property
    def total(self) -> int:
        return self.gift + self.purchase + self.vip


def account_refund(*, account_id: int, cost_credits: int) -> None:
    """A lent generation was refused: its reservation is no longer counted as spent."""
    Account.objects.filter(pk=account_id).update(
        spent_since_read=Greatest(F("spent_since_read") - cost_credits, Value(0))
    )


@transaction.atomic
def account_credits_read(
    *,
    account_id: int,
    gift: int,
    purchase: int,
    vip: int,
    expiring: Sequence[tuple[int, datetime]] | None,
    at: datetime,
) -> Reading | None:
    """Store a balance; an account that rested for want of credits wakes when it has some. Returns the one of before.

    `expiring`: gift credits and when they lapse; None: not told, then what our own check-in of today received is
    known to lapse at the end of the day.
    """
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        return None
    before = _reading_of(account)
    told = _own_gift(account, at) if expiring is None else expiring
    lapses = _capped(sorted(told, key=lambda each: each[1]), gift)
    Account.objects.filter(pk=account_id).update(
        gift_credits=gift,
        purchase_credits=purchase,
        vip_credits=vip,
        gift_expires_at=lapses[0][1] if lapses else None,
        lapsing=[{"credits": credits, "at": lapse.isoformat()} for credits, lapse in lapses],
        credits_at=at,
        spent_since_read=0,
    )
    if gift + purchase + vip > 0:
        account_refilled(account_id=account_id, at=at)
    if lapses and lapses[0][1] > at:
        account_probe_after(account_id=account_id, lapse=lapses[0][1])
    last = CreditSnapshot.objects.filter(account_id=account_id).order_by("-at").first()
    if last is None or (last.gift, last.purchase, last.vip) != (gift, purchase, vip):
        CreditSnapshot.objects.create(account_id=account_id, gift=gift, purchase=purchase, vip=vip, at=at)
    return before


def _reading_of(account: Account) -> Reading | None:
    if account.credits_at is None:
        return None
    return Reading(
        gift=account.gift_credits or 0,
        purchase=account.purchase_credits or 0,
        vip=account.vip_credits or 0,
        lapses=tuple((int(each["credits"]), datetime.fromisoformat(each["at"])) for each in account.lapsing),
        at=account.credits_at,
    )


def _own_gift(account: Account, at: datetime) -> Lapses:
    """What our own check-in received lapses with its day; nothing else is assumed."""
    if account.checked_in_on != day_of(at) or not account.check_in_credits:
        return ()
    return ((account.check_in_credits, end_of(day_of(at))),)


def _capped(lapses: Sequence[tuple[int, datetime]], gift: int) -> Lapses:
    """No more than there is: what lapses soonest is spent first."""
    kept, left = [], gift
    for credits, lapse in reversed(lapses):
        part = min(credits, left)
        left -= part
        if part > 0:
            kept.append((part, lapse))
    return tuple(reversed(kept))
