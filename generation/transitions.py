"""The only writer of `Generation.status`.

    queued ─► running ─► submitting ─► submitted ─► succeeded | failed
    queued | running ─► cancelled          any open state ─► failed
    running ─► queued                      (the account was at fault, or a crash; nothing spent)
    submitting ─► queued                   (refused, or surely never arrived; nothing spent)
    queued ─► queued                       (in a lower resolution, where nobody may make the one asked for)
    failed ─► succeeded                    (timed_out or outcome_unknown only: the result was found after all)

A final state is final but for the last arrow, which spends nothing and needs no account's place.
Each arrow is a conditional update in one short transaction that also writes an event. Each takes a list, so
that the engine commits many at once; the answer says who won. A generation that is no longer in the expected
state has lost a race: nothing is written for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import services as accounts
from accounts.services import Decision
from generation.changes import (
    Downgraded,
    Failed,
    Late,
    Requeued,
    ResultFile,
    Running,
    Submitted,
    Submitting,
    Succeeded,
)
from generation.late import LATE_CODES, MAY_COME_LATE, next_look_at
from generation.models import RESOLUTION_ASKED, Generation, GenerationEvent, Media, new_media_id
from generation.notices import events_post
from generation.usage import hour_of, usage_sum_hour
from jimeng_site.sql import insert_rows, update_where

Status = Generation.Status
URI_MAX_CHARS = 300  # of Media.upstream_uri
Event = GenerationEvent.Kind


@transaction.atomic
def mark_running(changes: Sequence[Running], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if _move(
            each.generation_id,
            from_=Status.QUEUED,
            to=Status.RUNNING,
            account=each.account_id,
            account_label=each.account_label,
            attempt=each.attempt,
            claimed_at=at,
        )
    }
    _add_events(
        _event(
            each.generation_id,
            Event.CLAIMED,
            at,
            each.account_id,
            account=each.account_label,
            attempt=each.attempt,
            **_decided(each.decision),
        )
        for each in changes
        if each.generation_id in won
    )
    return won


@transaction.atomic
def mark_submitting(changes: Sequence[Submitting], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if _move(
            each.generation_id,
            from_=Status.RUNNING,
            to=Status.SUBMITTING,
            submit_id=each.submit_id,
            seed=each.seed,
            submitting_at=at,
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
        if _move(
            each.generation_id,
            from_=Status.SUBMITTING,
            to=Status.SUBMITTED,
            history_record_id=each.record_id,
            forecast_s=each.forecast_s,
            submitted_at=at,
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
    won, refunds = set(), Counter[int]()
    for each in changes:
        stored = (
            Generation.objects.filter(pk=each.generation_id).values_list("passed_over", "credits_estimated").first()
        )
        if stored is None:
            continue
        passed_over = [*stored[0], each.account_id] if each.pass_over else stored[0]
        if not _move(
            each.generation_id,
            from_=each.from_status,
            to=Status.QUEUED,
            account=None,
            account_label="",
            submit_id=None,
            seed=None,
            claimed_at=None,
            submitting_at=None,
            passed_over=passed_over,
        ):
            continue
        won.add(each.generation_id)
        if each.account_id is not None:
            refunds[each.account_id] += stored[1]
    for account_id, cost_credits in sorted(refunds.items()):  # see accounts_hold
        accounts.account_refund(account_id=account_id, cost_credits=cost_credits)
    _finish(
        changes,
        won,
        at,
        lambda each: (Event.REQUEUED, {"reason": each.reason, "text": each.detail, **_passed_over(each)}),
    )
    return won


@transaction.atomic
def mark_downgraded(changes: Sequence[Downgraded], *, at: datetime) -> set[int]:
    """Still waiting for an account, now for less. What was asked for at first is kept in the spec."""
    specs = dict(Generation.objects.filter(pk__in=[each.generation_id for each in changes]).values_list("pk", "spec"))
    won = set()
    for each in changes:
        before = specs.get(each.generation_id, {})
        asked = before.get(RESOLUTION_ASKED, each.from_resolution)
        if _move(
            each.generation_id,
            from_=Status.QUEUED,
            to=Status.QUEUED,
            spec={**each.spec, RESOLUTION_ASKED: asked},
            credits_estimated=each.credits_estimated,
            passed_over=[],
        ):
            won.add(each.generation_id)
    steps = ({"from": each.from_resolution, "to": each.to_resolution, "text": each.reason} for each in changes)
    _add_events(
        _event(each.generation_id, Event.DOWNGRADED, at, None, **step)
        for each, step in zip(changes, steps, strict=True)
        if each.generation_id in won
    )
    return won


@transaction.atomic
def mark_succeeded(changes: Sequence[Succeeded], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if _move(each.generation_id, from_=Status.SUBMITTED, to=Status.SUCCEEDED, finished_at=at)
    }
    _add_media([(each.generation_id, file) for each in changes if each.generation_id in won for file in each.files], at)
    winners = {each.account_id for each in changes if each.generation_id in won and each.account_id is not None}
    accounts.accounts_hold(account_ids=winners)
    accounts.accounts_succeeded(account_ids=winners, at=at)
    _finish(changes, won, at, lambda each: (Event.SUCCEEDED, {"pictures": each.pictures}))
    events_post(generation_ids=won, at=at)
    return won


@transaction.atomic
def mark_failed(changes: Sequence[Failed], *, at: datetime) -> set[int]:
    won = {
        each.generation_id
        for each in changes
        if _move(
            each.generation_id,
            from_=Generation.OPEN,
            to=Status.FAILED,
            error_code=each.error_code,
            error_detail=each.detail[:500],
            upstream_code=each.upstream_code[:20],
            retry_after_s=each.retry_after_s,
            finished_at=at,
        )
    }
    may_come = [each.generation_id for each in changes if each.error_code in LATE_CODES and each.generation_id in won]
    if may_come:
        late = Generation.objects.filter(MAY_COME_LATE, pk__in=may_come)
        late.update(late_due_at=next_look_at(failed_at=at, at=at))
    # A job tells only the account that it began with; and what a failure has cost is the upstream's to say.
    held = Generation.objects.filter(pk__in=won, account__isnull=False).values_list("pk", "account_id")
    account_ids: dict[int, int] = dict(held)
    accounts.accounts_hold(account_ids=set(account_ids.values()))
    accounts.accounts_read_balance(account_ids=set(account_ids.values()), at=at)
    _finish(
        [replace(each, account_id=account_ids.get(each.generation_id)) for each in changes],
        won,
        at,
        lambda each: (
            Event.FAILED,
            {
                "code": each.error_code,
                "text": each.detail,
                "upstream_code": each.upstream_code,
                **_decided(each.decision),
            },
        ),
    )
    events_post(generation_ids=won, at=at)
    return won


@transaction.atomic
def mark_late(changes: Sequence[Late], *, at: datetime) -> set[int]:
    """What had failed has a result. It holds no lease, and says nothing of how its account is now.

    What was thrown away while it was looked for stays as it is: its result is found again once it is taken back.
    """
    failures = Generation.objects.filter(MAY_COME_LATE, pk__in=[each.generation_id for each in changes]).in_bulk()
    won = {
        each.generation_id
        for each in sorted(changes, key=lambda each: each.generation_id)
        if each.generation_id in failures and _move_late(failures[each.generation_id], each, at)
    }
    winners = [each for each in changes if each.generation_id in won]
    _add_media([(each.generation_id, file) for each in winners for file in each.files], at)
    _pin_what_came(winners)
    _add_events(
        _event(
            each.generation_id,
            Event.LATE_FOUND,
            at,
            each.account_id,
            code=failures[each.generation_id].error_code,
            text=failures[each.generation_id].error_detail,
            record_id=each.record_id,
            pictures=each.pictures,
        )
        for each in winners
    )
    # It no longer ended when it failed; the hour in which it ends now is summed when it is over, as ever.
    for hour in sorted({hour_of(each.finished_at) for pk, each in failures.items() if pk in won and each.finished_at}):
        usage_sum_hour(hour=hour)
    events_post(generation_ids=won, at=at, late=True)
    return won


def _move_late(failure: Generation, change: Late, at: datetime) -> bool:
    values = {
        "status": Status.SUCCEEDED,
        "history_record_id": change.record_id,
        # If the answer to the submission was lost: it was accepted when it had been sent, as far as anybody knows.
        "submitted_at": failure.submitted_at or failure.submitting_at,
        "finished_at": at,
        "error_code": "",
        "error_detail": "",
        "upstream_code": "",
        "retry_after_s": None,
        "late_due_at": None,
    }
    wanted = Generation.objects.filter(MAY_COME_LATE, pk=failure.pk, deleted_at__isnull=True)
    return wanted.update(**values) == 1


def _pin_what_came(changes: Sequence[Late]) -> None:
    """Who pinned one that had failed meant its result: the policy must not take that."""
    positions = {each.generation_id: [file.position for file in each.files] for each in changes}
    pinned = Generation.objects.filter(pk__in=positions, pinned_at__isnull=False).values_list("pk", "pinned_at")
    for pk, pinned_at in pinned:
        Media.objects.filter(generation_id=pk, position__in=positions[pk]).update(pinned_at=pinned_at)


@transaction.atomic
def mark_cancelled(*, generation_id: int, public_id: str, at: datetime) -> bool:
    """Only while nothing is spent."""
    won = _move(
        generation_id,
        from_=(Status.QUEUED, Status.RUNNING),
        to=Status.CANCELLED,
        error_code="generation_cancelled",
        finished_at=at,
    )
    if won:
        # Only now: until the row is ours, it may still be given an account.
        row = Generation.objects.filter(pk=generation_id).values_list("account_id", "credits_estimated")
        account_id, cost_credits = row.get()
        _add_events([_event(generation_id, Event.CANCELLED, at, account_id)])
        accounts.leases_release(holders=[public_id])
        if account_id is not None:
            accounts.account_refund(account_id=account_id, cost_credits=cost_credits)
        events_post(generation_ids=[generation_id], at=at)
    return won


@transaction.atomic
def add_media(*, generation_id: int, files: Sequence[ResultFile]) -> None:
    """Record files that arrived before the whole is done. Changes no status."""
    _add_media([(generation_id, file) for file in files], timezone.now())


def add_created_events(generations: Sequence[Generation]) -> None:
    """The first event of new rows; runs in the transaction that inserts them."""
    _add_events(
        _event(each.pk, Event.CREATED, each.created_at, None, model=each.model, credits=each.credits_estimated)
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


def _passed_over(change: Requeued) -> dict[str, bool]:
    return {"passed_over": True} if change.pass_over else {}


def _decided(decision: Decision | None) -> dict[str, Decision]:
    return {} if decision is None else {"decision": decision}


def _move(generation_id: int, *, from_: str | tuple[str, ...], to: str, **values: Any) -> bool:
    """The conditional update that decides races: false if the row is not in the expected state any more."""
    where = {"id": generation_id, "status": from_}
    return update_where(Generation, where=where, values={"status": to, **values}) == 1


_MEDIA_FIELDS = (
    "public_id",
    "generation",
    "position",
    "kind",
    "file",
    "thumbnail",
    "content_type",
    "width",
    "height",
    "duration_s",
    "size_bytes",
    "sha256",
    "upstream_uri",
    "upstream_url",
    "fetch_attempts",
    "fetch_due_at",
    "thumbnail_due_at",
    "created_at",
    "preview",
    "removed_why",
)


def _add_media(files: Sequence[tuple[int, ResultFile]], at: datetime) -> None:
    """A position that was recorded before the whole was done stays as it is."""
    rows = [
        (
            new_media_id(),
            generation_id,
            file.position,
            file.kind,
            file.name,
            file.thumbnail,
            file.content_type,
            file.width,
            file.height,
            file.duration_s,
            file.size_bytes,
            file.sha256,
            file.upstream_uri[:URI_MAX_CHARS],
            file.upstream_url,
            0,
            None if file.name else at,
            at if file.name and file.kind == Generation.Kind.IMAGE else None,
            at,
            "",
            "",
        )
        for generation_id, file in files
    ]
    insert_rows(Media, _MEDIA_FIELDS, rows, ignore_conflicts=True)


EventRow = tuple[int, str, datetime, int | None, dict[str, Any]]


def _event(generation_id: int, kind: str, at: datetime, account_id: int | None, **detail: Any) -> EventRow:
    return generation_id, kind, at, account_id, detail


def _add_events(events: Iterable[EventRow]) -> None:
    insert_rows(GenerationEvent, ("generation", "kind", "at", "account", "detail"), list(events))
