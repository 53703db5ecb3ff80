"""Following accepted submissions: one polling task per account asks for all of its open records in one call."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from django.db import Error as DatabaseFailure

from generation.engine.timing import Forecaster, Window, next_ask_at
from generation.errors import OutcomeUnknown
from generation.progress import Progress, running_progress
from generation.upstream.answers import Record
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login

logger = logging.getLogger(__name__)

BACKOFF_FIRST_S, BACKOFF_LIMIT_S = 0.5, 30.0
EXPIRED_RETRY_S = 30.0  # the operator may renew the login meanwhile; only it can fetch what was paid for
SECOND_WAY_AFTER_MISSES = 2


class RecordSource(Protocol):
    """The part of the upstream client that following needs."""

    async def records(
        self, login: Login, *, record_ids: Sequence[str] = (), with_images: bool = True
    ) -> dict[str, Record]: ...

    async def history_records(self, login: Login, record_ids: Sequence[str]) -> dict[str, Record]: ...


class Follow:
    """One record being followed. `next` gives each change once."""

    def __init__(self, record_id: str, kind: str, window: Window) -> None:
        self.record_id = record_id
        self.kind = kind
        self.window = window
        self.latest: Record | None = None
        self.running_s = 0.0  # seconds after acceptance when it was last seen running
        self.missing_since: float | None = None
        self.misses = 0
        self._changed: asyncio.Future[None] | None = None
        self._fresh = False
        self._lost = False

    async def next(self) -> Record:
        """The record once its state or its items differ from what was given last. Raises OutcomeUnknown."""
        while not self._fresh:
            if self._lost:
                raise OutcomeUnknown("Jimeng no longer knows the record of this generation.")
            self._changed = asyncio.get_running_loop().create_future()
            await self._changed
        self._fresh = False
        assert self.latest is not None  # noqa: S101  (fresh means there is one)
        return self.latest

    def tell(self, record: Record, *, asked_at: float | None = None) -> None:
        """`asked_at`: on the loop's clock, when the question left."""
        if asked_at is not None and not _is_final(record):
            self.running_s = asked_at - self.window.submitted_at
        self.missing_since, self.misses, self._lost = None, 0, False
        before = self.latest
        self.latest = record
        if before is None or before.state != record.state or _ready(before) != _ready(record) or _is_final(record):
            self._fresh = True
            self._notify()

    def progress(self, now: float) -> Progress:
        """How far it is at `now` (loop time), by the window in which its end is expected."""
        window, record = self.window, self.latest
        return running_progress(
            kind=self.kind,
            elapsed_s=now - window.submitted_at,
            expected_s=(window.early_at + window.late_at) / 2 - window.submitted_at,
            is_waiting=record is not None and record.state == "queued",
            queue_position=record.queue_position if record is not None else None,
            queue_length=record.queue_length if record is not None else None,
            ready=_ready(record) if record is not None else 0,
        )

    def lose(self) -> None:
        self._lost = True
        self._notify()

    def _notify(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)


def _ready(record: Record) -> int:
    return sum(1 for item in record.items if item.url)


def _is_final(record: Record) -> bool:
    return record.state in ("complete", "failed")


