"""Trying the proxies of accounts: can Jimeng be reached through them, and how fast? Costs no credits."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from functools import partial

from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import services as accounts
from accounts.models import Account, BulkTask
from generation.engine.duties import Duty
from generation.engine.logins import logins
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import PROXY, FailureKind, UpstreamFailure
from jimeng_site.database import in_database

TICK_S = 1.0
TESTS_AT_ONCE = 4
BATCH = 40
# All else is an answer of Jimeng, be it that the login has expired: then the proxy does what it is for.
NO_ANSWER = frozenset({FailureKind.UNREACHABLE, FailureKind.AMBIGUOUS})
UNREADABLE = gettext_noop("No key of JIMENG_ENCRYPTION_KEYS decrypts the login or its proxy.")
NOTHING_USABLE = gettext_noop("The proxy connects, but Jimeng gave no usable answer through it.")


def proxy_duties(client: UpstreamClient) -> list[Duty]:
    return [Duty(name="proxy-tests", every_s=TICK_S, run=partial(test_due_proxies, client))]


async def test_due_proxies(client: UpstreamClient) -> None:
    """Those for which a test was asked, a batch at a time."""
    due = await in_database(_due, timezone.now())
    slots = asyncio.Semaphore(TESTS_AT_ONCE)

    async def test(account: Account) -> None:
        async with slots:
            await _test(client, account)

    await asyncio.gather(*(test(account) for account in due))


async def _test(client: UpstreamClient, account: Account) -> None:
    """Ask who this login is, through its proxy. What is learned of the login is left to the probes."""
    begun, took_ms, error = time.monotonic(), None, ""
    login = logins.find(account)
    if login is None:
        error = UNREADABLE
    else:
        try:
            await client.account_info(login)
        except UpstreamFailure as failure:
            if failure.kind in NO_ANSWER:
                error = failure.message if failure.code == PROXY else NOTHING_USABLE
    if not error:
        took_ms = round((time.monotonic() - begun) * 1000)
    await in_database(_note, account, took_ms, error, timezone.now())


def _note(account: Account, took_ms: int | None, error: str, at: datetime) -> None:
    """A test has ended: the account's page and whoever waits for it in bulk are told."""
    if not accounts.account_proxy_tested(
        account_id=account.pk, proxy_encrypted=account.proxy_encrypted, took_ms=took_ms, error=error, at=at
    ):
        return  # it has another one by now, whose test is still due
    accounts.bulk_items_done(
        account_id=account.pk,
        kind=BulkTask.Kind.PROXY_TEST,
        outcome="unreachable" if error else "ok",
        detail=error,
        at=at,
    )


def _due(at: datetime) -> list[Account]:
    return list(Account.objects.filter(proxy_test_due_at__lte=at).order_by("proxy_test_due_at")[:BATCH])
