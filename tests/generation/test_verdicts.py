"""What is made of "no credits": the balance decides, after the daily gift was asked for."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async

from accounts.rotation import FailureClass
from tests.factories import make_account
from tests.generation.jimeng import CREDITS, RECEIVE, session_of
from tests.generation.test_caretaker import CaretakerTestCase


class VerdictTests(CaretakerTestCase):
    """ "No credits" is believed only when the balance says so."""

    async def verdicts(self, count: int = 1, *, balance: int, gift: int = 0) -> list[FailureClass | None]:
        account = await sync_to_async(make_account)()
        self.jimeng.balance[session_of(account)], self.jimeng.gift = balance, gift
        async with self.caretaker() as taker:
            login = await taker.login(account.pk)
            assert login is not None
            sent_at = asyncio.get_running_loop().time()
            asked = (
                taker.verdict_on_no_credits(account.pk, login, cost_credits=3, sent_at=sent_at) for _ in range(count)
            )
            return await asyncio.gather(*asked)

    async def test_each_balance_has_its_verdict(self) -> None:
        for balance, gift, verdict, calls in (
            (66, 0, FailureClass.BARRED, [CREDITS]),
            (3, 0, FailureClass.BARRED, [CREDITS]),
            (2, 0, FailureClass.NO_CREDITS, [CREDITS, RECEIVE]),
            (0, 66, None, [CREDITS, RECEIVE, CREDITS]),
            (0, 2, FailureClass.NO_CREDITS, [CREDITS, RECEIVE, CREDITS]),
        ):
            with self.subTest(balance=balance, gift=gift):
                self.jimeng.calls.clear()
                assert await self.verdicts(balance=balance, gift=gift) == [verdict]
                assert self.jimeng.calls == calls

    async def test_those_refused_together_share_one_look(self) -> None:
        assert await self.verdicts(5, balance=0, gift=66) == [None] * 5
        assert self.jimeng.calls == [CREDITS, RECEIVE, CREDITS]

    async def test_a_dear_one_gets_the_gift_that_a_cheap_one_beside_it_does_not_need(self) -> None:
        account = await sync_to_async(make_account)()
        self.jimeng.balance[session_of(account)], self.jimeng.gift = 2, 66
        async with self.caretaker() as taker:
            login = await taker.login(account.pk)
            assert login is not None
            sent_at = asyncio.get_running_loop().time()
            _cheap, dear = await asyncio.gather(
                *(taker.verdict_on_no_credits(account.pk, login, cost_credits=cost, sent_at=sent_at) for cost in (2, 5))
            )
        assert dear is None

    async def test_when_the_balance_cannot_be_read_nothing_is_concluded(self) -> None:
        self.jimeng.silent.add(CREDITS)
        assert await self.verdicts(balance=0) == [FailureClass.UNREACHABLE]

    async def test_the_gift_is_asked_for_once_a_day(self) -> None:
        account = await sync_to_async(make_account)()
        self.jimeng.balance[session_of(account)] = 0
        async with self.caretaker() as taker:
            login = await taker.login(account.pk)
            assert login is not None
            for _ in range(2):
                await taker.verdict_on_no_credits(account.pk, login, cost_credits=3, sent_at=0)
        assert self.jimeng.calls.count(RECEIVE) == 1

    async def test_a_gift_that_somebody_else_has_asked_for_says_nothing_either(self) -> None:
        account = await sync_to_async(make_account)()
        async with self.caretaker() as taker:
            login = await taker.login(account.pk)
            assert login is not None
            verdicts, sent_at = [], asyncio.get_running_loop().time()
            for balance in (0, 66):  # as a probe reads it; as it is after the daily check-in
                self.jimeng.balance[session_of(account)] = balance
                await taker.read_balance(account.pk, login)
            for left_at in (sent_at, asyncio.get_running_loop().time() + 1):
                verdicts.append(await taker.verdict_on_no_credits(account.pk, login, cost_credits=3, sent_at=left_at))
        assert verdicts == [None, FailureClass.BARRED]

    async def test_a_gift_says_nothing_of_a_submission_that_left_after_it(self) -> None:
        account = await sync_to_async(make_account)()
        self.jimeng.balance[session_of(account)], self.jimeng.gift = 0, 66
        async with self.caretaker() as taker:
            login = await taker.login(account.pk)
            assert login is not None
            clock = asyncio.get_running_loop().time
            sent_before, verdicts = clock(), []
            for sent_at in (sent_before, None):
                verdicts.append(
                    await taker.verdict_on_no_credits(
                        account.pk, login, cost_credits=3, sent_at=clock() + 1 if sent_at is None else sent_at
                    )
                )
        assert verdicts == [None, FailureClass.BARRED]
