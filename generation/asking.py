"""Storing what is asked for: once, whatever the client repeats."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import PoolBusy
from accounts.models import ApiKey
from generation.engine import runtime
from generation.engine.births import Birth, store_new
from generation.errors import IdempotencyConflict, error_class
from generation.inputs import StoredInput
from generation.models import Generation, new_generation_id
from generation.specs import Spec, VideoSpec, submission_counts
from jimeng_site.database import in_database

Status = Generation.Status

_CLIENT_CHARS = 120
_REFUSALS_REMEMBERED = 5000
_ATTACHMENTS_REMEMBERED = 5000

Attached = Literal["", "idempotency_key", "retry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: an API key, or bare logins (`account_ids` of pass-through accounts), or a page (neither)."""

    api_key: ApiKey | None = None
    account_ids: tuple[int, ...] | None = None
    client: str = ""

    @property
    def owner(self) -> str:
        """Whose repetitions are answered with what was stored before; "" for pages."""
        if self.api_key is not None:
            return f"key:{self.api_key.pk}"
        if self.account_ids is None:
            return ""
        ids = ",".join(map(str, sorted(self.account_ids)))
        return f"logins:{hashlib.sha256(ids.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. `requested`: the caller's own words, for answer and history. `inputs`: in the order of the spec.

    `request_hash`: SHA-256 (hex) of all that was sent, "" for that of the spec.
    """

    spec: Spec
    requested: dict[str, Any]
    operation: str = "generations"
    request_hash: str = ""
    inputs: tuple[StoredInput, ...] = ()
    idempotency_key: str | None = None

    @property
    def fingerprint(self) -> str:
        return self.request_hash or self.spec.fingerprint()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The generations of a request: one, or several when it is for more pictures than one submission yields.

    `attached`: why these were there before; "" for new ones.
    """

    generations: tuple[Generation, ...]
    attached: Attached = ""


async def generation_find(*, caller: Caller, request_hash: str, key: str | None, is_retry: bool) -> Submission | None:
    """What was stored before for this very request; None if it must be stored now.

    `key`: the Idempotency-Key. Saves a repetition from fetching its input pictures again.
    Raises IdempotencyConflict.
    """
    if key is not None:
        stored = await in_database(_stored_under, caller.owner, key, request_hash)
        return None if not stored else Submission(generations=tuple(stored), attached="idempotency_key")
    if not is_retry or _memory.take_refusal(caller.owner, request_hash):
        return None
    since = timezone.now() - timedelta(seconds=settings.JIMENG_REATTACH_S)
    rows = await in_database(_repeatable, caller.owner, request_hash, since)
    if not rows:
        return None
    stored = min(rows, key=lambda group: _memory.attachments(group[0].public_id))  # the newest of those
    _memory.note_attachment(stored[0].public_id)
    return Submission(generations=tuple(stored), attached="retry")


async def generation_submit(*, ask: Ask, caller: Caller) -> Submission:
    """Store a request as queued generations and hand them to the engine, unless its key was used before.

    Ask `generation_find` first: it knows retries, too. Raises IdempotencyConflict, PoolBusy (the queue is full).
    """
    birth = Birth(rows=_new_rows(ask, caller), inputs=ask.inputs)
    running = runtime.current()
    attached: Attached = ""
    try:
        if ask.idempotency_key is not None:
            stored, attached = await in_database(_store_once, birth)
        else:
            born = await running.births(birth) if running is not None else (await in_database(store_new, [birth]))[0]
            if isinstance(born, PoolBusy):
                raise born
            stored = born
    except PoolBusy:
        # When it comes again, it is a new one, not a repetition of an older one.
        _memory.note_refusal(caller.owner, ask.fingerprint)
        raise
    if running is not None:
        await running.runner.submit(stored)
    return Submission(generations=tuple(stored), attached=attached)


def note_answer(generations: Sequence[Generation]) -> None:
    """These were answered: another request with the same words that lost its answer is served before them."""
    for each in generations:
        _memory.note_attachment(each.public_id)


