"""The life of one generation, from wherever it stands to its end. The same for every runner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from django.utils import timezone

from accounts.errors import GatewayError, PoolError
from accounts.services import Decision
from generation import changes
from generation.engine.claims import LostRace
from generation.engine.harvest import Harvest
from generation.engine.journal import Work
from generation.engine.submission import find_again, requeue, submit_somewhere
from generation.engine.timing import Sighting
from generation.engine.tools import Held, Tools
from generation.engine.watcher import Follow
from generation.errors import GenerationFailed, GenerationTimedOut, OutcomeUnknown
from generation.models import Generation
from generation.upstream.answers import Accepted, Record
from generation.upstream.failures import UpstreamFailure, gateway_error, record_failure

logger = logging.getLogger(__name__)
Status = Generation.Status

EMPTY_RESULT_S = 15.0  # how long a finished record may still lack its addresses
SETTLE_LOOKS = 2  # looks at a finished record that has fewer pictures than asked


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
    finally:
        tools.inputs.done(generation_id)
        tools.desk.give_back(generation_id)


async def _accepted(work: Work, tools: Tools) -> tuple[Held, Accepted]:
    """However far it is: in the end an account serves it and the upstream has accepted it."""
    if work.status in (Status.SUBMITTED, Status.SUBMITTING):
        tools.desk.hold(work.id, owner=work.owner)  # since before this engine started
    if work.status == Status.SUBMITTED:
        held = await _held_before(work, tools)
        return held, _resumed(work)
    if work.status == Status.SUBMITTING:
        held = await _held_before(work, tools)
        found = await find_again(held, tools)
        if found is not None:
            return held, found
        await requeue(held.work, tools, reason="never_arrived", detail="Jimeng never heard of this submission.")
    if work.status == Status.RUNNING:
        await requeue(work, tools, reason="interrupted")
    return await submit_somewhere(replace(work, status=Status.QUEUED, account_id=None), tools)


async def _held_before(work: Work, tools: Tools) -> Held:
    """The account that it was given to before this engine started."""
    login = None if work.account_id is None else await tools.caretaker.login(work.account_id)
    if login is None or work.account_id is None:
        raise OutcomeUnknown("The account that this was submitted with has been removed, or its login cannot be read.")
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
    harvest = Harvest(work, tools)
    tools.follows[work.id] = follow
    try:
        await _harvested(follow, harvest, held, tools)
        if elapsed_s == 0.0 and follow.latest is not None and follow.misses == 0:
            ready_s = asyncio.get_running_loop().time() - follow.window.submitted_at
            tools.watcher.forecaster.learn(work.timing_key, Sighting(running_s=follow.running_s, ready_s=ready_s))
        change = changes.Succeeded(
            generation_id=work.id,
            public_id=work.public_id,
            account_id=held.account_id,
            files=await harvest.finish(),
            pictures=len(harvest.positions),
        )
    finally:
        tools.follows.pop(work.id, None)
    if not await tools.journal.succeeded(change):
        raise LostRace


async def _harvested(follow: Follow, harvest: Harvest, held: Held, tools: Tools) -> None:
    """Until all is there that will come. Raises GenerationTimedOut at the deadline."""
    try:
        async with asyncio.timeout(held.work.seconds_left):
            await _watch(follow, harvest, tools.journal.changed)
    except TimeoutError as error:
        raise GenerationTimedOut from error
    finally:
        tools.watcher.drop(held.account_id, follow)


async def _watch(follow: Follow, harvest: Harvest, on_change: Callable[[list[int]], None]) -> None:
    """Until all pictures are there, or the upstream says that there will be no more."""
    clock = asyncio.get_running_loop().time
    empty_since: float | None = None
    looks = 0
    while True:
        record = await follow.next()
        ready = [item for item in record.items if item.url]
        if record.state == "failed" and not ready:
            _raise_failed(record)
        settled = record.state == "failed" or (record.state == "complete" and looks >= SETTLE_LOOKS)
        if len(ready) >= harvest.expected or (settled and ready):
            harvest.take(ready)
            return
        await harvest.take_early(ready)
        on_change([harvest.generation_id])
        if record.state == "complete":
            looks += 1
            empty_since = empty_since or clock()
            if not ready and clock() - empty_since > EMPTY_RESULT_S:
                raise GenerationFailed("Jimeng finished this generation without giving a picture.")


def _raise_failed(record: Record) -> NoReturn:
    failure = record_failure(record)
    raise gateway_error(failure) from failure


async def _fail(work: Work, error: GatewayError, tools: Tools) -> None:
    upstream_code = error.__cause__.code if isinstance(error.__cause__, UpstreamFailure) else ""
    logger.info(
        "A generation failed",
        extra={"action": "fail", "generation": work.public_id, "code": error.code, "upstream_code": upstream_code},
    )
    await tools.journal.failed(
        changes.Failed(
            generation_id=work.id,
            public_id=work.public_id,
            account_id=work.account_id,
            error_code=error.code,
            detail=error.detail,
            upstream_code=upstream_code,
            retry_after_s=error.retry_after_s,
            decision=_decision(error),
        )
    )


def _decision(error: GatewayError) -> Decision | None:
    """Who was passed over at last, if it ended because nobody was left to take it."""
    asked = error if isinstance(error, PoolError) else error.__cause__
    return asked.decision if isinstance(asked, PoolError) else None
