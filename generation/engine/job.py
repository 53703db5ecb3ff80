"""The life of one generation, from wherever it stands to its end. The same for every runner.

A submission spends credits: from the moment the generation is `submitting`, nothing here submits it again unless
the upstream said no, or surely never heard of it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from dataclasses import dataclass, field, replace
from typing import NoReturn

from django.conf import settings
from django.utils import timezone

from accounts.errors import GatewayError, PoolBusy
from accounts.rotation import FailureClass
from generation import transitions
from generation.engine.caretaker import Caretaker
from generation.engine.desk import AccountDesk, Claim, LostRace, Want
from generation.engine.journal import Journal, Work
from generation.engine.media import MediaFetcher
from generation.engine.timing import Sighting
from generation.engine.watcher import Follow, Watcher
from generation.errors import GenerationFailed, GenerationTimedOut, OutcomeUnknown, UpstreamUnreachable
from generation.models import Generation
from generation.specs import SEED_MAX, SEED_MIN
from generation.transitions import ResultFile
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure, gateway_error, record_failure
from generation.upstream.answers import Accepted, Item, Record
from generation.upstream.signing import Login

logger = logging.getLogger(__name__)
Status = Generation.Status

UNREACHABLE_TRIES = 3  # attempts after which an account that cannot be reached is passed over
LOOKUP_FIRST_S, LOOKUP_LIMIT_S = 0.5, 5.0
EMPTY_RESULT_S = 15.0  # how long a finished record may still lack its addresses
SETTLE_LOOKS = 2  # looks at a finished record that has fewer pictures than asked

# Whose fault it is when a submission was refused. What is not here ends the generation.
ACCOUNT_FAULTS: dict[FailureKind, FailureClass] = {
    FailureKind.EXPIRED: FailureClass.EXPIRED,
    FailureKind.BUSY: FailureClass.BUSY,
    FailureKind.RISK_HOLD: FailureClass.RISK_HOLD,
    FailureKind.THROTTLED: FailureClass.THROTTLED,
    FailureKind.REGION: FailureClass.REGION,
    FailureKind.UNREACHABLE: FailureClass.UNREACHABLE,
    FailureKind.AMBIGUOUS: FailureClass.UNREACHABLE,  # and surely not accepted
}
PATIENT = {FailureClass.BUSY, FailureClass.THROTTLED}  # worth waiting for the same account


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a job works with; one set per engine."""

    client: UpstreamClient
    journal: Journal
    desk: AccountDesk
    watcher: Watcher
    media: MediaFetcher
    caretaker: Caretaker
    on_wire: set[int] = field(default_factory=set)
    """Ids whose submit call is under way: a stopping engine waits for these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A generation together with the account that serves it."""

    work: Work
    account_id: int
    login: Login


class Refused(Exception):
    """This account did not take it; nothing was spent."""

    def __init__(self, failure: UpstreamFailure) -> None:
        self.failure = failure
        super().__init__(failure.code)

    @property
    def told(self) -> GatewayError:
        """What a caller is told when nobody else takes it. What was unclear at first has turned out not to be sent."""
        if self.failure.kind is FailureKind.AMBIGUOUS:
            return UpstreamUnreachable()
        return gateway_error(self.failure)


async def run(generation_id: int, tools: Tools) -> None:
    """Bring a generation to its end. Safe to call again after a crash at any point."""
    work = await tools.journal.load(generation_id)
    if work is None:
        return
    try:
        held, accepted = await _accepted(work, tools)
        await _follow_to_the_end(held, accepted, tools)
    except LostRace:
        return
    except GatewayError as error:
        await _fail(work, error, tools)


async def _accepted(work: Work, tools: Tools) -> tuple[Held, Accepted]:
    """However far it is: in the end an account serves it and the upstream has accepted it."""
    if work.status == Status.SUBMITTED:
        held = await _held_before(work, tools)
        return held, _resumed(work)
    if work.status == Status.SUBMITTING:
        held = await _held_before(work, tools)
        found = await _find_again(held, tools)
        if found is not None:
            return held, found
        await _requeue(held.work, tools, reason="never_arrived", detail="Jimeng never heard of this submission.")
    if work.status == Status.RUNNING:
        await _requeue(work, tools, reason="interrupted")
    return await _submit_somewhere(replace(work, status=Status.QUEUED, account_id=None), tools)


async def _submit_somewhere(work: Work, tools: Tools) -> tuple[Held, Accepted]:
    """Try one account after the other until one accepts. Raises the error that says why none did."""
    last_refusal: GatewayError | None = None
    while True:
        want = Want(generation_id=work.id, attempt=work.attempt + 1, lease=work.lease_want())
        waited_s = (timezone.now() - work.created_at).total_seconds()
        try:
            async with asyncio.timeout(work.seconds_left):
                claim = await tools.desk.claim(want, waited_s=waited_s)
        except TimeoutError as error:
            raise PoolBusy("No account came free before the deadline; nothing was spent.") from error
        except PoolBusy as error:
            # Why the last one refused says more than that all are resting now, unless that is the reason itself.
            raise error if last_refusal is None or isinstance(last_refusal, PoolBusy) else last_refusal from error
        work = replace(work, attempt=want.attempt)
        held = Held(work=work, account_id=claim.account_id, login=claim.login)
        try:
            return held, await _submit_once(held, tools)
        except Refused as refused:
            passed_over = await _take_refusal(held, refused.failure, tools)
            last_refusal = refused.told
            if passed_over:
                work = replace(work, passed_over=work.passed_over | {claim.account_id})


