"""The account desk: generations queue here, first come first served, until an account can be lent to them."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import services as accounts
from accounts.errors import GatewayError, PoolBusy
from accounts.models import Account
from accounts.proxies import proxy_of
from accounts.services import LeaseWant, LentAccount
from accounts.vault import decrypt
from generation import changes, transitions
from generation.upstream.signing import Login
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

BATCH = 250
TICK_S = 1.0  # other processes may free accounts, and rests end: nobody nudges for these
PAUSE_S = 0.05  # between passes over a queue that nobody could be served from


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    generation_id: int
    attempt: int
    lease: LeaseWant


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The account that was lent. The generation is now `running`."""

    account_id: int
    login: Login


class LostRace(Exception):
    """The generation is no longer queued: it was cancelled, or another process has it."""


@transaction.atomic
def claim(wants: Sequence[Want], *, at: datetime) -> list[Claim | GatewayError | LostRace | None]:
    """Lend accounts and mark the generations running, in one transaction. None: keep waiting."""
    patience = timedelta(seconds=settings.JIMENG_QUEUE_TIMEOUT_S)
    answers = accounts.leases_take(wants=[each.lease for each in wants], at=at, patience=patience)
    lent = [(want, answer.account) for want, answer in zip(wants, answers, strict=True) if answer.account is not None]
    unreadable = {account.id for _, account in lent if logins.find(account) is None}
    for account_id in unreadable:
        accounts.account_unreadable(account_id=account_id, at=at)
    won = transitions.mark_running(
        [
            changes.Running(
                generation_id=want.generation_id,
                account_id=account.id,
                account_label=account.name,
                attempt=want.attempt,
            )
            for want, account in lent
            if account.id not in unreadable
        ],
        at=at,
    )
    lost = [(want, account) for want, account in lent if want.generation_id not in won]
    accounts.leases_release(holders=[want.lease.holder for want, _ in lost])
    for want, account in lost:
        accounts.account_refund(account_id=account.id, cost_credits=want.lease.cost_credits)
    outcomes: list[Claim | GatewayError | LostRace | None] = []
    for want, answer in zip(wants, answers, strict=True):
        if answer.account is None or answer.account.id in unreadable:
            outcomes.append(answer.refusal)
        elif want.generation_id in won:
            outcomes.append(Claim(account_id=answer.account.id, login=logins.of(answer.account)))
        else:
            outcomes.append(LostRace())
    return outcomes


class Logins:
    """Decrypted logins by ciphertexts, so that a burst does not decrypt the same sessionid a thousand times."""

    LIMIT = 2000

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Login] = {}

    def find(self, account: Account | LentAccount) -> Login | None:
        """None: no key of ours decrypts it, or its proxy."""
        try:
            return self.of(account)
        except InvalidToken:
            return None

    def of(self, account: Account | LentAccount) -> Login:
        """Raises cryptography.fernet.InvalidToken."""
        key = (account.sessionid_encrypted, account.proxy_encrypted)
        login = self._known.get(key)
        if login is None:
            if len(self._known) >= self.LIMIT:
                self._known.clear()
            login = Login(
                sessionid=decrypt(account.sessionid_encrypted),
                web_id=account.web_id,
                uid_tt=account.uid_tt,
                proxy=proxy_of(account),
            )
            self._known[key] = login
        return login


logins = Logins()


class AccountDesk:
    """One per engine. `claim` waits for an account; `nudge` says that one may have come free."""

    def __init__(self) -> None:
        self._queue: list[tuple[Want, float, asyncio.Future[Claim]]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(
            self._serve(), name="account-desk", context=contextvars.Context()
        )

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def nudge(self) -> None:
        if self._queue:
            self._wake.set()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def place(self, generation_id: int) -> int | None:
        """How many are before it in the queue; None if it is not in it."""
        for place, (want, _, _) in enumerate(self._queue):
            if want.generation_id == generation_id:
                return place
        return None

    async def claim(self, want: Want, *, waited_s: float) -> Claim:
        """Wait for an account. Raises a PoolError that says why there is none, or LostRace."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Claim] = loop.create_future()
        patient_until = loop.time() + settings.JIMENG_QUEUE_TIMEOUT_S - waited_s
        self._queue.append((want, patient_until, future))
        # First come, first served, also for those that come back from another account.
        self._queue.sort(key=lambda entry: entry[0].generation_id)
        self._wake.set()
        return await future

    async def _serve(self) -> None:
        while True:
            try:
                async with asyncio.timeout(TICK_S if self._queue else None):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            await asyncio.sleep(0)  # let a burst gather
            try:
                await self._lend_all()
            except Exception:
                logger.exception("Accounts could not be lent", extra={"action": "claim"})
                await asyncio.sleep(TICK_S)
                self._wake.set()
            if self._queue:
                await asyncio.sleep(PAUSE_S)

    async def _lend_all(self) -> None:
        """Offer the accounts to everybody in the queue, a batch a transaction."""
        start = 0
        while start < len(self._queue):
            batch = self._queue[start : start + BATCH]
            outcomes = await self._offer([want for want, _, _ in batch])
            served = {
                id(entry[2]) for entry, outcome in zip(batch, outcomes, strict=True) if self._settle(entry, outcome)
            }
            self._queue = [entry for entry in self._queue if id(entry[2]) not in served and not entry[2].done()]
            start += len(batch) - len(served)

    async def _offer(self, wants: list[Want]) -> list[Claim | Exception | None]:
        """Claim for all; if that fails, for each alone, so that one that cannot be served harms no other."""
        try:
            return list(await in_database(claim, wants, at=timezone.now()))
        except Exception as error:
            logger.exception("Accounts could not be lent", extra={"action": "claim", "wants": len(wants)})
            if len(wants) == 1:
                return [error]
            return [outcome for want in wants for outcome in await self._offer([want])]

    def _settle(
        self,
        entry: tuple[Want, float, asyncio.Future[Claim]],
        outcome: Claim | Exception | None,
    ) -> bool:
        """Tell the waiter. False: it keeps waiting."""
        _, patient_until, future = entry
        if outcome is None:
            if asyncio.get_running_loop().time() < patient_until:
                return False
            outcome = PoolBusy("No account came free in time; nothing was spent.", retry_after_s=30)
        if future.done():
            return True
        if isinstance(outcome, Claim):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)
        return True
