"""What a probe tells those who asked for many, and what it does when the same user turns up again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts import services, vault
from accounts.models import Account, BulkTask, ImportBatch
from generation.engine import keeping
from tests.factories import make_account
from tests.generation.jimeng import CREDITS, session_of
from tests.generation.test_caretaker import CaretakerTestCase


class ProbeResultTests(CaretakerTestCase):
    async def outcomes(self, *accounts: Account) -> list[str]:
        task = await sync_to_async(services.bulk_task_start)(
            kind=BulkTask.Kind.PROBE, account_ids=[each.pk for each in accounts], at=timezone.now()
        )
        async with self.caretaker() as taker, asyncio.timeout(10):
            taker.start()
            while not (await sync_to_async(services.bulk_progress)(task)).is_over:
                await asyncio.sleep(0.01)
        return [each.outcome async for each in task.items.order_by("pk")]

    async def test_alive(self) -> None:
        assert await self.outcomes(await sync_to_async(make_account)()) == ["alive"]

    async def test_a_login_that_cannot_be_decrypted(self) -> None:
        account = await sync_to_async(make_account)(sessionid_encrypted="lost")
        assert await self.outcomes(account) == ["unreadable"]

    async def test_an_upstream_that_does_not_answer(self) -> None:
        self.jimeng.silent.add(CREDITS)
        account = await sync_to_async(make_account)()
        assert await self.outcomes(account) == ["unreachable"]

    async def test_one_that_asks_for_the_gift_tells_those_who_asked_for_it_too(self) -> None:
        self.jimeng.gift = 66
        account = await sync_to_async(make_account)()
        self.jimeng.balance[session_of(account)] = 0
        start = sync_to_async(services.bulk_task_start)
        gifts = await start(kind=BulkTask.Kind.CHECK_IN, account_ids=[account.pk], at=timezone.now())
        assert await self.outcomes(account) == ["alive"]
        assert (await gifts.items.aget()).outcome == "received"

    async def test_the_same_user_again_is_merged_and_the_older_one_is_read_next(self) -> None:
        older = await sync_to_async(make_account)(name="older", upstream_user_id=self.jimeng.user_id, probe_due_at=None)
        newer = await sync_to_async(make_account)(sessionid="a-login-of-today-01")
        assert await self.outcomes(newer) == ["merged"]
        account = await Account.objects.aget()
        assert (account.pk, vault.decrypt(account.sessionid_encrypted)) == (older.pk, "a-login-of-today-01")
        async with self.caretaker() as taker, asyncio.timeout(10):
            taker.start()
            while (await Account.objects.aget()).credits is None:
                await asyncio.sleep(0.01)


class DutyTests(CaretakerTestCase):
    async def test_what_nobody_will_do_is_ended_and_old_previews_are_dropped(self) -> None:
        account = await sync_to_async(make_account)()
        task = await sync_to_async(services.bulk_task_start)(
            kind=BulkTask.Kind.PROBE, account_ids=[account.pk], at=timezone.now()
        )
        await account.adelete()
        await ImportBatch.objects.acreate(created_at=timezone.now() - timedelta(days=2))
        for duty in keeping.keeping_duties():
            await duty.run()
        assert (await sync_to_async(services.bulk_progress)(task)).outcomes == {"gone": 1}
        assert not await ImportBatch.objects.aexists()
