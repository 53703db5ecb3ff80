"""Whose turn it is, and when to come again: tables."""

from __future__ import annotations

import pytest

from generation.engine.fairness import come_back_in_s, fair_order, has_room


@pytest.mark.parametrize(
    ("waiting", "holding", "order"),
    [
        ("1a 2a 3a", {}, [1, 2, 3]),  # alone: first come, first served
        ("3a 1a 2a", {}, [1, 2, 3]),  # whatever the order in which they came back
        ("1a 2a 3a 4b", {}, [1, 4, 2, 3]),
        ("1a 2a 3a 4b 5b", {}, [1, 4, 2, 5, 3]),
        ("1a 2a 3b", {"a": 2}, [3, 1, 2]),
        ("1a 2a 3b 4b 5b 6b", {"a": 2}, [3, 4, 1, 5, 2, 6]),  # b catches up, then they take turns
        ("1a 2b 3c 4a 5b 6c", {"b": 1}, [1, 3, 2, 4, 6, 5]),
        ("", {"a": 9}, []),
    ],
)
def test_places_go_to_who_holds_least(waiting: str, holding: dict[str, int], order: list[int]) -> None:
    assert fair_order([(int(each[:-1]), each[-1]) for each in waiting.split()], holding) == order


@pytest.mark.parametrize(
    ("ahead", "served", "seconds"),
    [
        (50, 100, 30),  # 100 a minute: 50 take half a minute
        (1, 600, 1),  # never at once
        (2000, 10, 120),  # never longer than two minutes
        (5, 0, 10),  # nothing to tell it by
    ],
)
def test_when_it_is_worth_coming_again(ahead: int, served: int, seconds: float) -> None:
    assert come_back_in_s(ahead=ahead, served=served, in_s=60, unknown_s=10) == seconds


@pytest.mark.parametrize(
    ("limit", "waiting", "owner", "count", "fits"),
    [
        (100, {"a": 94}, "a", 1, True),
        (100, {"a": 94}, "a", 2, False),  # 95 are for everybody, 5 are kept
        (100, {"a": 95}, "a", 1, False),
        (100, {"a": 95}, "b", 1, True),
        (100, {"a": 95}, "b", 5, True),
        (100, {"a": 95}, "b", 6, False),  # there are no more than 100
        (100, {"a": 63, "b": 32}, "b", 1, True),  # below a third of it
        (100, {"a": 62, "b": 33}, "b", 1, False),
        (100, {"a": 95, "b": 5}, "c", 1, False),
        (19, {"a": 18}, "a", 1, True),  # small queues keep nothing back
        (19, {"a": 19}, "b", 1, False),
        (0, {}, "a", 1, False),
    ],
)
def test_the_last_places_are_kept_for_who_has_few_waiting(
    limit: int, waiting: dict[str, int], owner: str, count: int, fits: bool
) -> None:
    assert has_room(limit=limit, waiting=waiting, owner=owner, count=count) == fits
