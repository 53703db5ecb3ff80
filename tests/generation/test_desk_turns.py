"""The account desk among several callers: whose turn it is, what is stored of it, and when to come again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.errors import PoolBusy
from accounts.models import Account, Lease
from generation.engine.claims import Claim, Want, claim
from generation.engine.desk import AccountDesk
from generation.models import Generation, GenerationEvent
from tests.generation.jimeng import make_alive
from tests.generation.test_desk import free, make_waiting, open_desk, want_of

GREEDY, MODEST = "key:1", "key:2"


def want_for(row: Generation, owner: str) -> Want:
    plain = want_of(row)
    return Want(generation_id=row.pk, owner=owner, attempt=1, lease=plain.lease)


class TurnTests(TestCase):
    async def serve(self, desk: AccountDesk, rows: list[tuple[Generation, str]], held: list[str]) -> list[int]:
        """The order in which they are served, one place at a time. `held`: who has the places now."""
        served: list[int] = []

        async def wait(row: Generation, owner: str) -> None:
            await desk.claim(want_for(row, owner), waited_s=0.0)
            served.append(row.pk)
            held.append(row.public_id)

        tasks = [asyncio.create_task(wait(row, owner)) for row, owner in rows]
        while desk.waiting < len(rows):
            await asyncio.sleep(0)
        while len(served) < len(rows):
            before = len(served)
            await free(held.pop(0))
            desk.nudge()
            while len(served) == before:
                await asyncio.sleep(0.01)
        await asyncio.gather(*tasks)
        return served

    async def test_places_that_come_free_go_round_the_owners(self) -> None:
        account = await sync_to_async(make_alive)(concurrency_cap=1)
        await Lease.objects.acreate(account=account, holder="gen_before", taken_at=timezone.now())
        rows = [await sync_to_async(make_waiting)() for _ in range(6)]
        owners = [GREEDY, GREEDY, GREEDY, GREEDY, MODEST, MODEST]
        async with open_desk() as desk:
            for generation_id in (-1, -2):
                desk.hold(generation_id, owner=GREEDY)  # two of the greedy one go on already
            served = await self.serve(desk, list(zip(rows, owners, strict=True)), ["gen_before"])
        first = [row.pk for row in rows]
        # the modest one catches up with the two that the greedy one holds, then first come, first served
        assert served == [first[4], first[5], first[0], first[1], first[2], first[3]]

    async def test_what_is_given_back_counts_no_more(self) -> None:
        desk = AccountDesk()
        rows = [await sync_to_async(make_waiting)() for _ in range(2)]
        tasks = []
        for row, owner in zip(rows, (GREEDY, MODEST), strict=True):
            tasks.append(asyncio.create_task(desk.claim(want_for(row, owner), waited_s=0.0)))
        while desk.waiting < 2:
            await asyncio.sleep(0)
        places = []
        desk.hold(7, owner=GREEDY)
        places.append([desk.place(row.pk) for row in rows])
        desk.give_back(7)
        places.append([desk.place(row.pk) for row in rows])
        assert (places, desk.place(7)) == ([[1, 0], [0, 1]], None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class StoredDecisionTests(TestCase):
    def detail(self, row: Generation) -> dict[str, Any]:
        found: dict[str, Any] = GenerationEvent.objects.get(generation=row).detail
        return found

    def test_the_event_of_the_choice_says_why(self) -> None:
        make_alive(name="dead", health=Account.Health.EXPIRED)
        good, row = make_alive(name="good"), make_waiting()
        (found,) = claim([want_of(row)], at=timezone.now())
        assert isinstance(found, Claim)
        assert found.account_id == good.pk
        decision = self.detail(row)["decision"]
        (group,) = decision["passed_over"]
        assert (decision["why"], group["why"], group["accounts"][0][1]) == ("only_one", "expired", "dead")


@override_settings(JIMENG_QUEUE_TIMEOUT_S=300.0)
class OutOfTimeTests(TestCase):
    async def test_it_is_told_with_who_was_passed_over_and_when_to_come_again(self) -> None:
        full = await sync_to_async(make_alive)(name="full", concurrency_cap=1)
        rows = [await sync_to_async(make_waiting)() for _ in range(2)]
        async with open_desk() as desk:
            await desk.claim(want_of(rows[0]), waited_s=0.0)
            with pytest.raises(PoolBusy) as raised:
                await desk.claim(want_of(rows[1]), waited_s=300.0)
        decision = raised.value.decision
        assert decision is not None
        assert [(group["why"], group["accounts"][0][:2]) for group in decision["passed_over"]] == [
            ("full", (full.pk, "full"))
        ]
        assert raised.value.retry_after_s == 60  # one was served in the last minute, and one stands before it

    async def test_so_is_one_whose_own_deadline_comes_first(self) -> None:
        full = await sync_to_async(make_alive)(name="full", concurrency_cap=1)
        rows = [await sync_to_async(make_waiting)() for _ in range(2)]
        async with open_desk() as desk:
            await desk.claim(want_of(rows[0]), waited_s=0.0)
            with pytest.raises(PoolBusy, match="before the deadline") as raised:
                await desk.claim(want_of(rows[1]), waited_s=0.0, left_s=1.0)
        decision = raised.value.decision
        assert decision is not None
        assert decision["passed_over"][0]["accounts"][0][:2] == (full.pk, "full")
