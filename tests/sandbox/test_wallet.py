"""What is spent first, what lapses when, and how both are booked."""

from __future__ import annotations

from datetime import UTC, datetime

from generation.sandbox.wallet import Wallet, day_of, end_of_day

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC).timestamp()  # 12:00 in Shanghai
TONIGHT = datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC).timestamp()  # 23:59:59 there
HOUR = 3600.0


def wallet() -> Wallet:
    """10 that lapse tonight, 20 a day later, 30 that stay, 40 of a member, 50 bought."""
    made = Wallet()
    made.put("purchase", 50, "Bought", NOON)
    made.put("vip", 40, "Member", NOON)
    made.put("gift", 30, "Start", NOON)
    made.put("gift", 20, "Daily gift", NOON, lapses_at=TONIGHT + 24 * HOUR)
    made.put("gift", 10, "Daily gift", NOON, lapses_at=TONIGHT)
    return made


def parts(of: Wallet) -> tuple[int, int, int]:
    return of.of("gift"), of.of("vip"), of.of("purchase")


def booked(of: Wallet) -> list[tuple[str, int, int]]:
    return [(entry["title"], entry["amount"], entry["history_type"]) for entry in of.entries]


def test_a_day_is_that_of_shanghai() -> None:
    assert end_of_day(NOON) == TONIGHT
    assert (day_of(TONIGHT), day_of(TONIGHT + 1)) == ("2026-11-22", "2026-11-23")
    assert end_of_day(TONIGHT + 1) == TONIGHT + 24 * HOUR


def test_what_lapses_soonest_is_spent_first_and_what_was_bought_last() -> None:
    for spent, left, lapsing in (
        (5, (55, 40, 50), [5, 20]),
        (10, (50, 40, 50), [20]),
        (25, (35, 40, 50), [5]),
        (40, (20, 40, 50), []),
        (70, (0, 30, 50), []),
        (110, (0, 0, 40), []),
        (150, (0, 0, 0), []),
    ):
        one = wallet()
        one.take(spent, "Image", NOON)
        assert parts(one) == left
        assert [lot.credits for lot in one.lapsing] == lapsing
        assert one.total == 150 - spent


def test_what_lapses_is_booked_at_its_time_and_counted() -> None:
    one = wallet()
    one.lapse(TONIGHT)
    assert one.total == 150  # good until that second has passed
    one.lapse(TONIGHT + HOUR)
    assert (one.total, one.lapsed_credits) == (140, 10)
    assert one.entries[-1] == {"title": "Lapsed", "amount": 10, "create_time": int(TONIGHT), "history_type": 2}
    one.lapse(TONIGHT + 25 * HOUR)
    assert (one.total, one.lapsed_credits, one.lapsing) == (120, 30, [])


def test_a_refund_goes_back_to_where_it_came_from() -> None:
    one = wallet()
    taken = one.take(75, "Image", NOON)
    one.give_back(taken, "Refund", NOON)
    assert parts(one) == (60, 40, 50)
    assert [(lot.credits, lot.lapses_at) for lot in one.lapsing] == [(10, TONIGHT), (20, TONIGHT + 24 * HOUR)]
    assert booked(one)[-2:] == [("Image", 75, 2), ("Refund", 75, 1)]


def test_setting_a_balance_takes_away_or_adds_the_difference() -> None:
    one = wallet()
    one.set("gift", 15, NOON)
    one.set("vip", 41, NOON)
    one.set("purchase", 50, NOON)
    assert parts(one) == (15, 41, 50)
    assert booked(one)[5:] == [("Set", 45, 2), ("Set", 1, 1)]


def test_nothing_leaves_no_entry() -> None:
    one = Wallet()
    one.put("gift", 0, "Start", NOON)
    one.give_back(one.take(0, "Image", NOON), "Refund", NOON)
    assert (one.total, one.entries) == (0, [])
