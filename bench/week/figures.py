"""A run in numbers: by the outcomes of its requests, and by the sandbox's own books."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bench.week.outcomes import Outcome
from bench.week.script import Wish
from bench.week.world import World, price_of, prompt_of
from generation.sandbox.records import Record

SUBMIT = "/mweb/v1/aigc_draft/generate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Credits by the sandbox's ledger; waits in virtual seconds, of all requests whatever became of them."""

    requests: int
    succeeded: int
    filtered: int
    stranded: int
    unpaid: int
    nobody_able: int
    errors_though_able: int
    start_credits: int
    gift_credits: int
    gifts_not_taken: int
    lapsed_credits: int
    spent_credits: int
    refunded_credits: int
    end_credits: int
    credits_for_nothing: int
    stranded_credits: int
    """Of these: what is behind ended logins."""
    submit_calls: int
    submissions: int
    duplicates: int
    violations: int
    wait_median_s: float
    wait_p99_s: float
    wait_longest_s: float
    calls: int
    took_s: float = 0.0
    """Of real time."""

    @property
    def is_balanced(self) -> bool:
        """No credit came from nowhere or went there."""
        received = self.start_credits + self.gift_credits + self.refunded_credits
        return received - self.lapsed_credits - self.spent_credits == self.end_credits


def figures_of(world: World, outcomes: Sequence[Outcome]) -> Figures:
    endings = Counter(outcome.ending for outcome in outcomes)
    waits = sorted(outcome.waited_s for outcome in outcomes)
    booked = _booked(world)
    records = world.sandbox.records
    lost = _for_nothing(outcomes, records)
    days_of_gifts = world.script.days * len(world.script.members)
    counts = world.sandbox.counts
    return Figures(
        requests=len(outcomes),
        succeeded=endings["succeeded"],
        filtered=endings["filtered"],
        stranded=endings["stranded"],
        unpaid=endings["unpaid"],
        nobody_able=endings["nobody"],
        errors_though_able=endings["error"],
        start_credits=booked["Start"],
        gift_credits=booked["Daily gift"],
        gifts_not_taken=days_of_gifts - _gifts(world),
        lapsed_credits=booked["Lapsed"],
        spent_credits=booked["Image"] + booked["Video"],
        refunded_credits=booked["Refund"],
        end_credits=sum(world.account(member.name).wallet.total for member in world.script.members),
        credits_for_nothing=sum(lost.values()),
        stranded_credits=sum(lost.get(each.wish, 0) for each in outcomes if each.ending == "stranded"),
        submit_calls=counts.calls[SUBMIT],
        submissions=len(records),
        duplicates=counts.duplicate_submits + _paid_twice(records),
        violations=len(counts.violations),
        wait_median_s=waits[len(waits) // 2],
        wait_p99_s=waits[int(len(waits) * 0.99)],
        wait_longest_s=waits[-1],
        calls=sum(counts.calls.values()),
    )


def _booked(world: World) -> Counter[str]:
    """Credits in the ledgers of all, by the title of the entry."""
    now, sums = world.sandbox.now_s(), Counter[str]()
    for member in world.script.members:
        account = world.account(member.name)
        account.settle(now)
        for entry in account.wallet.entries:
            sums[entry["title"]] += entry["amount"]
    return sums


def _gifts(world: World) -> int:
    entries = (entry for member in world.script.members for entry in world.account(member.name).wallet.entries)
    return sum(entry["title"] == "Daily gift" for entry in entries)


def _paid(records: Sequence[Record]) -> dict[str, list[int]]:
    """What was charged and not refunded, by prompt: one amount a submission."""
    paid: dict[str, list[int]] = defaultdict(list)
    for record in records:
        if record.charged_credits > record.refunded_credits:
            paid[record.order.prompt].append(record.charged_credits - record.refunded_credits)
    return paid


def _for_nothing(outcomes: Sequence[Outcome], records: Sequence[Record]) -> dict[Wish, int]:
    """Credits that a request cost beyond what it got, where there are any."""
    paid = _paid(records)
    worth = {outcome.wish: price_of(outcome.wish) if outcome.ending == "succeeded" else 0 for outcome in outcomes}
    lost = {wish: sum(paid[prompt_of(wish)]) - got for wish, got in worth.items()}
    return {wish: credits for wish, credits in lost.items() if credits}


def _paid_twice(records: Sequence[Record]) -> int:
    return sum(len(amounts) - 1 for amounts in _paid(records).values())


def incidents(world: World, outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each request that should have gone better."""
    lost = _for_nothing(outcomes, world.sandbox.records)
    return [
        f"request {each.wish.number} at {each.wish.at_s / 3600:.2f} h ({each.wish.model} {each.wish.resolution}), "
        f"{each.waited_s:.0f} s: {each.code or 'succeeded'} {each.detail}; able: {', '.join(each.able) or 'nobody'}; "
        f"paid for nothing: {lost.get(each.wish, 0)}"
        for each in outcomes
        if each.ending == "error" or each.wish in lost
    ]