class Watcher:
    """All accounts' polling tasks. `reload_login` reads a login anew; `on_failure` takes note of ill accounts."""

    def __init__(
        self,
        source: RecordSource,
        forecaster: Forecaster,
        *,
        reload_login: Callable[[int], Awaitable[Login | None]],
        on_failure: Callable[[int, UpstreamFailure], Awaitable[None]],
        lost_after_s: float,
    ) -> None:
        self.source = source
        self.forecaster = forecaster
        self.reload_login = reload_login
        self.on_failure = on_failure
        self.lost_after_s = lost_after_s
        self._accounts: dict[int, _AccountWatch] = {}

    def follow(
        self,
        account_id: int,
        login: Login,
        record_id: str,
        *,
        kind: str,
        key: str,
        elapsed_s: float = 0.0,
        forecast_s: float | None = None,
        queue_s: float | None = None,
    ) -> Follow:
        """Begin to follow a record. Call `drop` in the end, whatever happened."""
        now = asyncio.get_running_loop().time()
        window = self.forecaster.window(
            key, kind=kind, now=now, elapsed_s=elapsed_s, forecast_s=forecast_s, queue_s=queue_s
        )
        follow = Follow(record_id, kind, window)
        watch = self._accounts.get(account_id)
        if watch is None:
            watch = self._accounts[account_id] = _AccountWatch(self, account_id)
        watch.add(follow, login)
        return follow

    def drop(self, account_id: int, follow: Follow) -> None:
        watch = self._accounts.get(account_id)
        if watch is not None:
            watch.remove(follow)

    @property
    def open_records(self) -> int:
        return sum(len(watch.follows) for watch in self._accounts.values())

    async def stop(self) -> None:
        tasks = [watch.task for watch in self._accounts.values() if watch.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _AccountWatch:
    def __init__(self, watcher: Watcher, account_id: int) -> None:
        self.watcher = watcher
        self.account_id = account_id
        self.follows: dict[str, Follow] = {}
        self.task: asyncio.Task[None] | None = None
        self._login: Login | None = None
        self._wake = asyncio.Event()
        self._asked_at = 0.0
        self._failures = 0
        self._not_before = 0.0
        self._sleeps_until = 0.0

    def add(self, follow: Follow, login: Login) -> None:
        self.follows[follow.record_id] = follow
        self._login = login
        now = asyncio.get_running_loop().time()
        if follow.window.next_ask_at(now=now, asked_at=self._asked_at) < self._sleeps_until:
            self._wake.set()  # due before what the task sleeps for
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(
                self._run(), name=f"watch-account-{self.account_id}", context=contextvars.Context()
            )

    def remove(self, follow: Follow) -> None:
        if self.follows.get(follow.record_id) is follow:
            del self.follows[follow.record_id]

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while self.follows:
            self._wake.clear()
            windows = [each.window for each in self.follows.values()]
            ask_at = max(self._not_before, next_ask_at(windows, now=clock(), asked_at=self._asked_at))
            if ask_at > clock():
                self._sleeps_until = ask_at
                try:
                    async with asyncio.timeout_at(ask_at):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                else:
                    continue  # something that is due earlier was added: think again
            if self.follows:
                await self._ask_safely()

    async def _ask_safely(self) -> None:
        try:
            await self._ask()
        except Exception:
            # A mistake of ours must not end the following of what was paid for.
            logger.exception("Following was interrupted", extra={"action": "follow", "account": self.account_id})
            self._not_before = asyncio.get_running_loop().time() + BACKOFF_LIMIT_S

    async def _ask(self) -> None:
        clock = asyncio.get_running_loop().time
        follows = dict(self.follows)
        self._asked_at = clock()
        try:
            found = await self._fetch(follows)
        except UpstreamFailure as failure:
            await self._note(failure)
            return
        self._failures = 0
        now = clock()
        for record_id, follow in follows.items():
            record = found.get(record_id)
            if record is None:
                self._missed(follow, now)
            else:
                follow.tell(record, asked_at=self._asked_at)

    async def _fetch(self, follows: dict[str, Follow]) -> dict[str, Record]:
        login = self._login
        assert login is not None  # noqa: S101  (add() gave one)
        with_images = any(each.kind == "image" for each in follows.values())
        found = await self.watcher.source.records(login, record_ids=list(follows), with_images=with_images)
        missing = [key for key, each in follows.items() if key not in found and each.misses >= SECOND_WAY_AFTER_MISSES]
        if missing:
            found = {**await self.watcher.source.history_records(login, missing), **found}
        return found

    def _missed(self, follow: Follow, now: float) -> None:
        follow.misses += 1
        if follow.missing_since is None:
            follow.missing_since = now
        elif now - follow.missing_since > self.watcher.lost_after_s:
            follow.lose()

    async def _note(self, failure: UpstreamFailure) -> None:
        """Ask later; a record is never given up because asking failed."""
        now = asyncio.get_running_loop().time()
        self._failures += 1
        wait_s = min(BACKOFF_LIMIT_S, BACKOFF_FIRST_S * 2 ** (self._failures - 1))
        if failure.kind in (FailureKind.EXPIRED, FailureKind.RISK_HOLD):
            wait_s = EXPIRED_RETRY_S
        if failure.retry_after_s is not None:
            wait_s = max(wait_s, min(failure.retry_after_s, 10 * BACKOFF_LIMIT_S))
        self._not_before = now + wait_s
        logger.warning(
            "Asking for open records failed",
            extra={"action": "follow", "account": self.account_id, "kind": failure.kind, "code": failure.code},
        )
        try:
            if failure.is_accounts_fault:
                await self.watcher.on_failure(self.account_id, failure)
            if failure.may_be_mended:
                self._login = await self.watcher.reload_login(self.account_id) or self._login
        except DatabaseFailure:
            # What was paid for must go on being followed.
            logger.exception("A failure could not be noted", extra={"action": "follow", "account": self.account_id})
