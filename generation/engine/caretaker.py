"""What the engine learns of accounts and does for them: probes, balances, daily gifts, notes on failures."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account, BulkTask
from accounts.rotation import DAILY_GIFT_CREDITS, FailureClass
from generation import transitions
from generation.changes import ResultFile
from generation.engine.gifts import gift_ask
from generation.engine.logins import logins
from generation.engine.pace import Pace
from generation.prices import model_prices, prices_learn
from generation.upstream.answers import Credits
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

PROBES_AT_ONCE = 2  # polite: a pool of hundreds is looked at over minutes
PROBE_BATCH = 20
PROBE_RETRY = timedelta(minutes=5)
ANSWER_MAX = timedelta(seconds=2)  # below the blur of generation/price_samples.py

FAULTS: dict[FailureKind, FailureClass] = {
    FailureKind.EXPIRED: FailureClass.EXPIRED,
    FailureKind.RISK_HOLD: FailureClass.RISK_HOLD,
    FailureKind.THROTTLED: FailureClass.THROTTLED,
    FailureKind.REGION: FailureClass.REGION,
}
# What a failure is called on the pages that follow probes and check-ins of many; anything else has "failed".
_OUTCOMES: dict[FailureKind, str] = {
    FailureKind.EXPIRED: "expired",
    FailureKind.RISK_HOLD: "risk_hold",
    FailureKind.THROTTLED: "throttled",
    FailureKind.REGION: "region",
    FailureKind.UNREACHABLE: "unreachable",
    FailureKind.AMBIGUOUS: "unreachable",  # both may be sent twice
}


def outcome_of(failure: UpstreamFailure) -> str:
    """In a word of accounts.bulk.OUTCOME_WORDS."""
    return _OUTCOMES.get(failure.kind, "failed")


class Caretaker:
    def __init__(
        self, client: UpstreamClient, *, on_freed: Callable[[], None], tick_s: float = Pace().probes_s
    ) -> None:
        self._client = client
        self._tick_s = tick_s
        self._on_freed = on_freed
        self._top_ups: dict[tuple[int, int], asyncio.Task[Credits | None]] = {}  # by account and what it must pay
        self._filled_at: dict[int, float] = {}  # loop time of the last balance above the one before, by account
        self.slots = asyncio.Semaphore(PROBES_AT_ONCE)
        """For all that is asked about accounts when nobody waits for it."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(
            self._serve(), name="caretaker", context=contextvars.Context()
        )

    async def stop(self) -> None:
        tasks = [task for task in (self._task, *self._top_ups.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- for jobs and the watcher ---------------------------------------------------------------

    async def login(self, account_id: int) -> Login | None:
        """The account's present login; None if the account is gone, or its login cannot be decrypted."""
        account = await in_database(lambda: Account.objects.filter(pk=account_id).first())
        return None if account is None else logins.find(account)

    async def record_media(self, generation_id: int, files: Sequence[ResultFile]) -> None:
        await in_database(transitions.add_media, generation_id=generation_id, files=files)

    async def note_failure(self, account_id: int, failure: UpstreamFailure) -> None:
        """A failure outside a submission: only what says something about the login counts."""
        fault = FAULTS.get(failure.kind)
        if fault is not None:
            await self.note_fault(account_id, fault, failure)

    async def note_fault(
        self, account_id: int, fault: FailureClass, failure: UpstreamFailure, *, model_key: str = ""
    ) -> None:
        logger.info(
            "An account cannot serve now",
            extra={"action": "account_failed", "account": account_id, "fault": str(fault), "code": failure.code},
        )
        await in_database(
            accounts.account_failed,
            account_id=account_id,
            failure=fault,
            code=failure.code,
            detail=failure.message,
            at=timezone.now(),
            retry_after_s=failure.retry_after_s,
            model_key=model_key,
        )

    async def verdict_on_no_credits(
        self, account_id: int, login: Login, *, cost_credits: int, sent_at: float
    ) -> FailureClass | None:
        """ "No credits" is believed only when the balance says so, after today's gift was asked for.

        None: a gift came since the submission left (`sent_at`, loop time), so try again. BARRED: the credits were
        there all along, so the account may not use this resolution.
        """
        credits = await self._topped_up(account_id, login, cost_credits)
        if credits is None:
            return FailureClass.UNREACHABLE
        if credits.total < cost_credits:
            return FailureClass.NO_CREDITS
        filled_at = self._filled_at.get(account_id)
        return None if filled_at is not None and sent_at < filled_at else FailureClass.BARRED

    # --- balances and probes --------------------------------------------------------------------

    async def _topped_up(self, account_id: int, login: Login, cost_credits: int) -> Credits | None:
        """The balance, after a gift if it was too low. Equal generations that are refused together share one look."""
        task = self._top_ups.get((account_id, cost_credits))
        if task is None:
            task = asyncio.get_running_loop().create_task(
                self._top_up(account_id, login, cost_credits), name="top-up", context=contextvars.Context()
            )
            self._top_ups[account_id, cost_credits] = task
            task.add_done_callback(lambda _: self._top_ups.pop((account_id, cost_credits), None))
        return await asyncio.shield(task)

    async def _top_up(self, account_id: int, login: Login, cost_credits: int) -> Credits | None:
        try:
            credits = await self.read_balance(account_id, login)
            if credits.total < cost_credits and await self._check_in(account_id, login):
                credits = await self.read_balance(account_id, login)
        except UpstreamFailure as failure:
            await self.note_failure(account_id, failure)
            return None
        return credits

    async def read_balance(self, account_id: int, login: Login) -> Credits:
        """Ask for the balance and store it, and what it says of prices. Raises UpstreamFailure."""
        asked_at = timezone.now()
        credits = await self._client.credits(login)
        read = await in_database(_balance_read, account_id, credits, asked_at, timezone.now())
        if read.grew:
            self._filled_at[account_id] = asyncio.get_running_loop().time()
        if read.taught:
            await model_prices.refresh()
        self._on_freed()  # somebody may have waited for credits
        return credits

    async def _check_in(self, account_id: int, login: Login) -> bool:
        """Ask for today's gift, once a day; True if something was given. Raises UpstreamFailure."""
        account = await in_database(lambda: Account.objects.filter(pk=account_id).first())
        if account is None or not accounts.may_check_in(account, at=timezone.now()):
            return False
        try:
            answer = await gift_ask(self._client, account_id, login)
        except UpstreamFailure as failure:
            await self.tell_watchers(account_id, BulkTask.Kind.CHECK_IN, outcome_of(failure), failure.message)
            raise
        await self.tell_watchers(account_id, BulkTask.Kind.CHECK_IN, answer.outcome, answer.detail)
        return answer.received > 0

    async def _probe(self, account: Account) -> None:
        """Is the login alive, and what is its balance? Costs no credits."""
        now = timezone.now()
        login = logins.find(account)
        if login is None:
            await in_database(accounts.account_unreadable, account_id=account.pk, at=now)
            await self.tell_watchers(account.pk, BulkTask.Kind.PROBE, "unreadable")
            return
        outcome, detail = "alive", ""
        try:
            found = await self._client.account_info(login)
            await in_database(
                accounts.account_probed_alive,
                account_id=account.pk,
                user_id=found.user_id,
                screen_name=found.screen_name,
                at=now,
            )
            if await in_database(accounts.account_merge, account_id=account.pk, at=now) is not None:
                return  # the older account of the same user is probed next, with this login
            credits = await self.read_balance(account.pk, login)
            if credits.total < DAILY_GIFT_CREDITS and await self._check_in(account.pk, login):
                credits = await self.read_balance(account.pk, login)
            if credits.total == 0:
                await in_database(accounts.account_ran_dry, account_id=account.pk, at=timezone.now())
        except UpstreamFailure as failure:
            await in_database(accounts.account_probe_postponed, account_id=account.pk, until=now + PROBE_RETRY)
            await self.note_failure(account.pk, failure)
            outcome, detail = outcome_of(failure), failure.message
        await self.tell_watchers(account.pk, BulkTask.Kind.PROBE, outcome, detail)
        self._on_freed()

    async def tell_watchers(self, account_id: int, kind: BulkTask.Kind, outcome: str, detail: str = "") -> None:
        """Whoever asked for this of many watches what becomes of them."""
        await in_database(
            accounts.bulk_items_done,
            account_id=account_id,
            kind=kind,
            outcome=outcome,
            detail=detail,
            at=timezone.now(),
        )

    async def _serve(self) -> None:
        async def probe(account: Account) -> None:
            async with self.slots:
                try:
                    await self._probe(account)
                except Exception:  # the others get their turn, and this one is not asked again at once
                    logger.exception("A probe was interrupted", extra={"action": "probe", "account": account.pk})
                    until = timezone.now() + PROBE_RETRY
                    await in_database(accounts.account_probe_postponed, account_id=account.pk, until=until)
                    await self.tell_watchers(account.pk, BulkTask.Kind.PROBE, "failed")

        while True:
            try:
                due = await in_database(_due_accounts, timezone.now())
                await asyncio.gather(*(probe(account) for account in due))
            except Exception:
                logger.exception("Probes could not be made", extra={"action": "probe"})
            await asyncio.sleep(self._tick_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """`grew`: there is more than at the last reading. `taught`: a price was learned."""

    grew: bool
    taught: bool


def _balance_read(account_id: int, credits: Credits, asked_at: datetime, at: datetime) -> _Read:
    """Store a balance. An answer that took long says not of which moment it is, and so teaches nothing."""
    before = accounts.account_credits_read(
        account_id=account_id,
        gift=credits.gift,
        purchase=credits.purchase,
        vip=credits.vip,
        expiring=credits.expiring,
        at=at,
    )
    after = accounts.Reading(gift=credits.gift, purchase=credits.purchase, vip=credits.vip, lapses=(), at=at)
    taught = at - asked_at < ANSWER_MAX and prices_learn(account_id=account_id, before=before, after=after)
    return _Read(grew=before is not None and after.total > before.total, taught=taught)


def _due_accounts(at: datetime) -> list[Account]:
    return list(Account.objects.due_for_probe(at=at).order_by("probe_due_at")[:PROBE_BATCH])
