"""The account desk: who waits, who is served, and who is told why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts import services
from accounts.errors import PoolBusy, PoolEmpty, UpstreamLoginExpired
from accounts.leases import LeaseWant
from accounts.models import Account, Lease
from generation.engine.claims import Claim, KeepWaiting, LostRace, Want, claim
from generation.engine.desk import AccountDesk
from generation.models import Generation
from tests.factories import make_generation
from tests.generation.jimeng import make_alive, session_of

Status = Generation.Status


def make_waiting(**over: Any) -> Generation:
    return make_generation(status=Status.QUEUED, **over)


def want_of(row: Generation, **over: Any) -> Want:
    lease: dict[str, Any] = {
        "holder": row.public_id,
        "cost_credits": 3,
        "model_key": "jimeng-4.5/2k",
        "account_ids": None,
        "passed_over": frozenset(),
    }
    return Want(generation_id=row.pk, attempt=1, lease=LeaseWant(**lease | over))


@asynccontextmanager
async def open_desk() -> AsyncIterator[AccountDesk]:
    desk = AccountDesk()
    desk.start()
    try:
        async with asyncio.timeout(10):
            yield desk
    finally:
        await desk.stop()


@sync_to_async
def free(holder: str) -> None:
    services.leases_release(holders=[holder])


class ClaimTests(TestCase):
    def test_the_account_and_the_state_change_together(self) -> None:
        account, row = make_alive(name="first"), make_waiting()
        (found,) = claim([want_of(row)], at=timezone.now())
        assert isinstance(found, Claim)
        assert (found.account_id, found.login.sessionid) == (account.pk, session_of(account))
        assert (found.login.web_id, found.login.uid_tt) == (account.web_id, account.uid_tt)
        row.refresh_from_db()
        assert (row.status, row.account, row.account_label) == (Status.RUNNING, account, "first")
        assert Lease.objects.get().holder == row.public_id

    def test_one_that_is_no_longer_queued_gives_everything_back(self) -> None:
        account = make_alive(spent_since_read=1)
        lost, won = make_generation(status=Status.CANCELLED), make_waiting()
        first, second = claim([want_of(lost), want_of(won)], at=timezone.now())
        assert isinstance(first, LostRace)
        assert isinstance(second, Claim)
        account.refresh_from_db()
        assert account.spent_since_read == 4  # 1, and 3 for the winner
        assert [each.holder for each in Lease.objects.all()] == [won.public_id]

    def test_outcomes_come_in_the_order_of_the_wants(self) -> None:
        make_alive(concurrency_cap=1)
        rows = [make_waiting() for _ in range(3)]
        wants = [want_of(rows[0], account_ids=()), want_of(rows[1]), want_of(rows[2])]
        outcomes = claim(wants, at=timezone.now())
        assert [type(each) for each in outcomes] == [PoolEmpty, Claim, KeepWaiting]

    def test_a_login_that_cannot_be_decrypted_stops_nobody_else(self) -> None:
        broken = make_alive(priority=1, sessionid_encrypted="cannot be read")
        good = make_alive()
        rows = [make_waiting(), make_waiting()]
        wants = [want_of(row) for row in rows]
        assert claim(wants, at=timezone.now()) == [KeepWaiting(), KeepWaiting()]
        assert not Lease.objects.exists()
        broken.refresh_from_db()
        assert (broken.health, broken.last_error_code, broken.spent_since_read) == ("expired", "unreadable", 0)
        outcomes = claim(wants, at=timezone.now())
        assert [each.account_id for each in outcomes if isinstance(each, Claim)] == [good.pk, good.pk]


class WaitingTests(TestCase):
    async def test_it_is_served_at_once_when_an_account_is_free(self) -> None:
        account, row = await sync_to_async(make_alive)(), await sync_to_async(make_waiting)()
        async with open_desk() as desk:
            found = await desk.claim(want_of(row), waited_s=0.0)
        assert (found.account_id, desk.waiting) == (account.pk, 0)

    async def test_it_waits_for_a_place_and_the_oldest_is_served_first(self) -> None:
        account = await sync_to_async(make_alive)(concurrency_cap=1)
        rows = [await sync_to_async(make_waiting)() for _ in range(3)]
        await Lease.objects.acreate(account=account, holder="gen_before", taken_at=timezone.now())
        served: list[int] = []
        async with open_desk() as desk:

            async def wait(row: Generation) -> None:
                await desk.claim(want_of(row), waited_s=0.0)
                served.append(row.pk)

            tasks = [asyncio.create_task(wait(row)) for row in reversed(rows)]
            while desk.waiting < 3:
                await asyncio.sleep(0)
            for holder in ("gen_before", rows[0].public_id, rows[1].public_id):
                before = len(served)
                await free(holder)
                desk.nudge()
                while len(served) == before:
                    await asyncio.sleep(0.01)
            await asyncio.gather(*tasks)
        assert served == [row.pk for row in rows]

    async def test_it_is_refused_with_the_reason(self) -> None:
        await sync_to_async(make_alive)(health=Account.Health.EXPIRED)
        row = await sync_to_async(make_waiting)()
        async with open_desk() as desk:
            with pytest.raises(UpstreamLoginExpired):
                await desk.claim(want_of(row), waited_s=0.0)
            assert desk.waiting == 0

    @override_settings(JIMENG_QUEUE_TIMEOUT_S=300.0)
    async def test_its_patience_counts_from_its_birth(self) -> None:
        await sync_to_async(make_alive)(concurrency_cap=0)
        row = await sync_to_async(make_waiting)()
        async with open_desk() as desk:
            with pytest.raises(PoolBusy, match="in time") as raised:
                await desk.claim(want_of(row), waited_s=300.0)
        assert raised.value.retry_after_s == 30
        assert not await Lease.objects.aexists()

    async def test_it_loses_when_it_was_cancelled_meanwhile(self) -> None:
        account = await sync_to_async(make_alive)()
        row = await sync_to_async(make_generation)(status=Status.CANCELLED)
        async with open_desk() as desk:
            with pytest.raises(LostRace):
                await desk.claim(want_of(row), waited_s=0.0)
        await account.arefresh_from_db()
        assert (account.spent_since_read, await Lease.objects.acount()) == (0, 0)

    async def test_one_that_waits_no_longer_is_forgotten(self) -> None:
        account = await sync_to_async(make_alive)(concurrency_cap=1)
        gone, left = await sync_to_async(make_waiting)(), await sync_to_async(make_waiting)()
        await Lease.objects.acreate(account=account, holder="gen_before", taken_at=timezone.now())
        async with open_desk() as desk:
            first = asyncio.create_task(desk.claim(want_of(gone), waited_s=0.0))
            second = asyncio.create_task(desk.claim(want_of(left), waited_s=0.0))
            while desk.waiting < 2:
                await asyncio.sleep(0)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            desk.nudge()
            while desk.waiting == 2:
                await asyncio.sleep(0.01)
            await free("gen_before")
            desk.nudge()
            assert (await second).account_id == account.pk
        assert [each.holder async for each in Lease.objects.all()] == [left.public_id]

    async def test_equal_logins_are_decrypted_once(self) -> None:
        await sync_to_async(make_alive)()
        rows = [await sync_to_async(make_waiting)() for _ in range(2)]
        async with open_desk() as desk:
            first, second = await asyncio.gather(*(desk.claim(want_of(row), waited_s=0.0) for row in rows))
        assert first.login is second.login
