"""Logins that end and are renewed: asks Jimeng whose a pasted sessionid is, and warns ahead. Costs no credits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.utils import timezone

from accounts import services as accounts
from accounts.models import RenewalLink
from accounts.proxies import proxy_of
from accounts.renewals import Problem
from accounts.vault import decrypt
from generation.engine.duties import Duty
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login
from jimeng_site.database import in_database

LOOK_S = 0.7  # somebody sits before the page and waits
WARN_EVERY_S = 3600.0

PROBLEMS = {
    FailureKind.EXPIRED: Problem.EXPIRED,
    FailureKind.UNREACHABLE: Problem.UNREACHABLE,
    FailureKind.AMBIGUOUS: Problem.UNREACHABLE,
}


def renewal_duties(client: UpstreamClient) -> list[Duty]:
    return [
        Duty(name="renewals", every_s=LOOK_S, run=partial(check_renewals, client)),
        Duty(name="ends-of-logins", every_s=WARN_EVERY_S, run=warn_of_ends),
    ]


async def check_renewals(client: UpstreamClient) -> None:
    """What owners of accounts have pasted; seldom more than one at a time."""
    links = await in_database(accounts.renewals_to_check)
    await asyncio.gather(*(_check(client, link) for link in links))


async def _check(client: UpstreamClient, link: RenewalLink) -> None:
    """Ask who this is, as the account would: with its device and through its proxy."""
    account = link.account
    try:
        login = Login(
            sessionid=decrypt(link.pasted_encrypted),
            web_id=account.web_id,
            uid_tt=account.uid_tt,
            proxy=proxy_of(account),
        )
        if await in_database(accounts.renewal_refused_as_known, link=link, sessionid=login.sessionid):
            return
        found = await client.account_info(login)
    except InvalidToken:  # our key was exchanged in between, or that of the proxy is lost
        await in_database(accounts.renewal_refused, link=link, problem=Problem.UNREACHABLE)
    except UpstreamFailure as failure:
        problem = PROBLEMS.get(failure.kind, Problem.REFUSED)
        await in_database(accounts.renewal_refused, link=link, problem=problem)
    else:
        await in_database(
            accounts.renewal_answered,
            link=link,
            sessionid=login.sessionid,
            user_id=found.user_id,
            at=timezone.now(),
        )


async def warn_of_ends() -> None:
    now = timezone.now()
    within = timedelta(days=settings.JIMENG_LOGIN_WARN_DAYS)
    while await in_database(accounts.logins_warn, at=now, within=within):
        pass  # others get their turn in between
    await in_database(accounts.renewals_tidy, at=now)
