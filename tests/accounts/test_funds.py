"""What an account can pay: kinds of credits, their order, and their lapse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.funds import Funds, funds_left

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOON, LATER = AT + timedelta(hours=1), AT + timedelta(hours=4)


def left(at: datetime = AT, **over: Any) -> Funds | None:
    fields: dict[str, Any] = {
        "gift": 66,
        "purchase": 100,
        "vip": 20,
        "spent": 0,
        "lapsing": [{"credits": 22, "at": SOON.isoformat()}, {"credits": 40, "at": LATER.isoformat()}],
        "gift_expires_at": SOON,
        "at": at,
    }
    return funds_left(**fields | over)


@pytest.mark.parametrize(
    ("over", "gifts", "paid"),
    [
        ({}, ((SOON, 22), (LATER, 40), (None, 4)), 120),  # 66 - 22 - 40 = 4 of which nothing was told
        ({"at": SOON}, ((LATER, 40), (None, 4)), 120),  # lapsed to the second
        ({"at": LATER}, ((None, 4),), 120),
        ({"spent": 10}, ((SOON, 12), (LATER, 40), (None, 4)), 120),
        ({"spent": 30}, ((LATER, 32), (None, 4)), 120),
        ({"spent": 70}, (), 116),  # 66 gifts and 4 more
        ({"spent": 999}, (), 0),  # never below nothing
        ({"spent": 10, "at": SOON}, ((LATER, 40), (None, 4)), 120),  # what was spent did not lapse
        ({"lapsing": []}, ((SOON, 66),), 120),
        ({"lapsing": [], "at": SOON}, (), 120),
        ({"lapsing": [], "gift_expires_at": None}, ((None, 66),), 120),
        ({"gift": 0}, (), 120),
        ({"gift": 10}, ((SOON, 10),), 120),  # less is there than was said to lapse
        ({"gift": None, "vip": None}, (), 100),
    ],
)
def test_what_is_left(over: dict[str, Any], gifts: tuple[Any, ...], paid: int) -> None:
    funds = left(**over)
    assert funds == Funds(gifts, paid)
    assert funds.total == sum(credits for _, credits in gifts) + paid
    assert funds.lapses_at == (gifts[0][0] if gifts else None)


def test_what_was_never_read_is_not_known() -> None:
    assert left(gift=None, purchase=None, vip=None, spent=9) is None
