"""Questions about logins: how many at once, and what is noted on their accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings

from accounts.models import Account
from generation.tokens import CALLS_AT_ONCE, TokenState, ask_all, check, points, receive
from generation.upstream.client import UpstreamClient
from tests.factories import make_account

Handler = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]
LOGINS = [f"login-{number:010d}" for number in range(12)]


def balance(gift: int) -> httpx.Response:
    return httpx.Response(200, json={"ret": "0", "data": {"credit": {"gift_credit": gift}}})


def refused(code: str) -> httpx.Response:
    return httpx.Response(200, json={"ret": code, "errmsg": "no"})


def answering(response: httpx.Response | Exception) -> Handler:
    async def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    return handler


async def asked(handler: Handler, sessionids: list[str], question: Any) -> dict[str, TokenState]:
    client = UpstreamClient(
        base_url="https://jimeng.test", imagex_url="https://imagex.test", transport=httpx.MockTransport(handler)
    )
    async with client:
        return await ask_all(client, sessionids, question)


def code_of(state: TokenState) -> str:
    return "" if state.trouble is None else state.trouble.code


class TokenTests(TestCase):
    async def test_four_are_asked_about_at_once_also_by_two_requests(self) -> None:
        under_way, most = 0, 0

        async def handler(request: httpx.Request) -> httpx.Response:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            for _ in range(20):  # lets the others come as far as they may
                await asyncio.sleep(0)
            under_way -= 1
            return balance(5)

        client = UpstreamClient(
            base_url="https://jimeng.test", imagex_url="https://imagex.test", transport=httpx.MockTransport(handler)
        )
        async with client:
            first, second = await asyncio.gather(
                ask_all(client, LOGINS[:6], points), ask_all(client, LOGINS[6:], points)
            )
        assert most == CALLS_AT_ONCE == 4
        assert [state.credits.total for state in [*first.values(), *second.values()] if state.credits] == [5] * 12

    async def test_a_failure_is_noted_as_after_a_probe(self) -> None:
        for response, code, health in (
            (refused("1015"), "login_expired", Account.Health.EXPIRED),
            (refused("1019"), "risk_hold", Account.Health.RESTING),
            (httpx.Response(429), "throttled", Account.Health.RESTING),
            (refused("99999"), "upstream_refused", Account.Health.UNKNOWN),
            (httpx.Response(500), "upstream_unreachable", Account.Health.UNKNOWN),
            (httpx.ConnectError("no"), "upstream_unreachable", Account.Health.UNKNOWN),
        ):
            with self.subTest(code):
                sessionid = f"login-of-{code}-{id(response)}"
                await sync_to_async(make_account)(sessionid=sessionid, name=f"…{sessionid[-4:]}")
                state = (await asked(answering(response), [sessionid], points))[sessionid]
                assert (state.live, state.credits, code_of(state)) == (False, None, code)
                account = await Account.objects.aget(sessionid_tail=sessionid[-4:], name=f"…{sessionid[-4:]}")
                assert account.health == health
                await account.adelete()

    async def test_nothing_is_stored_for_a_login_that_is_not_known(self) -> None:
        states = await asked(answering(balance(5)), ["login-of-nobody"], points)
        assert states["login-of-nobody"].live
        assert not await Account.objects.aexists()

    async def test_a_dead_login_in_the_pool_revives_when_it_is_found_alive(self) -> None:
        account = await sync_to_async(make_account)(sessionid="login-of-the-pool", health=Account.Health.EXPIRED)
        alive = httpx.Response(200, json={"data": {"user_id": "7", "screen_name": "lee"}})
        states = await asked(answering(alive), ["login-of-the-pool"], check)
        assert states["login-of-the-pool"].live
        await account.arefresh_from_db()
        assert (account.health, account.screen_name) == (Account.Health.ALIVE, "lee")
        assert account.source == Account.Source.OPERATOR

    async def test_a_gift_that_was_taken_is_told_though_the_balance_fails(self) -> None:
        async def handler(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("credit_receive"):
                return httpx.Response(200, json={"ret": "0", "data": {"receive_quota": 66}})
            return httpx.Response(500)

        state = (await asked(handler, LOGINS[:1], receive))[LOGINS[0]]
        assert (state.received, state.already_received, code_of(state)) == (66, False, "upstream_unreachable")

    async def test_a_refusal_that_we_do_not_know_is_no_gift_taken_before(self) -> None:
        state = (await asked(answering(refused("99999")), LOGINS[:1], receive))[LOGINS[0]]
        assert (state.already_received, code_of(state)) == (False, "upstream_refused")

    @override_settings(JIMENG_PASSTHROUGH=False)
    async def test_an_unknown_login_is_asked_about_as_the_same_device_and_not_stored(self) -> None:
        devices = []

        async def handler(request: httpx.Request) -> httpx.Response:
            devices.append((request.url.params["webId"], request.headers["cookie"].replace(" ", "")))
            return balance(5)

        for _ in range(2):
            await asked(handler, LOGINS[:1], points)
        (first, cookie), (second, _) = devices
        assert first == second
        assert first.startswith("7")
        assert len(first) == 19
        assert "uid_tt=" in cookie
        assert not await Account.objects.aexists()
