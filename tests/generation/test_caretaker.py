"""Probes, balances and daily gifts: what the engine does for accounts when nobody asks for pictures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.models import Account, CreditSnapshot
from accounts.rotation import next_gift_at
from generation.engine.caretaker import Caretaker
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from tests.factories import make_account
from tests.generation.jimeng import ACCOUNT_INFO, CREDITS, RECEIVE, Jimeng, session_of

Health, Reason = Account.Health, Account.RestReason


class CaretakerTestCase(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()
        self.freed = 0

    def note_freed(self) -> None:
        self.freed += 1

    @asynccontextmanager
    async def caretaker(self) -> AsyncIterator[Caretaker]:
        transport = httpx.MockTransport(self.jimeng)
        async with UpstreamClient(
            base_url="https://a.test", imagex_url="https://b.test", transport=transport
        ) as client:
            taker = Caretaker(client, on_freed=self.note_freed)
            try:
                yield taker
            finally:
                await taker.stop()


class ProbeTests(CaretakerTestCase):
    async def probed(self, **fields: Any) -> Account:
        """An account that was due, once the caretaker has looked at it."""
        account = await sync_to_async(make_account)(probe_due_at=timezone.now(), **fields)
        async with self.caretaker() as taker, asyncio.timeout(10):
            taker.start()
            while await Account.objects.due_for_probe(at=timezone.now()).aexists():
                await asyncio.sleep(0.01)
            while fields.get("sessionid_encrypted") is None and not self.freed:
                await asyncio.sleep(0.01)  # its balance is read next
            await asyncio.sleep(0.03)
        await account.arefresh_from_db()
        return account

    async def test_a_living_login_is_known_with_its_balance(self) -> None:
        account = await self.probed()
        assert (account.health, account.upstream_user_id, account.screen_name) == (Health.ALIVE, "4711", "cat")
        assert (account.credits, await CreditSnapshot.objects.acount()) == (66, 1)
        assert self.jimeng.calls == [ACCOUNT_INFO, CREDITS]
        assert self.freed > 0  # somebody may wait for it

    async def test_an_empty_one_gets_its_daily_gift(self) -> None:
        self.jimeng.gift = 66
        account = await sync_to_async(make_account)(probe_due_at=None)
        self.jimeng.balance[session_of(account)] = 0
        await Account.objects.aupdate(probe_due_at=timezone.now())
        async with self.caretaker() as taker, asyncio.timeout(10):
            taker.start()
            while not await Account.objects.filter(gift_credits=66).aexists():
                await asyncio.sleep(0.01)
        await account.arefresh_from_db()
        assert (account.credits, account.checked_in_on is not None) == (66, True)
        assert self.jimeng.calls == [ACCOUNT_INFO, CREDITS, RECEIVE, CREDITS]

    async def test_one_with_no_credits_and_no_gift_rests_until_the_next(self) -> None:
        account = await sync_to_async(make_account)(probe_due_at=None)
        self.jimeng.balance[session_of(account)] = 0
        await Account.objects.aupdate(probe_due_at=timezone.now())
        async with self.caretaker() as taker, asyncio.timeout(10):
            taker.start()
            while not await Account.objects.filter(health=Health.RESTING).aexists():
                await asyncio.sleep(0.01)
        await account.arefresh_from_db()
        assert (account.rest_reason, account.rest_until) == (Reason.NO_CREDITS, next_gift_at(timezone.now()))

    async def test_a_dead_one_is_out(self) -> None:
        self.jimeng.user_id = ""
        account = await self.probed(health=Health.ALIVE)
        assert (account.health, self.jimeng.calls) == (Health.EXPIRED, [ACCOUNT_INFO])

    async def test_one_that_cannot_be_asked_is_asked_later_and_blamed_for_nothing(self) -> None:
        self.jimeng.silent.add(ACCOUNT_INFO)
        account = await self.probed(health=Health.ALIVE)
        assert (account.health, account.failures_in_a_row) == (Health.ALIVE, 0)
        assert account.probe_due_at is not None
        assert 290 < (account.probe_due_at - timezone.now()).total_seconds() <= 300

    async def test_one_at_which_something_breaks_is_looked_at_later(self) -> None:
        account = await sync_to_async(make_account)(probe_due_at=timezone.now())
        self.jimeng.broken.add(ACCOUNT_INFO)
        async with self.caretaker() as taker, asyncio.timeout(3):
            taker.start()
            while await Account.objects.due_for_probe(at=timezone.now()).aexists():
                await asyncio.sleep(0.01)
        await account.arefresh_from_db()
        assert account.probe_due_at is not None
        assert 290 < (account.probe_due_at - timezone.now()).total_seconds() <= 300

    async def test_one_that_cannot_be_decrypted_stops_no_probe(self) -> None:
        broken = await self.probed(sessionid_encrypted="cannot be read")
        assert (broken.health, broken.last_error_code, self.jimeng.calls) == (Health.EXPIRED, "unreadable", [])
        account = await self.probed()
        assert account.health == Health.ALIVE


@override_settings(JIMENG_PROBE_INTERVAL_S=3600.0)
class NoteTests(CaretakerTestCase):
    async def test_outside_a_submission_only_the_login_is_blamed(self) -> None:
        blamed = {
            FailureKind.EXPIRED: (Health.EXPIRED, ""),
            FailureKind.RISK_HOLD: (Health.RESTING, Reason.RISK_HOLD),
            FailureKind.THROTTLED: (Health.RESTING, Reason.THROTTLED),
            FailureKind.REGION: (Health.RESTING, Reason.REGION),
        }
        async with self.caretaker() as taker:
            for kind in FailureKind:
                with self.subTest(kind):
                    account = await sync_to_async(make_account)(health=Health.ALIVE)
                    await taker.note_failure(account.pk, UpstreamFailure(kind))
                    await account.arefresh_from_db()
                    assert (account.health, account.rest_reason) == blamed.get(kind, (Health.ALIVE, ""))

    async def test_a_login_that_is_gone_or_unreadable_is_none(self) -> None:
        account = await sync_to_async(make_account)(sessionid_encrypted="cannot be read")
        async with self.caretaker() as taker:
            assert await taker.login(account.pk) is None
            assert await taker.login(account.pk + 1) is None
