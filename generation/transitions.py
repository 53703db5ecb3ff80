"""The only writer of `Generation.status`.

    queued ─► running ─► submitting ─► submitted ─► succeeded | failed
    queued | running ─► cancelled          any open state ─► failed
    running ─► queued                      (the account was at fault, or a crash; nothing spent)
    submitting ─► queued                   (refused, or surely never arrived; nothing spent)

Each arrow is a conditional update in one short transaction that also writes an event. Each takes a list, so
that the engine commits many at once; the answer says who won. A generation that is no longer in the expected
state has lost a race: nothing is written for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import services as accounts
from generation.models import Generation, GenerationEvent, Media

Status = Generation.Status
Event = GenerationEvent.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """queued → running: an account was lent."""

    generation_id: int
    account_id: int
    account_label: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """running → submitting: from here on credits may have been spent."""

    generation_id: int
    account_id: int
    submit_id: UUID
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """submitting → submitted. `found`: by its submit_id, after the answer to the submission was lost."""

    generation_id: int
    account_id: int
    record_id: str
    forecast_s: float | None
    found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """running | submitting → queued. `pass_over`: do not give it to this account again."""

    generation_id: int
    public_id: str
    account_id: int | None
    from_status: str
    reason: str
    detail: str = ""
    pass_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A result as it is to be recorded. `name` is the file's name in storage; "" when it is not stored yet."""

    position: int
    kind: str
    name: str
    content_type: str
    width: int | None
    height: int | None
    size_bytes: int | None
    sha256: str
    upstream_uri: str
    upstream_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """submitted → succeeded, with the files that are not recorded yet."""

    generation_id: int
    public_id: str
    account_id: int | None
    files: tuple[ResultFile, ...]
    pictures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Any open state → failed. The history_record_id stays, so that a late result can be fetched."""

    generation_id: int
    public_id: str
    account_id: int | None
    error_code: str
    detail: str
    upstream_code: str = ""


@transaction.atomic
def mark_running(changes: Sequence[Running], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if Generation.objects.filter(pk=each.generation_id, status=Status.QUEUED).update(
            status=Status.RUNNING,
            account_id=each.account_id,
            account_label=each.account_label,
            attempt=each.attempt,
            claimed_at=at,
        )
    }
    _add_events(
        _event(each.generation_id, Event.CLAIMED, at, each.account_id, account=each.account_label, attempt=each.attempt)
        for each in changes
        if each.generation_id in won
    )
    return won


@transaction.atomic
def mark_submitting(changes: Sequence[Submitting], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if Generation.objects.filter(pk=each.generation_id, status=Status.RUNNING, account_id=each.account_id).update(
            status=Status.SUBMITTING, submit_id=each.submit_id, seed=each.seed, submitting_at=at
        )
    }
    _add_events(
        _event(each.generation_id, Event.SUBMITTING, at, each.account_id, submit_id=str(each.submit_id))
        for each in changes
        if each.generation_id in won
    )
    return won


@transaction.atomic
def mark_submitted(changes: Sequence[Submitted], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if Generation.objects.filter(pk=each.generation_id, status=Status.SUBMITTING).update(
            status=Status.SUBMITTED, history_record_id=each.record_id, forecast_s=each.forecast_s, submitted_at=at
        )
    }
    _add_events(
        _event(
            each.generation_id,
            Event.FOUND if each.found else Event.SUBMITTED,
            at,
            each.account_id,
            record_id=each.record_id,
            forecast_s=each.forecast_s,
        )
        for each in changes
        if each.generation_id in won
    )
    return won


@transaction.atomic
def mark_requeued(changes: Sequence[Requeued], *, at: datetime) -> set[int]:
    """Back into the queue with nothing spent; the account is free again."""
    won = set()
    for each in changes:
        row = Generation.objects.filter(pk=each.generation_id, status=each.from_status)
        stored = row.values_list("passed_over", "credits_estimated").first()
        if stored is None:
            continue
        passed_over = [*stored[0], each.account_id] if each.pass_over else stored[0]
        won.add(each.generation_id)
        row.update(
            status=Status.QUEUED,
            account_id=None,
            account_label="",
            submit_id=None,
            seed=None,
            claimed_at=None,
            submitting_at=None,
            passed_over=passed_over,
        )
        if each.account_id is not None:
            accounts.account_refund(account_id=each.account_id, cost_credits=stored[1])
    _finish(changes, won, at, lambda each: (Event.REQUEUED, {"reason": each.reason, "text": each.detail}))
    return won


@transaction.atomic
def mark_succeeded(changes: Sequence[Succeeded], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if Generation.objects.filter(pk=each.generation_id, status=Status.SUBMITTED).update(
            status=Status.SUCCEEDED, finished_at=at
        )
    }
    Media.objects.bulk_create(
        (_media(each.generation_id, file) for each in changes if each.generation_id in won for file in each.files),
        ignore_conflicts=True,  # recorded already, when they arrived before the whole
    )
    winners = [each.account_id for each in changes if each.generation_id in won and each.account_id is not None]
    accounts.accounts_succeeded(account_ids=set(winners), at=at)
    _finish(changes, won, at, lambda each: (Event.SUCCEEDED, {"pictures": each.pictures}))
    return won


@transaction.atomic
def mark_failed(changes: Sequence[Failed], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if Generation.objects.filter(pk=each.generation_id, status__in=Generation.OPEN).update(
            status=Status.FAILED,
            error_code=each.error_code,
            error_detail=each.detail[:500],
            upstream_code=each.upstream_code[:20],
            finished_at=at,
        )
    }
    _finish(
        changes,
        won,
        at,
        lambda each: (Event.FAILED, {"code": each.error_code, "text": each.detail, "upstream_code": each.upstream_code}),
    )
    return won


@transaction.atomic
def mark_cancelled(*, generation_id: int, public_id: str, at: datetime) -> bool:
    """Only while nothing is spent."""
    row = Generation.objects.filter(pk=generation_id, status__in=(Status.QUEUED, Status.RUNNING))
    won = row.update(status=Status.CANCELLED, error_code="generation_cancelled", finished_at=at) == 1
    if won:
        _add_events([_event(generation_id, Event.CANCELLED, at, None)])
        accounts.leases_release(holders=[public_id])
    return won


@transaction.atomic
def add_media(*, generation_id: int, files: Sequence[ResultFile]) -> None:
    """Record files that arrived before the whole is done. Changes no status."""
    Media.objects.bulk_create((_media(generation_id, file) for file in files), ignore_conflicts=True)


def add_created_events(generations: Sequence[Generation], *, at: datetime) -> None:
    """The first event of new rows; runs in the transaction that inserts them."""
    _add_events(
        _event(each.pk, Event.CREATED, at, None, model=each.model, credits=each.credits_estimated)
        for each in generations
    )


def _finish(changes: Sequence[Any], won: set[int], at: datetime, describe: Any) -> None:
    """Give the leases of the winners back, and write their events."""
    winners = [each for each in changes if each.generation_id in won]
    accounts.leases_release(holders=[each.public_id for each in winners])
    events = []
    for each in winners:
        kind, detail = describe(each)
        events.append(_event(each.generation_id, kind, at, each.account_id, **detail))
    _add_events(events)


def _media(generation_id: int, file: ResultFile) -> Media:
    return Media(
        generation_id=generation_id,
        position=file.position,
        kind=file.kind,
        file=file.name,
        content_type=file.content_type,
        width=file.width,
        height=file.height,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        upstream_uri=file.upstream_uri[:300],
        upstream_url=file.upstream_url,
        fetch_due_at=None if file.name else timezone.now(),
    )


def _event(generation_id: int, kind: str, at: datetime, account_id: int | None, **detail: Any) -> GenerationEvent:
    return GenerationEvent(generation_id=generation_id, kind=kind, at=at, account_id=account_id, detail=detail)


def _add_events(events: Iterable[GenerationEvent]) -> None:
    GenerationEvent.objects.bulk_create(events)