def _new_rows(ask: Ask, caller: Caller) -> list[Generation]:
    """One row a submission; the first carries the idempotency key and names the group."""
    now = timezone.now()
    spec = ask.spec
    counts = submission_counts(spec)
    group_id = new_generation_id() if len(counts) > 1 else ""
    is_video = isinstance(spec, VideoSpec)
    deadline_s = settings.JIMENG_VIDEO_DEADLINE_S if is_video else settings.JIMENG_IMAGE_DEADLINE_S
    rows = []
    for number, count in enumerate(counts):
        part = spec if isinstance(spec, VideoSpec) else replace(spec, count=count)
        row = Generation(
            group_id=group_id,
            api_key=caller.api_key,
            owner=caller.owner,
            kind=Generation.Kind.VIDEO if is_video else Generation.Kind.IMAGE,
            operation=ask.operation,
            model=spec.model,
            prompt=spec.prompt,
            spec=part.to_json(),
            request_hash=ask.fingerprint,
            requested=ask.requested,
            account_ids=None if caller.account_ids is None else list(caller.account_ids),
            idempotency_key=ask.idempotency_key if number == 0 else None,
            client=caller.client[:_CLIENT_CHARS],
            credits_estimated=part.cost_credits,
            created_at=now,
            deadline_at=now + timedelta(seconds=deadline_s),
        )
        if group_id and number == 0:
            row.public_id = group_id
        rows.append(row)
    return rows


# --- in the database ------------------------------------------------------------------------------


@transaction.atomic
def _store_once(birth: Birth) -> tuple[list[Generation], Attached]:
    """As `store_new`, or what was stored before under this key."""
    first = birth.rows[0]
    key = first.idempotency_key or ""
    before = _stored_under(first.owner, key, first.request_hash)
    if before:
        return before, "idempotency_key"
    try:
        with transaction.atomic():
            born = store_new([birth])[0]
    except IntegrityError:
        # The constraint decides races between two requests with one key: the other one was first.
        before = _stored_under(first.owner, key, first.request_hash)
        if not before:
            raise
        return before, "idempotency_key"
    if isinstance(born, PoolBusy):
        raise born
    return born, ""


@transaction.atomic
def _stored_under(owner: str, idempotency_key: str, request_hash: str) -> list[Generation]:
    """The generations under this key; none if it may be used (again). Raises IdempotencyConflict."""
    first = Generation.objects.filter(owner=owner, idempotency_key=idempotency_key).first()
    if first is None:
        return []
    if first.request_hash != request_hash:
        raise IdempotencyConflict
    group = _group_of(first)
    if first.hidden_at is not None or all(_may_be_repeated(each) for each in group):
        # Its caller deleted it; or nothing was spent and it was told to come again: the key is free for another try.
        Generation.objects.filter(pk=first.pk).update(idempotency_key=None)
        return []
    return group


def _repeatable(owner: str, request_hash: str, since: datetime) -> list[list[Generation]]:
    """Requests of the same words, newest first, that a retry may mean: not those that it must repeat."""
    same = Generation.objects.filter(
        owner=owner, request_hash=request_hash, created_at__gte=since, hidden_at__isnull=True
    )
    rows = list(same.order_by("-pk")[:50])
    groups: dict[str, list[Generation]] = {}
    for row in rows:
        groups.setdefault(row.group_id or row.public_id, []).insert(0, row)
    asked = list(groups.values())
    if asked and all(_may_be_repeated(each) for each in asked[0]):
        return []  # the last one was refused without cost: that is what is being repeated
    return [group for group in asked if not all(_may_be_repeated(each) for each in group)]


def _group_of(first: Generation) -> list[Generation]:
    if not first.group_id:
        return [first]
    return list(Generation.objects.filter(group_id=first.group_id).order_by("pk"))


def _may_be_repeated(row: Generation) -> bool:
    """It ended with nothing spent, and asking again may help."""
    if row.status == Status.CANCELLED:
        return True
    return row.status == Status.FAILED and error_class(row.error_code).safe_to_repeat


# --- in this process ------------------------------------------------------------------------------


class _Memory:
    """Which requests were sent away, and how often each generation was given as an answer. Bounded."""

    def __init__(self) -> None:
        self._refused: Counter[tuple[str, str]] = Counter()
        self._attached: OrderedDict[str, int] = OrderedDict()

    def note_refusal(self, owner: str, request_hash: str) -> None:
        if len(self._refused) >= _REFUSALS_REMEMBERED:
            self._refused.clear()
        self._refused[owner, request_hash] += 1

    def take_refusal(self, owner: str, request_hash: str) -> bool:
        """Whether this request was sent away; each refusal explains one repetition."""
        if not self._refused[owner, request_hash]:
            del self._refused[owner, request_hash]
            return False
        self._refused[owner, request_hash] -= 1
        return True

    def note_attachment(self, public_id: str) -> None:
        self._attached[public_id] = self.attachments(public_id) + 1
        while len(self._attached) > _ATTACHMENTS_REMEMBERED:
            self._attached.popitem(last=False)

    def attachments(self, public_id: str) -> int:
        return self._attached.get(public_id, 0)


_memory = _Memory()