async def _submit_once(held: Held, tools: Tools) -> Accepted:
    """The one place that spends credits. Raises Refused when surely nothing was spent."""
    work = held.work
    submit_id, seed = uuid.uuid4(), work.spec.seed
    if seed is None:
        seed = random.randrange(SEED_MIN, SEED_MAX)  # noqa: S311  (variety, not secrecy)
    change = transitions.Submitting(
        generation_id=work.id, account_id=held.account_id, submit_id=submit_id, seed=seed
    )
    if not await tools.journal.submitting(change):
        raise LostRace
    held = replace(held, work=replace(work, status=Status.SUBMITTING, submit_id=submit_id))
    tools.on_wire.add(work.id)
    try:
        accepted = await tools.client.submit_image(held.login, work.spec, submit_id=str(submit_id), seed=seed)
        await _note_accepted(held, accepted, tools)
        return accepted
    except UpstreamFailure as failure:
        if failure.is_refusal:
            raise Refused(failure) from failure
        cause = failure
    finally:
        tools.on_wire.discard(work.id)
    found = await _find_again(held, tools)
    if found is None:
        raise Refused(cause) from cause
    return found


async def _note_accepted(held: Held, accepted: Accepted, tools: Tools, *, found: bool = False) -> None:
    change = transitions.Submitted(
        generation_id=held.work.id,
        account_id=held.account_id,
        record_id=accepted.record_id,
        forecast_s=accepted.forecast_s,
        found=found,
    )
    if not await tools.journal.submitted(change):
        raise LostRace


async def _find_again(held: Held, tools: Tools) -> Accepted | None:
    """Ask the upstream for our submit_id. None: asked in vain for the whole grace time, so it never arrived.

    Raises OutcomeUnknown if the upstream would not say: the generation is then left for a person.
    """
    clock = asyncio.get_running_loop().time
    submit_id = str(held.work.submit_id)
    begun, pause_s, answers = clock(), LOOKUP_FIRST_S, 0
    while clock() - begun < max(held.work.seconds_left, settings.JIMENG_SUBMIT_GRACE_S):
        try:
            record = (await tools.client.records(held.login, submit_ids=[submit_id])).get(submit_id)
            answers += 1
        except UpstreamFailure as failure:
            answers, record = 0, None
            if failure.is_accounts_fault:
                await tools.caretaker.note_failure(held.account_id, failure)
        if record is not None:
            accepted = Accepted(
                record_id=record.record_id,
                forecast_s=record.forecast_s,
                queue_s=record.queue_s,
                queue_position=record.queue_position,
                record=record,
            )
            await _note_accepted(held, accepted, tools, found=True)
            return accepted
        if answers >= 2 and clock() - begun >= settings.JIMENG_SUBMIT_GRACE_S:
            return None
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.6, LOOKUP_LIMIT_S, max(0.1, settings.JIMENG_SUBMIT_GRACE_S / 3))
    raise OutcomeUnknown


async def _take_refusal(held: Held, failure: UpstreamFailure, tools: Tools) -> bool:
    """Back into the queue if the account was at fault; True if it is not to be tried again. Else raises."""
    fault = ACCOUNT_FAULTS.get(failure.kind)
    pass_over = True
    if failure.kind is FailureKind.NO_CREDITS:
        fault = await tools.caretaker.verdict_on_no_credits(
            held.account_id, held.login, cost_credits=held.work.cost_credits
        )
        pass_over = fault is not None  # None: a gift just filled it up
    elif fault is None:
        raise gateway_error(failure) from failure
    elif fault is FailureClass.UNREACHABLE:
        pass_over = held.work.attempt >= UNREACHABLE_TRIES
    elif fault in PATIENT:
        pass_over = False
    if fault is not None:
        await tools.caretaker.note_fault(held.account_id, fault, failure, model_key=held.work.model_key)
    given = replace(held.work, status=Status.SUBMITTING, account_id=held.account_id)
    await _requeue(given, tools, reason=str(fault or "topped_up"), detail=failure.message, pass_over=pass_over)
    return pass_over


async def _requeue(work: Work, tools: Tools, *, reason: str, detail: str = "", pass_over: bool = False) -> None:
    change = transitions.Requeued(
        generation_id=work.id,
        public_id=work.public_id,
        account_id=work.account_id,
        from_status=work.status,
        reason=reason,
        detail=detail,
        pass_over=pass_over,
    )
    if not await tools.journal.requeued(change):
        raise LostRace


