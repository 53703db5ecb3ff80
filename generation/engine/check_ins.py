"""The daily check-in: every account of the pool asks for its gift at its own moment of the Shanghai day."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account, BulkTask
from generation.engine.caretaker import Caretaker, outcome_of
from generation.engine.gifts import gift_ask
from generation.engine.logins import logins
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import UpstreamFailure
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

TICK_S: Final = 2.0
BATCH: Final = 20


class CheckIns:
    """A duty: plans check-ins and makes those whose moment has come, in the slots that probes use, too."""

    def __init__(self, client: UpstreamClient, caretaker: Caretaker) -> None:
        self._client = client
        self._caretaker = caretaker

    async def run(self) -> None:
        """Plan, and ask for what is due now."""
        await in_database(accounts.check_ins_plan, at=timezone.now())
        due = await in_database(_due)
        await asyncio.gather(*(self._check_in(account) for account in due))

    async def _check_in(self, account: Account) -> None:
        async with self._caretaker.slots:
            outcome, detail = await self._asked(account)
        logger.info(
            "An account has checked in",
            extra={"action": "check_in", "account": account.pk, "outcome": outcome, "detail": detail},
        )
        await self._caretaker.tell_watchers(account.pk, BulkTask.Kind.CHECK_IN, outcome, detail)

    async def _asked(self, account: Account) -> tuple[str, str]:
        """What came of it, in a word (received, already, failed, expired, …), and what the upstream said."""
        login = logins.find(account)
        if login is None:
            await in_database(accounts.account_unreadable, account_id=account.pk, at=timezone.now())
            return "unreadable", ""
        try:
            answer = await gift_ask(self._client, account.pk, login)
            await self._caretaker.read_balance(account.pk, login)
        except UpstreamFailure as failure:
            await self._caretaker.note_failure(account.pk, failure)
            return outcome_of(failure), failure.message
        return answer.outcome, answer.detail


def _due() -> list[Account]:
    return list(accounts.check_ins_due(at=timezone.now())[:BATCH])
