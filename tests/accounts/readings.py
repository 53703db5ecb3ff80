"""Balances as tests let them be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from accounts import services
from accounts.models import Account
from tests.accounts.wants import AT

TONIGHT = datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai


def read(
    account: Account,
    gift: int = 0,
    purchase: int = 0,
    vip: int = 0,
    *,
    expiring: Sequence[tuple[int, datetime]] | None = (),
    at: datetime = AT,
) -> services.Reading | None:
    before = services.account_credits_read(
        account_id=account.pk, gift=gift, purchase=purchase, vip=vip, expiring=expiring, at=at
    )
    account.refresh_from_db()
    return before
