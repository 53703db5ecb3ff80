"""What the engine does for renewals and for proxies: whom it asks, with which device, and what it notes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from asgiref.sync import async_to_sync, sync_to_async
from django.test import TestCase
from django.utils import timezone

from accounts.models import Account, AccountEvent, RenewalLink
from accounts.proxies import account_set_proxy, accounts_request_proxy_test
from accounts.proxy_addresses import parse_proxy
from accounts.renewals import renewal_find, renewal_link_make, renewal_paste
from accounts.sessionids import PastedLogin
from generation.engine.proxies import test_due_proxies as try_proxies
from generation.engine.renewals import check_renewals
from generation.upstream.client import Timeouts, UpstreamClient
from tests.factories import make_account
from tests.generation.jimeng import ACCOUNT_INFO, Jimeng
from tests.generation.proxy_servers import ALIVE, hosting, proxying

NEW = "the-new-login-0002"
DEAD = b'{"message":"error","data":{"error_code":1}}'


class RenewalDutyTests(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()
        self.asked: list[httpx.Request] = []
        self.account = make_account(upstream_user_id="4711", sessionid="the-old-login-0001")

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.jimeng(request)

    def check(self, sessionid: str = NEW) -> RenewalLink:
        """The link, once the engine has looked at what was pasted."""
        now = timezone.now()
        link = renewal_find(token=renewal_link_make(account=self.account, at=now))
        assert link is not None
        assert renewal_paste(link_id=link.pk, pasted=PastedLogin(sessionid=sessionid), at=now)
        async_to_sync(self._look)()
        link.refresh_from_db()
        assert link.pasted_encrypted == ""
        return link

    async def _look(self) -> None:
        transport = httpx.MockTransport(self.answer)
        async with UpstreamClient(
            base_url="https://a.test", imagex_url="https://b.test", transport=transport
        ) as jimeng:
            await check_renewals(jimeng)

    def test_it_asks_once_with_the_new_login_and_the_accounts_device(self) -> None:
        assert self.check().state == "used"
        [request] = self.asked
        cookie = request.headers["cookie"]
        assert request.url.path == ACCOUNT_INFO
        assert f"sessionid={NEW};" in cookie
        assert f"uid_tt={self.account.uid_tt};" in cookie
        assert request.url.params["webId"] == self.account.web_id

    def test_what_it_hears_is_told_in_a_word(self) -> None:
        self.jimeng.user_id = "4712"
        assert self.check().problem == "other_user"
        self.jimeng.user_id = ""
        assert self.check().problem == "expired"
        self.jimeng.silent.add(ACCOUNT_INFO)
        assert self.check().problem == "unreachable"
        assert Account.objects.get().health == Account.Health.UNKNOWN  # the account's own login is not blamed

    def test_another_accounts_login_is_never_shown_to_jimeng_with_this_device(self) -> None:
        make_account(sessionid="the-other-login-0009")
        assert self.check("the-other-login-0009").problem == "known"
        assert self.asked == []

    def test_with_nothing_to_check_it_costs_one_query(self) -> None:
        with self.assertNumQueries(1):
            async_to_sync(self._look)()

    def test_a_proxy_that_cannot_be_decrypted_is_not_gone_around(self) -> None:
        Account.objects.update(proxy_encrypted="unreadable")
        assert self.check().problem == "unreachable"
        assert self.asked == []


class ProxyTestDutyTests(TestCase):
    @asynccontextmanager
    async def tried(self, body: bytes | None = ALIVE, **proxy: Any) -> AsyncIterator[Account]:
        """The account, once its proxy was tried."""
        async with hosting(body) as host, proxying("socks5", **proxy) as server:
            account = await sync_to_async(make_account)()
            await sync_to_async(account_set_proxy)(
                account_id=account.pk, proxy=parse_proxy(server.url("ann:secret")), at=timezone.now()
            )
            short = Timeouts(connect_s=0.3)
            async with UpstreamClient(base_url=host.base_url, imagex_url="", timeouts=short) as client:
                await try_proxies(client)
            await account.arefresh_from_db()
            assert account.proxy_test_due_at is None
            assert account.health == Account.Health.UNKNOWN
            yield account

    async def test_one_that_works_is_timed(self) -> None:
        async with self.tried() as account:
            assert account.proxy_test_error == ""
            assert account.proxy_test_ms is not None
            event = await AccountEvent.objects.aget(kind="proxy_tested")
            assert event.detail == {"took_ms": account.proxy_test_ms, "error": ""}

    async def test_a_dead_login_behind_it_proves_that_it_works(self) -> None:
        async with self.tried(DEAD) as account:
            assert (account.proxy_test_error, account.proxy_test_ms is None) == ("", False)

    async def test_one_that_does_not_is_told_why(self) -> None:
        async with self.tried(mood="refuses") as account:
            assert account.proxy_test_error == "The proxy refused to connect to Jimeng."
            assert account.proxy_test_ms is None
        async with self.tried(credentials="ann:another") as account:
            assert "does not take these" in account.proxy_test_error
            assert "secret" not in str(await AccountEvent.objects.filter(account=account).alast())

    async def test_jimeng_saying_nothing_is_no_success(self) -> None:
        async with self.tried(None) as account:
            assert "no usable answer" in account.proxy_test_error

    async def test_a_login_that_cannot_be_read_is_told(self) -> None:
        account = await sync_to_async(make_account)(proxy_encrypted="unreadable")
        await sync_to_async(accounts_request_proxy_test)(account_ids=[account.pk], at=timezone.now())
        async with UpstreamClient(base_url="http://a.test", imagex_url="") as client:
            await try_proxies(client)
        await account.arefresh_from_db()
        assert "JIMENG_ENCRYPTION_KEYS" in account.proxy_test_error
