"""What accounts have: balances, what was spent since, and the daily gift. No network here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from accounts.models import Account, CreditSnapshot
from accounts.rotation import SHANGHAI

# After a generation the balance is read again, but only when the account has come to rest.
BALANCE_REFRESH_AFTER = timedelta(seconds=30)


def accounts_read_balance(*, account_ids: Collection[int], at: datetime) -> None:
    """What a generation has really cost is read once its account has come to rest."""
    soon = at + BALANCE_REFRESH_AFTER
    ended = Account.objects.filter(pk__in=account_ids)
    ended.exclude(probe_due_at__gt=at, probe_due_at__lte=soon).update(probe_due_at=soon)


def account_refund(*, account_id: int, cost_credits: int) -> None:
    """A lent generation was refused: its reservation is no longer counted as spent."""
    Account.objects.filter(pk=account_id).update(
        spent_since_read=Greatest(F("spent_since_read") - cost_credits, Value(0))
    )


@transaction.atomic
def account_credits_read(
    *, account_id: int, gift: int, purchase: int, vip: int, gift_expires_at: datetime | None, at: datetime
) -> None:
    """Store a balance. An account that rested for want of credits wakes when it has some."""
    Account.objects.filter(pk=account_id).update(
        gift_credits=gift,
        purchase_credits=purchase,
        vip_credits=vip,
        gift_expires_at=gift_expires_at,
        credits_at=at,
        spent_since_read=0,
    )
    if gift + purchase + vip > 0:
        Account.objects.filter(pk=account_id, rest_reason=Account.RestReason.NO_CREDITS).update(
            health=Account.Health.ALIVE, rest_until=None, rest_reason="", failures_in_a_row=0
        )
    last = CreditSnapshot.objects.filter(account_id=account_id).order_by("-at").first()
    if last is None or (last.gift, last.purchase, last.vip) != (gift, purchase, vip):
        CreditSnapshot.objects.create(account_id=account_id, gift=gift, purchase=purchase, vip=vip, at=at)


def account_checked_in(*, account_id: int, at: datetime) -> None:
    """Today's gift (Shanghai day) was asked for."""
    Account.objects.filter(pk=account_id).update(checked_in_on=at.astimezone(SHANGHAI).date())


def accounts_request_check_in(*, account_ids: Collection[int], at: datetime) -> int:
    """Ask the engine to ask for today's gift of these accounts now."""
    return Account.objects.filter(pk__in=account_ids).update(check_in_due_at=at)


def may_check_in(account: Account, *, at: datetime) -> bool:
    return account.checked_in_on != at.astimezone(SHANGHAI).date()
