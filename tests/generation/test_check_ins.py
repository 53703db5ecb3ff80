"""The engine's daily check-ins: who is asked, what is made of the answers, and how politely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import time_machine
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts import services
from accounts.models import Account, AccountEvent
from generation.engine.caretaker import PROBES_AT_ONCE, Caretaker
from generation.engine.check_ins import CheckIns
from generation.upstream.client import UpstreamClient
from tests.factories import make_account
from tests.generation.jimeng import ACCOUNT_INFO, CREDITS, RECEIVE, Jimeng, session_of

Health, Reason, Result = Account.Health, Account.RestReason, Account.CheckInResult
Event = AccountEvent.Kind


@asynccontextmanager
async def check_ins(jimeng: Any) -> AsyncIterator[CheckIns]:
    transport = httpx.MockTransport(jimeng)
    async with UpstreamClient(base_url="https://a.test", imagex_url="https://b.test", transport=transport) as client:
        caretaker = Caretaker(client, on_freed=lambda: None)
        try:
            yield CheckIns(client, caretaker)
        finally:
            await caretaker.stop()


@override_settings(JIMENG_CHECK_IN=True, JIMENG_CHECK_IN_SPREAD_S=14_400.0)
class CheckInTests(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()
        self.jimeng.gift = 66

    async def asked(self, **fields: Any) -> Account:
        """An account whose moment has come, after the duty ran twice."""
        due = {"check_in_due_at": timezone.now(), "probe_due_at": None, "health": Health.ALIVE}
        account = await sync_to_async(make_account)(**due | fields)
        self.jimeng.balance.setdefault(session_of(account), 0)
        async with check_ins(self.jimeng) as duty:
            await duty.run()
            await duty.run()
        await account.arefresh_from_db()
        return account

    async def kinds(self, account: Account) -> list[str]:
        """Of its events since it was added."""
        return [event.kind async for event in account.events.exclude(kind=Event.ADDED).order_by("pk")]

    async def test_a_gift_is_received_once_and_the_balance_read_after_it(self) -> None:
        account = await self.asked()
        assert self.jimeng.calls == [RECEIVE, CREDITS]
        assert (account.check_in_result, account.check_in_credits, account.credits) == (Result.RECEIVED, 66, 66)
        assert [each["credits"] for each in account.lapsing] == [66]  # though the upstream tells nothing of it
        assert account.check_in_due_at is not None
        assert account.check_in_due_at > timezone.now()
        assert await self.kinds(account) == [Event.CHECKED_IN]

    async def test_an_answer_after_midnight_is_of_the_day_of_the_question(self) -> None:
        with time_machine.travel(datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), tick=False) as clock:

            def slow(request: httpx.Request) -> httpx.Response:
                if request.url.path == RECEIVE:
                    clock.shift(2)
                return self.jimeng(request)

            account = await sync_to_async(make_account)(check_in_due_at=timezone.now(), health=Health.ALIVE)
            self.jimeng.balance[session_of(account)] = 0
            async with check_ins(slow) as duty:
                await duty.run()
            await account.arefresh_from_db()
        assert account.checked_in_on == date(2026, 11, 22)
        assert account.check_in_due_at is not None
        assert account.check_in_due_at < datetime(2026, 11, 23, 15, tzinfo=UTC)

    async def test_nothing_given_means_that_it_was_given_before(self) -> None:
        self.jimeng.gift = 0
        account = await self.asked()
        assert (account.check_in_result, account.check_in_credits) == (Result.ALREADY, None)
        assert account.checked_in_on is not None

    async def test_a_refusal_that_says_so_means_the_same(self) -> None:
        for message in ("already received today", "今日积分已领取", "请勿重复领取，今日已经领过"):
            with self.subTest(message):
                self.jimeng.gift_refusal = ("34010100", message)
                account = await self.asked()
                assert (account.check_in_result, account.health) == (Result.ALREADY, Health.ALIVE)

    async def test_any_other_refusal_has_failed_and_is_nobodys_fault(self) -> None:
        for refusal in (("34010100", "invalid parameter"), ("99999", "busy"), ("1000", "no")):
            with self.subTest(refusal):
                self.jimeng.gift_refusal = refusal
                account = await self.asked()
                assert (account.check_in_result, account.check_in_detail) == (Result.FAILED, " ".join(refusal))
                assert (account.health, account.checked_in_on, account.credits) == (Health.ALIVE, None, 0)
                assert await self.kinds(account) == [Event.CHECK_IN_FAILED]
                assert account.check_in_due_at is not None
                assert account.check_in_due_at > timezone.now() + timedelta(minutes=29)

    async def test_an_upstream_that_is_silent_is_asked_later(self) -> None:
        self.jimeng.silent.add(RECEIVE)
        account = await self.asked()
        assert self.jimeng.calls == [RECEIVE]
        assert (account.check_in_result, account.check_in_attempts, account.health) == (Result.FAILED, 1, Health.ALIVE)

    async def test_a_failure_that_says_something_of_the_account_is_told_to_health(self) -> None:
        for ret, health, reason in (("1015", Health.EXPIRED, ""), ("1019", Health.RESTING, Reason.RISK_HOLD)):
            with self.subTest(ret):
                self.jimeng.gift_refusal = (ret, "no")
                account = await self.asked()
                assert (account.health, account.rest_reason) == (health, reason)
                assert account.check_in_result == Result.FAILED
                assert self.jimeng.calls[-1] == RECEIVE

    async def test_a_gift_wakes_an_account_that_rested_for_want_of_credits(self) -> None:
        dry = {"health": Health.RESTING, "rest_reason": Reason.NO_CREDITS}
        account = await self.asked(**dry, rest_until=timezone.now() + timedelta(hours=5), ill_since=timezone.now())
        assert (account.health, account.rest_until, account.ill_since) == (Health.ALIVE, None, None)
        assert await self.kinds(account) == [Event.CHECKED_IN, Event.RECOVERED]

    async def test_one_that_cannot_be_decrypted_stops_no_other(self) -> None:
        broken = await sync_to_async(make_account)(check_in_due_at=timezone.now(), sessionid_encrypted="broken")
        account = await self.asked()
        await broken.arefresh_from_db()
        assert (broken.health, account.check_in_result) == (Health.EXPIRED, Result.RECEIVED)

    @override_settings(JIMENG_CHECK_IN_SPREAD_S=0.0)
    async def test_a_new_account_is_planned_and_asked_without_anybodys_doing(self) -> None:
        account = await self.asked(check_in_due_at=None)
        day_has_begun = services.check_ins_due(at=timezone.now() + timedelta(minutes=5))
        assert account.check_in_result == Result.RECEIVED or await day_has_begun.acontains(account)

    @override_settings(JIMENG_CHECK_IN=False)
    async def test_without_check_ins_only_those_asked_for_are_made(self) -> None:
        await self.asked(check_in_due_at=None)
        assert self.jimeng.calls == []
        account = await self.asked()
        assert (account.check_in_result, account.check_in_due_at) == (Result.RECEIVED, None)


@override_settings(JIMENG_CHECK_IN=True, JIMENG_CHECK_IN_SPREAD_S=14_400.0)
class PolitenessTests(TestCase):
    async def test_few_are_asked_at_once(self) -> None:
        now, most, jimeng = 0, 0, Jimeng()

        async def slow(request: httpx.Request) -> httpx.Response:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1
            return jimeng(request)

        for _ in range(6):
            await sync_to_async(make_account)(check_in_due_at=timezone.now(), probe_due_at=None)
        async with check_ins(slow) as duty:
            await duty.run()
        assert jimeng.calls.count(RECEIVE) == 6
        assert most == PROBES_AT_ONCE
        assert ACCOUNT_INFO not in jimeng.calls
