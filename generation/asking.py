"""Storing what is asked for: once, whatever the client repeats."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.errors import Allowance, KeyLimitError, PoolBusy, PoolError
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
_CLIENT_NAME_CHARS = 40
_REFUSALS_REMEMBERED = 5000
_REFUSAL_MEANT_S = 150.0  # SDKs come again within two minutes
_EQUAL_REQUESTS_READ = 60
_RACES_MAX = 3
_ATTACHMENTS_REMEMBERED = 5000

Attached = Literal["", "idempotency_key", "retry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: an API key, or bare logins (`account_ids` of pass-through accounts), or a person at a page.

    `user_id`: of that person; perhaps with the API key that is to be charged.
    """

    api_key: ApiKey | None = None
    account_ids: tuple[int, ...] | None = None
    client: str = ""
    user_id: int | None = None

    @property
    def owner(self) -> str:
        """Whose repetitions are answered with what was stored before; "" for nobody's."""
        if self.user_id is not None and self.api_key is None:
            return f"user:{self.user_id}"
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

    `attached`: why these were there before; "" for new ones. `allowance`: of the API key that asked for new ones,
    None where its requests are not limited.
    """

    generations: tuple[Generation, ...]
    attached: Attached = ""
    allowance: Allowance | None = None


async def generation_find(*, caller: Caller, request_hash: str, key: str | None, is_retry: bool) -> Submission | None:
    """What was stored before for this very request; None if it must be stored now.

    `key`: the Idempotency-Key. Saves a repetition from fetching its input pictures again.
    Raises IdempotencyConflict.
    """
    if key is not None:
        stored = await in_database(_stored_under, caller.owner, key, request_hash)
        return None if not stored else Submission(generations=tuple(stored), attached="idempotency_key")
    if not is_retry:
        return None
    since = timezone.now() - timedelta(seconds=settings.JIMENG_REATTACH_S)
    groups = await in_database(_equal_requests, caller.owner, request_hash, since)
    meant = _meant(groups, _memory.take_refusal(caller.owner, request_hash))
    if meant is None:
        return None
    _memory.note_attachment(meant[0].public_id)
    return Submission(generations=tuple(meant), attached="retry")


def _meant(groups: list[list[Generation]], take_refusal: Callable[[], bool]) -> list[Generation] | None:
    """Which of the equal requests, newest first, a retry repeats; None if it is a new one (docs/adr/0010).

    `take_refusal`: whether one of them was sent away unstored lately; each refusal explains one retry.
    """
    running = runtime.current()
    paid = [group for group in groups if not all(_may_be_repeated(each) for each in group)]
    alive = [group for group in paid if any(each.status != Status.FAILED for each in group)]
    for group in alive:
        is_awaited = running is not None and any(running.hub.is_awaited(each.pk) for each in group)
        if not is_awaited and not _memory.attachments(group[0].public_id):
            return group  # nobody was given it and nobody waits for it: its answer was lost
    if take_refusal() or not paid or paid[0] is not groups[0]:
        return None  # the last one ended with nothing spent: that is what is being repeated
    # Given before, or still waited for behind a connection that only looks alive.
    return min(alive or paid, key=lambda group: _memory.attachments(group[0].public_id))


async def generation_submit(*, ask: Ask, caller: Caller) -> Submission:
    """Store a request as queued generations and hand them to the engine, unless its key was used before.

    Ask `generation_find` first: it knows retries, too. Raises IdempotencyConflict, PoolBusy (the queue is full),
    KeyLimitError.
    """
    birth = Birth(rows=_new_rows(ask, caller), inputs=ask.inputs)
    running = runtime.current()
    attached: Attached = ""
    try:
        if ask.idempotency_key is not None:
            stored, attached = await in_database(_store_once, birth)
        else:
            born = await running.births(birth) if running is not None else (await in_database(store_new, [birth]))[0]
            if not isinstance(born, list):
                raise born
            stored = born
    except (PoolBusy, KeyLimitError):
        # When it comes again, it is a new one, not a repetition of an older one.
        _memory.note_refusal(caller.owner, ask.fingerprint)
        raise
    if running is not None:
        await running.runner.submit(stored)
    return Submission(generations=tuple(stored), attached=attached, allowance=birth.allowance)


def client_name_of(client: str) -> str:
    """What a User-Agent calls the program: `AsyncOpenAI` of `AsyncOpenAI/Python 2.54.0`."""
    return client.partition("/")[0].strip()[:_CLIENT_NAME_CHARS]


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
            client_name=client_name_of(caller.client),
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
    for _ in range(_RACES_MAX):
        before = _stored_under(first.owner, key, first.request_hash)
        if before:
            return before, "idempotency_key"
        try:
            with transaction.atomic():
                born = store_new([birth])[0]
        except IntegrityError:
            continue  # the constraint decides races between two requests with one key: the other one was first
        if isinstance(born, list):
            return born, ""
        # The first one may have been stored while this one waited for its turn with their API key.
        before = _stored_under(first.owner, key, first.request_hash)
        if before:
            return before, "idempotency_key"
        raise born
    raise PoolBusy("This Idempotency-Key is in use at this moment; nothing was spent.", retry_after_s=1)


@transaction.atomic
def _stored_under(owner: str, idempotency_key: str, request_hash: str) -> list[Generation]:
    """The generations under this key; none if it may be used (again). Raises IdempotencyConflict."""
    first = Generation.objects.filter(owner=owner, idempotency_key=idempotency_key).first()
    if first is None:
        return []
    if first.request_hash != request_hash:
        raise IdempotencyConflict
    group = _group_of(first)
    if _is_disowned(first) or all(_may_be_repeated(each) for each in group):
        # Its caller deleted it; or nothing was spent and it was told to come again: the key is free for another try.
        Generation.objects.filter(pk=first.pk).update(idempotency_key=None)
        return []
    return group


def _equal_requests(owner: str, request_hash: str, since: datetime) -> list[list[Generation]]:
    """Requests of the same words by the same owner, newest first, each with all of its generations."""
    same = Generation.objects.filter(owner=owner, request_hash=request_hash, created_at__gte=since)
    same = same.filter(Q(hidden_at__isnull=True) | Q(hidden_at=F("deleted_at")))  # as `_is_disowned` has it
    groups: dict[str, list[Generation]] = {}
    for row in same.order_by("-pk")[:_EQUAL_REQUESTS_READ]:
        groups.setdefault(row.group_id or row.public_id, []).insert(0, row)
    return list(groups.values())


def _group_of(first: Generation) -> list[Generation]:
    if not first.group_id:
        return [first]
    return list(Generation.objects.filter(group_id=first.group_id).order_by("pk"))


def _is_disowned(row: Generation) -> bool:
    """Its caller deleted it. One that a person threw away on the pages is paid for all the same: nobody pays again."""
    return row.hidden_at is not None and row.hidden_at != row.deleted_at


def _may_be_repeated(row: Generation) -> bool:
    """It ended with nothing spent."""
    if row.status == Status.CANCELLED:
        return True
    error = error_class(row.error_code)
    return row.status == Status.FAILED and (error.safe_to_repeat or issubclass(error, PoolError))


# --- in this process ------------------------------------------------------------------------------


class _Memory:
    """Which requests were sent away, and how often each generation was given as an answer. Bounded."""

    def __init__(self) -> None:
        self._refused: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        self._attached: OrderedDict[str, int] = OrderedDict()

    def note_refusal(self, owner: str, request_hash: str) -> None:
        self._refused.setdefault((owner, request_hash), []).append(time.monotonic())
        while len(self._refused) > _REFUSALS_REMEMBERED:
            self._refused.popitem(last=False)

    def take_refusal(self, owner: str, request_hash: str) -> Callable[[], bool]:
        """Asks, once called, whether this request was sent away in the last minutes."""

        def take() -> bool:
            oldest = time.monotonic() - _REFUSAL_MEANT_S
            times = [each for each in self._refused.pop((owner, request_hash), []) if each > oldest]
            if len(times) > 1:
                self._refused[owner, request_hash] = times[1:]
            return bool(times)

        return take

    def note_attachment(self, public_id: str) -> None:
        self._attached[public_id] = self.attachments(public_id) + 1
        while len(self._attached) > _ATTACHMENTS_REMEMBERED:
            self._attached.popitem(last=False)

    def attachments(self, public_id: str) -> int:
        return self._attached.get(public_id, 0)


_memory = _Memory()
