"""Getting a generation accepted: the one place that spends credits, and what comes before and after it.

From the moment the generation is `submitting`, nothing here submits it again unless the upstream said no, or
surely never heard of it.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.utils import timezone

from accounts.errors import GatewayError, PoolBusy, PoolOutOfCredits
from accounts.rotation import FailureClass
from generation import changes
from generation.engine.claims import LostRace, Want
from generation.engine.downgrades import downgraded
from generation.engine.journal import Work
from generation.engine.tools import Held, Tools
from generation.errors import OutcomeUnknown, UpstreamUnreachable
from generation.models import Generation
from generation.specs import SEED_MAX, SEED_MIN
from generation.upstream.answers import Accepted, UploadedPicture
from generation.upstream.failures import FailureKind, UpstreamFailure, gateway_error

Status = Generation.Status

UNREACHABLE_TRIES = 3  # attempts after which an account that cannot be reached is passed over
LOOKUP_FIRST_S, LOOKUP_LIMIT_S = 0.5, 5.0

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


class Refused(Exception):
    """This account did not take it; nothing was spent."""

    def __init__(self, failure: UpstreamFailure, sent_at: float, *, from_status: str = Status.SUBMITTING) -> None:
        self.failure = failure
        self.from_status = from_status
        self.sent_at = sent_at
        """When the submission left, on the loop's clock."""
        super().__init__(failure.code)

    @property
    def told(self) -> GatewayError:
        """What a caller is told when nobody else takes it. What was unclear at first has turned out not to be sent."""
        if self.failure.kind is FailureKind.AMBIGUOUS:
            return UpstreamUnreachable()
        return gateway_error(self.failure)


async def submit_somewhere(work: Work, tools: Tools) -> tuple[Held, Accepted]:
    """Try one account after the other until one accepts. Raises the error that says why none did."""
    clock = asyncio.get_running_loop().time
    last_refusal: GatewayError | None = None
    # The queue's patience is for the time in the queue, not for that of a look-up which outlasted an outage.
    waited_s = 0.0 if work.attempt else (timezone.now() - work.created_at).total_seconds()
    while True:
        want = Want(generation_id=work.id, owner=work.owner, attempt=work.attempt + 1, lease=work.lease_want())
        queued_at = clock()
        try:
            claim = await tools.desk.claim(want, waited_s=waited_s, left_s=work.seconds_left)
        except PoolOutOfCredits as refusal:
            work, last_refusal = await downgraded(work, refusal, tools), None
            continue
        except PoolBusy as error:
            # Why the last one refused says more than that all are resting now, unless that is the reason itself.
            if last_refusal is None or isinstance(last_refusal, PoolBusy):
                raise
            raise last_refusal from error
        waited_s += clock() - queued_at
        work = replace(work, attempt=want.attempt)
        held = Held(work=work, account_id=claim.account_id, login=claim.login)
        try:
            uploaded = await _inputs_uploaded(held, tools)
            return held, await _submit_once(held, uploaded, tools)
        except Refused as refused:
            passed_over = await _take_refusal(held, refused, tools)
            last_refusal = refused.told
            if passed_over:
                work = replace(work, passed_over=work.passed_over | {claim.account_id})


async def _inputs_uploaded(held: Held, tools: Tools) -> Sequence[UploadedPicture]:
    """The input pictures as this account has uploaded them. Spends nothing. Raises Refused."""
    if not held.work.spec.inputs:
        return ()
    begun_at = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(held.work.seconds_left):
            return await tools.inputs.uploaded(held)
    except UpstreamFailure as failure:
        raise Refused(failure, begun_at, from_status=Status.RUNNING) from failure
    except TimeoutError as error:
        raise UpstreamUnreachable("The input images could not be uploaded in time; nothing was spent.") from error


async def _submit_once(held: Held, uploaded: Sequence[UploadedPicture], tools: Tools) -> Accepted:
    """The one place that spends credits. Raises Refused when surely nothing was spent."""
    work = held.work
    submit_id, seed = uuid.uuid4(), work.spec.seed
    if seed is None:
        seed = random.randrange(SEED_MIN, SEED_MAX)  # noqa: S311  (variety, not secrecy)
    change = changes.Submitting(generation_id=work.id, account_id=held.account_id, submit_id=submit_id, seed=seed)
    if not await tools.journal.submitting(change):
        raise LostRace
    held = replace(held, work=replace(work, status=Status.SUBMITTING, submit_id=submit_id))
    tools.on_wire.add(work.id)
    sent_at = asyncio.get_running_loop().time()
    try:
        accepted = await tools.client.submit(
            held.login, work.spec, submit_id=str(submit_id), seed=seed, uploaded=uploaded
        )
        await _note_accepted(held, accepted, tools)
        return accepted
    except UpstreamFailure as failure:
        if failure.is_refusal:
            raise Refused(failure, sent_at) from failure
        cause = failure
    finally:
        tools.on_wire.discard(work.id)
    found = await find_again(held, tools)
    if found is None:
        raise Refused(cause, sent_at) from cause
    return found


async def _note_accepted(held: Held, accepted: Accepted, tools: Tools, *, found: bool = False) -> None:
    change = changes.Submitted(
        generation_id=held.work.id,
        account_id=held.account_id,
        record_id=accepted.record_id,
        forecast_s=accepted.forecast_s,
        found=found,
    )
    if not await tools.journal.submitted(change):
        raise LostRace


async def find_again(held: Held, tools: Tools) -> Accepted | None:
    """Ask the upstream for our submit_id. None: asked in vain for the whole grace time, so it never arrived.

    Raises OutcomeUnknown if the upstream would not say: the generation is then left for a person.
    """
    clock = asyncio.get_running_loop().time
    submit_id = str(held.work.submit_id)
    begun, pause_s, answers = clock(), LOOKUP_FIRST_S, 0
    give_up_at = begun + max(held.work.seconds_left, settings.JIMENG_SUBMIT_GRACE_S)
    while clock() < give_up_at:
        try:
            record = (await tools.client.records(held.login, submit_ids=[submit_id])).get(submit_id)
            answers += 1
        except UpstreamFailure as failure:
            answers, record = 0, None
            if failure.is_accounts_fault:
                await tools.caretaker.note_failure(held.account_id, failure)
            if failure.may_be_mended:
                held = replace(held, login=await tools.caretaker.login(held.account_id) or held.login)
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


async def _take_refusal(held: Held, refused: Refused, tools: Tools) -> bool:
    """Back into the queue if the account was at fault; True if it is not to be tried again. Else raises."""
    failure = refused.failure
    fault = ACCOUNT_FAULTS.get(failure.kind)
    pass_over = True
    if failure.kind is FailureKind.BAD_PARAMETER and await tools.inputs.forgotten(held):
        fault, pass_over = None, False  # a URI used again has died: they are uploaded anew, once
    elif failure.kind is FailureKind.NO_CREDITS:
        fault = await tools.caretaker.verdict_on_no_credits(
            held.account_id, held.login, cost_credits=held.work.cost_credits, sent_at=refused.sent_at
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
    given = replace(held.work, status=refused.from_status, account_id=held.account_id)
    await requeue(
        given, tools, reason=str(fault or _reason_without_fault(failure)), detail=failure.message, pass_over=pass_over
    )
    return pass_over


def _reason_without_fault(failure: UpstreamFailure) -> str:
    return "inputs_uploaded_anew" if failure.kind is FailureKind.BAD_PARAMETER else "topped_up"


async def requeue(work: Work, tools: Tools, *, reason: str, detail: str = "", pass_over: bool = False) -> None:
    change = changes.Requeued(
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
