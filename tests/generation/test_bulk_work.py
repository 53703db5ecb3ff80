"""What the engine tells those who follow check-ins and proxy tests of many accounts."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts import services
from accounts.models import Account, BulkTask
from accounts.proxies import account_set_proxy
from accounts.proxy_addresses import parse_proxy
from generation.engine.proxies import test_due_proxies as try_proxies
from generation.upstream.client import Timeouts, UpstreamClient
from tests.factories import make_account
from tests.generation.jimeng import RECEIVE, Jimeng
from tests.generation.proxy_servers import Mood, hosting, proxying
from tests.generation.test_check_ins import check_ins

Health, Kind = Account.Health, BulkTask.Kind


def outcome_of(task: BulkTask) -> str:
    return task.items.get().outcome


@override_settings(JIMENG_CHECK_IN=False)
class CheckInTests(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()

    def start(self, **fields: Any) -> BulkTask:
        account = make_account(**{"health": Health.ALIVE, "probe_due_at": None, **fields})
        return services.bulk_task_start(kind=Kind.CHECK_IN, account_ids=[account.pk], at=timezone.now())

    async def outcome(self, **fields: Any) -> str:
        task = await sync_to_async(self.start)(**fields)
        async with check_ins(self.jimeng) as duty:
            await duty.run()
        return await sync_to_async(outcome_of)(task)

    async def test_each_answer_has_its_word(self) -> None:
        for word, gift, refusal in (
            ("received", 66, None),
            ("already", 0, None),
            ("already", 0, ("1000", "already received")),
            ("failed", 0, ("1000", "not today")),
            ("expired", 0, ("1015", "login error")),
        ):
            with self.subTest(word, refusal=refusal):
                self.jimeng.gift, self.jimeng.gift_refusal = gift, refusal
                assert await self.outcome() == word

    async def test_so_have_silence_and_a_login_that_cannot_be_read(self) -> None:
        assert await self.outcome(sessionid_encrypted="of another key") == "unreadable"
        self.jimeng.silent.add(RECEIVE)
        assert await self.outcome() == "unreachable"


class ProxyTests(TestCase):
    async def outcome(self, mood: Mood = "well") -> str:
        async with hosting() as host, proxying("http", mood=mood) as server:
            account = await sync_to_async(make_account)()
            proxy, now = parse_proxy(server.url()), timezone.now()
            await sync_to_async(account_set_proxy)(account_id=account.pk, proxy=proxy, at=now)
            start = sync_to_async(services.bulk_task_start)
            task = await start(kind=Kind.PROXY_TEST, account_ids=[account.pk], at=now)
            short = Timeouts(connect_s=0.3)
            async with UpstreamClient(base_url=host.base_url, imagex_url="", timeouts=short) as client:
                await try_proxies(client)
            return await sync_to_async(outcome_of)(task)

    async def test_each_end_has_its_word(self) -> None:
        assert await self.outcome() == "ok"
        assert await self.outcome("refuses") == "unreachable"

    async def test_accounts_without_one_are_left_alone(self) -> None:
        account = await sync_to_async(make_account)()
        start = sync_to_async(services.bulk_task_start)
        task = await start(kind=Kind.PROXY_TEST, account_ids=[account.pk], at=timezone.now())
        assert await sync_to_async(outcome_of)(task) == "left_alone"
