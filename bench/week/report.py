"""Both ways through the same week, and the table of them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime

from accounts.shanghai import SHANGHAI
from bench.week import gateway, random_choice, script
from bench.week.figures import Figures, figures_of, incidents
from bench.week.outcomes import Diary
from bench.week.virtual_time import run_at
from bench.week.world import World

# A Monday long ago: files that are written in the week then never look old.
BEGUN_AT = datetime(2026, 1, 5, tzinfo=SHANGHAI).timestamp()

Way = Callable[[World], Awaitable[Diary]]


def run(*, requests: int, days: int, seed: int, as_json: bool) -> int:
    """Print what became of the week; 0 if the gateway did as it must, else 1."""
    plan = script.write(requests=requests, days=days, seed=seed)
    ours, ill = _live(plan, seed, gateway.run)
    theirs, _ = _live(plan, seed, lambda world: random_choice.run(world, seed=seed))
    if as_json:
        print(json.dumps({"gateway": asdict(ours), "random": asdict(theirs), "incidents": ill}))
    else:
        print(table(ours, theirs, days=days))
        print("\n".join(["", "What should have gone better:", *ill] if ill else []))
    return 0 if is_good(ours) else 1


def is_good(ours: Figures) -> bool:
    """What is behind ended logins is the world's doing: it is there still, for whoever has the new login."""
    wasted = ours.credits_for_nothing - ours.stranded_credits
    return ours.is_balanced and not (ours.errors_though_able or wasted or ours.duplicates)


def _live(plan: script.Script, seed: int, way: Way) -> tuple[Figures, list[str]]:
    """Go through the week, and look at the books at its very end."""

    async def live() -> tuple[Figures, list[str]]:
        world = World(plan, seed=seed, begun_at=BEGUN_AT)
        diary = await way(world)
        return figures_of(world, diary.outcomes), incidents(world, diary.outcomes)

    random.seed(seed)  # what the engine leaves to chance
    begun = time.perf_counter()
    figures, ill = run_at(BEGUN_AT, live)
    return replace(figures, took_s=time.perf_counter() - begun), ill


def table(ours: Figures, theirs: Figures, *, days: int) -> str:
    rows: list[tuple[str, Callable[[Figures], str]]] = [
        ("requests", lambda each: str(each.requests)),
        ("succeeded", lambda each: str(each.succeeded)),
        ("success rate", lambda each: f"{each.succeeded / each.requests:.2%}"),
        ("refused by the content filter", lambda each: str(each.filtered)),
        ("errors, accepted by a login that then ended", lambda each: str(each.stranded)),
        ("errors, no account could pay", lambda each: str(each.unpaid)),
        ("errors, all accounts down, held or busy", lambda each: str(each.nobody_able)),
        ("errors although a usable account existed", lambda each: str(each.errors_though_able)),
        ("credits at the start (bought)", lambda each: str(each.start_credits)),
        ("credits received by daily gifts", lambda each: str(each.gift_credits)),
        ("daily gifts not taken", lambda each: str(each.gifts_not_taken)),
        ("credits lapsed unused", lambda each: str(each.lapsed_credits)),
        ("credits spent, refunds taken off", lambda each: str(each.spent_credits - each.refunded_credits)),
        ("credits paid for nothing", lambda each: str(each.credits_for_nothing)),
        ("  of these behind ended logins", lambda each: str(each.stranded_credits)),
        ("credits left at the end", lambda each: str(each.end_credits)),
        ("books balance", lambda each: "yes" if each.is_balanced else "NO"),
        ("submit calls", lambda each: str(each.submit_calls)),
        ("submissions accepted", lambda each: str(each.submissions)),
        ("duplicates", lambda each: str(each.duplicates)),
        ("breaches of the protocol", lambda each: str(each.violations)),
        ("wait, median (s)", lambda each: f"{each.wait_median_s:.0f}"),
        ("wait, p99 (s)", lambda each: f"{each.wait_p99_s:.0f}"),
        ("longest wait (s)", lambda each: f"{each.wait_longest_s:.0f}"),
        ("calls to the sandbox", lambda each: str(each.calls)),
        ("took, real time (s)", lambda each: f"{each.took_s:.0f}"),
        ("times faster than life", lambda each: f"{days * script.DAY_S / each.took_s:.0f}"),
    ]
    lines = [f"{'':44} {'gateway':>10} {'random choice':>14}"]
    return "\n".join([*lines, *(f"{name:44} {tell(ours):>10} {tell(theirs):>14}" for name, tell in rows)])
