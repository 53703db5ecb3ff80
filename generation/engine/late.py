"""The duty that looks for results which came after their generations were given up. Nothing is ever submitted here."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Account
from generation import changes
from generation.engine.duties import Duty
from generation.engine.harvest import Harvest
from generation.engine.journal import recorded_as, work_of
from generation.engine.tools import Tools
from generation.late import late_due, late_look_note, next_look_at
from generation.models import Generation
from generation.upstream.answers import Item, Record
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

EVERY_S = 2.0  # somebody may sit before the page and wait
AT_ONCE = 60
INTERRUPTED = timedelta(minutes=10)  # then it is tried again, if something of ours broke
# Words of generation/wording.py for what Jimeng said instead of an answer.
_UNASKED: dict[FailureKind, str] = {
    FailureKind.EXPIRED: "expired",
    FailureKind.RISK_HOLD: "risk_hold",
    FailureKind.THROTTLED: "throttled",
    FailureKind.REGION: "region",
}


def late_duty(tools: Tools) -> Duty:
    return Duty(name="late-results", every_s=EVERY_S, run=LateResults(tools).run)


class LateResults:
    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """All that are due, one question an account."""
        due: dict[int | None, list[Generation]] = defaultdict(list)
        for row in await in_database(late_due, at=timezone.now(), most=AT_ONCE):
            due[row.account_id].append(row)
        await self._each_alone([(rows, self._look(rows)) for rows in due.values()])

    async def _each_alone(self, looks: Sequence[tuple[Sequence[Generation], Awaitable[None]]]) -> None:
        """All at once, and none stops another: where something of ours breaks, those are tried again later."""
        ends = await asyncio.gather(*(look for _, look in looks), return_exceptions=True)
        for (rows, _), broken in zip(looks, ends, strict=True):
            if isinstance(broken, Exception):
                logger.error("A look for late results was interrupted", extra={"action": "late"}, exc_info=broken)
                for row in rows:
                    await self._note(row, "interrupted", next_at=timezone.now() + INTERRUPTED)

    async def _look(self, rows: Sequence[Generation]) -> None:
        """For these, which are all of one account."""
        account = rows[0].account
        login = None if account is None else await self._tools.caretaker.login(account.pk)
        if account is None or login is None:
            await self._unasked(rows, "account_gone" if account is None else "unreadable")
            return
        unfit = _unfit(account, at=timezone.now())
        if unfit:
            await self._unasked(rows, unfit)
            return
        try:
            async with self._tools.caretaker.slots:
                found = await self._ask(login, rows)
        except UpstreamFailure as failure:
            await self._tools.caretaker.note_failure(account.pk, failure)
            await self._unasked(rows, _UNASKED.get(failure.kind, "unreachable"), failure)
            return
        await self._each_alone([((row,), self._take(row, found.get(_asked_by(row)))) for row in rows])

    async def _ask(self, login: Login, rows: Sequence[Generation]) -> dict[str, Record]:
        """What Jimeng knows of them, by `_asked_by`."""
        record_ids = [row.history_record_id for row in rows if row.history_record_id]
        found = await self._tools.client.records(
            login,
            record_ids=record_ids,
            submit_ids=[_asked_by(row) for row in rows if not row.history_record_id],
            with_images=any(row.kind == Generation.Kind.IMAGE for row in rows),
        )
        missing = [each for each in record_ids if each not in found]
        return {**await self._tools.client.history_records(login, missing), **found} if missing else found

    async def _take(self, row: Generation, record: Record | None) -> None:
        ready = [item for item in record.items if item.url] if record is not None else []
        if record is not None and ready and record.state in ("complete", "failed"):
            await self._keep(row, record, ready)
        elif record is not None and record.state == "failed":
            await self._note(row, "failed", next_at=None, code=record.fail_code, text=record.fail_message)
        else:
            at = timezone.now()
            next_at = next_look_at(failed_at=row.finished_at or at, at=at)
            await self._note(row, _outcome(row, record, is_last=next_at is None), next_at=next_at)

    async def _keep(self, row: Generation, record: Record, ready: list[Item]) -> None:
        """Fetch the files and make it succeed; what was recorded in time keeps its place."""
        recorded = {recorded_as(media.position, media.upstream_uri): media.position for media in row.media.all()}
        harvest = Harvest(work_of(row, recorded), self._tools)
        harvest.take(ready)
        change = changes.Late(
            generation_id=row.pk,
            account_id=row.account_id,
            record_id=record.record_id,
            files=await harvest.finish(),
            pictures=len(harvest.positions),
        )
        if await self._tools.journal.late(change):
            logger.info("A late result was found", extra={"action": "late", "generation": row.public_id})

    async def _unasked(self, rows: Sequence[Generation], outcome: str, failure: UpstreamFailure | None = None) -> None:
        at = timezone.now()
        for row in rows:
            next_at = next_look_at(failed_at=row.finished_at or at, at=at, was_asked=False)
            gone = outcome == "account_gone"
            code, text = (failure.code, failure.message) if failure is not None else ("", "")
            await self._note(row, outcome, next_at=None if gone else next_at, code=code, text=text)

    async def _note(
        self, row: Generation, outcome: str, *, next_at: datetime | None, code: str = "", text: str = ""
    ) -> None:
        await in_database(
            late_look_note, sought=row, outcome=outcome, at=timezone.now(), next_at=next_at, code=code, text=text
        )
        self._tools.journal.changed([row.pk])


def _asked_by(row: Generation) -> str:
    """Jimeng's id of it, else ours."""
    return row.history_record_id or str(row.submit_id)


def _outcome(row: Generation, record: Record | None, *, is_last: bool) -> str:
    if record is not None:
        return "no_files" if record.state == "complete" else "running"
    # Hours after the submission, it would be there.
    return "never_arrived" if is_last and not row.history_record_id else "absent"


def _unfit(account: Account, *, at: datetime) -> str:
    """Why this account is better not asked at all; "": it may be."""
    if account.health == Account.Health.EXPIRED:
        return "expired"
    is_held = account.rest_reason == Account.RestReason.RISK_HOLD
    return "risk_hold" if is_held and account.rest_until is not None and account.rest_until > at else ""
