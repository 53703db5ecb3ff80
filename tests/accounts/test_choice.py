"""The order of choice, and what is told of it: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.candidates import Candidate, Need
from accounts.choice import Behind, Edge, Hurdle, Ranking
from accounts.decisions import NAMES_MAX, Decision
from accounts.funds import Funds

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TONIGHT = AT + timedelta(hours=4)
NEED = Need(3, "jimeng-4.5/2k")


def gifts(credits: int, lapses_at: datetime | None = TONIGHT, *, paid: int = 0) -> Funds:
    return Funds(((lapses_at, credits),) if credits else (), paid)


def candidate(account_id: int, **over: Any) -> Candidate:
    fields: dict[str, Any] = {
        "account_id": account_id,
        "name": f"account {account_id}",
        "priority": 0,
        "funds": gifts(66),
        "gift_due": False,
        "leases": 0,
        "free": 2,
        "on_trial": False,
        "last_used_at": None,
        "usable_at": None,
        "rest_reason": "",
        "expired": False,
        "barred": {},
    }
    return Candidate(**fields | over)


def best(*candidates: Candidate) -> tuple[int, Decision]:
    found = Ranking(candidates, need=NEED).best()
    assert found is not None
    return found[0].account_id, found[1]


@pytest.mark.parametrize(
    ("edge", "behind", "better", "worse"),
    [
        (Edge.PRIORITY, Behind.LOWER_PRIORITY, {"priority": 2, "leases": 1}, {"priority": 1}),
        (Edge.PRIORITY, Behind.LOWER_PRIORITY, {"priority": 2, "funds": gifts(0, paid=9)}, {"priority": 1}),
        (
            Edge.HAS_CREDITS,
            Behind.NEEDS_GIFT,
            {"funds": gifts(0, paid=3)},
            {"funds": gifts(2), "gift_due": True},
        ),
        # paid credits are kept as long as a gift pays for it, even one that lapses never
        (Edge.KEEPS_PAID, Behind.WOULD_SPEND_PAID, {"funds": gifts(3, None)}, {"funds": gifts(2, AT, paid=99)}),
        (Edge.KEEPS_PAID, Behind.WOULD_SPEND_PAID, {"funds": None, "leases": 1}, {"funds": gifts(0, paid=99)}),
        (Edge.GIFT_LAPSES_FIRST, Behind.LAPSES_LATER, {"leases": 1}, {"funds": gifts(66, None)}),
        (Edge.GIFT_LAPSES_FIRST, Behind.LAPSES_LATER, {"leases": 1}, {"funds": gifts(66, TONIGHT + timedelta(1))}),
        (Edge.GIFT_LAPSES_FIRST, Behind.LAPSES_LATER, {"leases": 1}, {"funds": None}),
        (Edge.FEWEST_LEASES, Behind.MORE_LEASES, {"last_used_at": AT}, {"leases": 1, "funds": gifts(9)}),
        # of equals the one that can do least: large balances are kept for videos
        (Edge.SMALLEST_BALANCE, Behind.LARGER_BALANCE, {"funds": gifts(60), "last_used_at": AT}, {}),
        (
            Edge.SMALLEST_BALANCE,
            Behind.LARGER_BALANCE,
            {"funds": gifts(1, paid=9)},
            {"funds": gifts(2, paid=50)},
        ),
        (Edge.LONGEST_UNUSED, Behind.USED_LATER, {"last_used_at": AT - timedelta(1)}, {"last_used_at": AT}),
        (Edge.LONGEST_UNUSED, Behind.USED_LATER, {"last_used_at": None}, {"last_used_at": AT - timedelta(999)}),
        (Edge.EQUAL, Behind.EQUAL, {}, {}),
    ],
)
def test_the_better_account_is_chosen_wherever_it_stands_and_the_reason_is_told(
    edge: Edge, behind: Behind, better: dict[str, Any], worse: dict[str, Any]
) -> None:
    first, second = candidate(1, **better), candidate(2, **worse)
    told: Decision = {"why": edge.value, "passed_over": [{"why": behind.value, "accounts": [(2, "account 2", None)]}]}
    if edge is Edge.GIFT_LAPSES_FIRST:
        told["lapses_at"] = TONIGHT.isoformat()
    assert best(first, second) == best(second, first) == (1, told)


@pytest.mark.parametrize(
    ("over", "why", "fact"),
    [
        ({"expired": True}, Hurdle.EXPIRED, None),
        ({"usable_at": AT, "rest_reason": "busy"}, Hurdle.RESTING, AT.isoformat()),
        ({"barred": {"jimeng-4.5/2k": AT}}, Hurdle.BARRED, AT.isoformat()),
        ({"funds": gifts(1, paid=1)}, Hurdle.NO_CREDITS, 2),
        ({"funds": gifts(2), "gift_due": False}, Hurdle.NO_CREDITS, 2),
        ({"free": 0, "leases": 2}, Hurdle.FULL, 2),
        ({"free": -1, "leases": 2}, Hurdle.FULL, 2),  # its cap was lowered while it was lent
        ({"free": 0, "leases": 1, "on_trial": True}, Hurdle.TRIAL, 1),
    ],
)
def test_the_unable_are_never_chosen_and_the_reason_is_told(over: dict[str, Any], why: Hurdle, fact: Any) -> None:
    ill = candidate(1, priority=9, **over)
    assert Ranking([ill], need=NEED).best() is None
    chosen, decision = best(ill, candidate(2))
    (group,) = decision["passed_over"]
    assert (chosen, decision["why"]) == (2, "only_one")
    assert (group["why"], group["accounts"]) == (why, [(1, "account 1", fact)])
    assert group.get("reason") == ("busy" if why is Hurdle.RESTING else None)
    assert group.get("needs") == (3 if why is Hurdle.NO_CREDITS else None)


@pytest.mark.parametrize(
    "over",
    [
        {"funds": None},
        {"funds": gifts(1, paid=2)},
        {"barred": {"jimeng-4.5/4k": AT}},
        {"on_trial": True, "free": 1},
        {"funds": gifts(0), "gift_due": True},  # today's gift of 66 pays for it
    ],
)
def test_the_able_are(over: dict[str, Any]) -> None:
    assert best(candidate(1, **over))[0] == 1


def test_a_gift_that_would_not_be_enough_is_no_reason_to_try() -> None:
    dear = Need(70, "jimeng-video-3.0/720p")
    for has, able in ((3, False), (4, True)):  # 66 more: 69 or 70
        ranking = Ranking([candidate(1, funds=gifts(has), gift_due=True)], need=dear)
        assert (ranking.best() is not None) == able


def test_nobody_is_chosen_from_nobody() -> None:
    ranking = Ranking([], need=NEED)
    assert ranking.best() is None
    assert ranking.decision() == {"passed_over": []}


def test_it_follows_what_other_rankings_lend() -> None:
    lent: list[Candidate] = []
    first, second = candidate(1, priority=1, free=1), candidate(2)
    rankings = [Ranking([first, second], need=need, lent=lent) for need in (NEED, Need(4, "jimeng-3.0/1k"))]
    chosen = []
    for ranking in (*rankings, rankings[0], rankings[1]):
        found = ranking.best()
        if found is not None:
            found[0].lend(3, at=AT)
            lent.append(found[0])
        chosen.append(found and found[0].account_id)
    assert chosen == [1, 2, 2, None]
    assert [group["why"] for group in rankings[1].decision()["passed_over"]] == ["full"]


def test_a_decision_names_a_few_and_counts_the_others() -> None:
    ill = [candidate(each, expired=True) for each in range(5)]
    near = [candidate(10 + each, last_used_at=AT + timedelta(each)) for each in range(20)]
    far = [candidate(40 + each, priority=-1) for each in range(30)]
    chosen, decision = best(*far, *near, *ill)
    told = [(group["why"], len(group["accounts"]), group.get("more", 0)) for group in decision["passed_over"]]
    # 12 names: 5 ill ones, 7 of the 19 that are next in order; none is left for those of lower priority
    assert (chosen, decision["why"]) == (10, "longest_unused")
    assert told == [("expired", 5, 0), ("used_later", 7, 12), ("lower_priority", 0, 30)]
    assert sum(named for _, named, _ in told) == NAMES_MAX
