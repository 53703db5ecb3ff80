"""Asking the upstream for an account's daily gift, and keeping what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login
from jimeng_site.database import in_database

# How a refusal says that today's gift was given before; its code alone also stands for other mistakes.
_GIVEN_BEFORE = re.compile(r"already|已.{0,6}领|领取过|repeat", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftAnswer:
    """`received` credits; 0 when it had been given before, or was refused (`refusal`)."""

    received: int
    refusal: UpstreamFailure | None = None

    @property
    def outcome(self) -> str:
        """In a word of accounts.bulk.OUTCOME_WORDS."""
        if self.refusal is not None:
            return str(Account.CheckInResult.FAILED)
        return str(Account.CheckInResult.RECEIVED if self.received else Account.CheckInResult.ALREADY)

    @property
    def detail(self) -> str:
        return self.refusal.message if self.refusal is not None else ""


async def gift_ask(client: UpstreamClient, account_id: int, login: Login) -> GiftAnswer:
    """Ask for today's gift. A refusal is no fault of the account, unless it says so itself: that is raised.

    Raises UpstreamFailure, too, if the upstream could not be asked. Either way the result is stored.
    """
    asked_at = timezone.now()  # of a question over midnight: the next day's is asked for again, rather than missed
    try:
        received = (await client.receive_credits(login)).received
    except UpstreamFailure as failure:
        if not _says_given_before(failure):
            await _store_failure(account_id, failure)
            if failure.is_accounts_fault or not failure.is_refusal:
                raise
            return GiftAnswer(received=0, refusal=failure)
        received = 0
    await in_database(accounts.account_checked_in, account_id=account_id, received=received, at=asked_at)
    return GiftAnswer(received=received)


def _says_given_before(failure: UpstreamFailure) -> bool:
    is_about_the_call = failure.kind in (FailureKind.BAD_PARAMETER, FailureKind.UNCLEAR)
    return is_about_the_call and _GIVEN_BEFORE.search(failure.message) is not None


async def _store_failure(account_id: int, failure: UpstreamFailure) -> None:
    await in_database(
        accounts.account_check_in_failed,
        account_id=account_id,
        code=failure.code or str(failure.kind),
        detail=failure.message,
        at=timezone.now(),
    )