async def _held_before(work: Work, tools: Tools) -> Held:
    """The account that it was given to before this engine started."""
    login = None if work.account_id is None else await tools.caretaker.login(work.account_id)
    if login is None or work.account_id is None:
        raise OutcomeUnknown("The account that this was submitted with has been removed.")
    return Held(work=work, account_id=work.account_id, login=login)


def _resumed(work: Work) -> Accepted:
    return Accepted(
        record_id=work.record_id, forecast_s=work.forecast_s, queue_s=None, queue_position=None, record=None
    )


async def _follow_to_the_end(held: Held, accepted: Accepted, tools: Tools) -> None:
    work = held.work
    elapsed_s = (timezone.now() - work.submitted_at).total_seconds() if work.submitted_at else 0.0
    follow = tools.watcher.follow(
        held.account_id,
        held.login,
        accepted.record_id,
        kind=work.kind,
        key=work.timing_key,
        elapsed_s=elapsed_s,
        forecast_s=accepted.forecast_s,
        queue_s=accepted.queue_s,
    )
    if accepted.record is not None and accepted.record.items:
        follow.tell(accepted.record)
    harvest = _Harvest(work, tools)
    try:
        async with asyncio.timeout(work.seconds_left):
            await _watch(follow, harvest)
    except TimeoutError as error:
        raise GenerationTimedOut from error
    finally:
        tools.watcher.drop(held.account_id, follow)
    if elapsed_s == 0.0 and follow.latest is not None and follow.misses == 0:
        ready_s = asyncio.get_running_loop().time() - follow.window.submitted_at
        tools.watcher.forecaster.learn(work.timing_key, Sighting(running_s=follow.running_s, ready_s=ready_s))
    change = transitions.Succeeded(
        generation_id=work.id,
        public_id=work.public_id,
        account_id=held.account_id,
        files=await harvest.finish(),
        pictures=len(harvest.positions),
    )
    if not await tools.journal.succeeded(change):
        raise LostRace


async def _watch(follow: Follow, harvest: _Harvest) -> None:
    """Until all pictures are there, or the upstream says that there will be no more."""
    clock = asyncio.get_running_loop().time
    empty_since: float | None = None
    looks = 0
    while True:
        record = await follow.next()
        if record.state == "failed":
            _raise_failed(record)
        ready = [item for item in record.items if item.url]
        if len(ready) >= harvest.expected or (record.state == "complete" and ready and looks >= SETTLE_LOOKS):
            harvest.take(ready)
            return
        await harvest.take_early(ready)
        if record.state == "complete":
            looks += 1
            empty_since = empty_since or clock()
            if not ready and clock() - empty_since > EMPTY_RESULT_S:
                raise GenerationFailed("Jimeng finished this generation without giving a picture.")


def _raise_failed(record: Record) -> NoReturn:
    raise gateway_error(record_failure(record))


class _Harvest:
    """The pictures of one generation: fetched as they come, each under one position."""

    def __init__(self, work: Work, tools: Tools) -> None:
        self._work = work
        self._tools = tools
        self.expected = work.spec.count
        self.positions: dict[str, int] = {}
        self._late: list[Item] = []

    async def take_early(self, items: list[Item]) -> None:
        """Fetch and record what is new, while others are still being made."""
        fresh = self._new(items)
        if fresh:
            files = await self._fetch(fresh)
            await self._tools.caretaker.record_media(self._work.id, files)

    def take(self, items: list[Item]) -> None:
        """What is new at the end is fetched by `finish`."""
        self._late = self._new(items)

    async def finish(self) -> tuple[ResultFile, ...]:
        return tuple(await self._fetch(self._late))

    def _new(self, items: list[Item]) -> list[Item]:
        fresh = []
        for item in items:
            key = _key(item)
            if key not in self.positions:
                self.positions[key] = len(self.positions)
                fresh.append(item)
        return fresh

    async def _fetch(self, items: list[Item]) -> list[ResultFile]:
        places = [self.positions[_key(item)] for item in items]
        missing = [
            self._fetch_one(item, position)
            for item, position in zip(items, places, strict=True)
            if position not in self._work.recorded_positions
        ]
        return [await missing[0]] if len(missing) == 1 else list(await asyncio.gather(*missing))

    async def _fetch_one(self, item: Item, position: int) -> ResultFile:
        work = self._work
        return await self._tools.media.fetch(
            item,
            public_id=work.public_id,
            position=position,
            created_at=work.created_at,
            output_format=work.spec.output_format,
        )


def _key(item: Item) -> str:
    """What tells a picture from the others of its set, from one look to the next."""
    return item.item_id or item.uri or item.url


async def _fail(work: Work, error: GatewayError, tools: Tools) -> None:
    upstream_code = error.__cause__.code if isinstance(error.__cause__, UpstreamFailure) else ""
    logger.info(
        "A generation failed",
        extra={"action": "fail", "generation": work.public_id, "code": error.code, "upstream_code": upstream_code},
    )
    await tools.journal.failed(
        transitions.Failed(
            generation_id=work.id,
            public_id=work.public_id,
            account_id=work.account_id,
            error_code=error.code,
            detail=error.detail,
            upstream_code=upstream_code,
            retry_after_s=error.retry_after_s,
        )
    )
