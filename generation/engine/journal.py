"""The engine's side of the database: what a job reads and writes, many jobs in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from accounts.services import LeaseWant
from generation import transitions
from generation.engine.batching import Batcher
from generation.models import Generation, Media
from generation.specs import Spec, VideoSpec, spec_from_json
from jimeng_site.database import in_database

C = TypeVar("C")
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A generation as a job sees it: a snapshot of its row."""

    id: int
    public_id: str
    owner: str
    api_key_id: int | None
    status: str
    kind: str
    spec: Spec
    cost_credits: int
    account_id: int | None
    account_ids: tuple[int, ...] | None
    passed_over: frozenset[int]
    attempt: int
    submit_id: UUID | None
    record_id: str
    forecast_s: float | None
    created_at: datetime
    submitted_at: datetime | None
    deadline_at: datetime
    recorded: Mapping[str, int]
    """Results that are stored already: upstream URI to position."""

    @property
    def model_key(self) -> str:
        return f"{self.spec.model}/{self.spec.resolution}"

    @property
    def timing_key(self) -> str:
        """Generations that take about as long as each other."""
        amount = self.spec.seconds if isinstance(self.spec, VideoSpec) else self.spec.count
        return f"{self.model_key}/{amount}"

    @property
    def seconds_left(self) -> float:
        return max(0.0, (self.deadline_at - timezone.now()).total_seconds())

    def lease_want(self) -> LeaseWant:
        return LeaseWant(
            holder=self.public_id,
            cost_credits=self.cost_credits,
            model_key=self.model_key,
            account_ids=self.account_ids,
            passed_over=self.passed_over,
            api_key_id=self.api_key_id,
        )


def load_work(ids: Sequence[int]) -> list[Work | None]:
    """Snapshots in the order asked; None for final or unknown ones."""
    rows = {row.pk: row for row in Generation.objects.still_open().filter(pk__in=ids)}
    spent = [pk for pk, row in rows.items() if row.status == Generation.Status.SUBMITTED]
    recorded: dict[int, dict[str, int]] = {}
    if spent:
        stored = Media.objects.filter(generation_id__in=spent).values_list("generation_id", "position", "upstream_uri")
        for pk, position, uri in stored:
            recorded.setdefault(pk, {})[recorded_as(position, uri)] = position
    return [work_of(rows[pk], recorded.get(pk, {})) if pk in rows else None for pk in ids]


def recorded_as(position: int, upstream_uri: str) -> str:
    """The key in `Work.recorded` of a result that is stored."""
    return upstream_uri or f"#{position}"


async def _load_work(ids: list[int]) -> list[Work | None]:
    return await in_database(load_work, ids)


def work_of(row: Generation, recorded: Mapping[str, int] | None = None) -> Work:
    """`recorded`: see there; None: nothing is stored yet."""
    return Work(
        id=row.pk,
        public_id=row.public_id,
        owner=row.owner,
        api_key_id=row.api_key_id,
        status=row.status,
        kind=row.kind,
        spec=spec_from_json(row.kind, row.spec),
        cost_credits=row.credits_estimated,
        account_id=row.account_id,
        account_ids=None if row.account_ids is None else tuple(row.account_ids),
        passed_over=frozenset(row.passed_over),
        attempt=row.attempt,
        submit_id=row.submit_id,
        record_id=row.history_record_id,
        forecast_s=row.forecast_s,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        deadline_at=row.deadline_at,
        recorded=recorded or {},
    )


class Journal:
    """Batched reads and transitions. `on_final` is told the ids that were just made final, `on_freed` of leases.

    `changed` tells those who follow open generations that something is new about these.
    """

    def __init__(
        self,
        *,
        on_final: Callable[[Iterable[int]], None],
        on_freed: Callable[[], None],
        on_change: Callable[[Iterable[int]], None],
    ) -> None:
        self._on_final = on_final
        self._on_freed = on_freed
        self.changed = on_change
        self._fresh: dict[int, Work] = {}
        self._load: Batcher[int, Work | None] = Batcher(_load_work, limit=BATCH, name="load-work")
        self.submitting = self._batcher(transitions.mark_submitting)
        self.submitted = self._batcher(transitions.mark_submitted)
        self.downgraded = self._batcher(transitions.mark_downgraded)
        self.requeued = self._batcher(transitions.mark_requeued, frees=True)
        self.succeeded = self._batcher(transitions.mark_succeeded, final=True, frees=True)
        self.failed = self._batcher(transitions.mark_failed, final=True, frees=True)
        self.late = self._batcher(transitions.mark_late, final=True)

    def remember(self, generations: Iterable[Generation]) -> None:
        """Rows that were stored a moment ago need not be read again by the job that starts now."""
        for row in generations:
            if row.status == Generation.Status.QUEUED:
                self._fresh[row.pk] = work_of(row)

    async def load(self, generation_id: int) -> Work | None:
        """The snapshot to start from; None if the generation is final or unknown."""
        return self._fresh.pop(generation_id, None) or await self._load(generation_id)

    def _batcher(
        self, mark: Callable[..., set[int]], *, final: bool = False, frees: bool = False
    ) -> Batcher[Any, bool]:
        async def run(changes: list[Any]) -> list[bool]:
            won = await in_database(mark, changes, at=timezone.now())
            if final:
                self._on_final(won)
            else:
                self.changed(won)
            if frees:
                self._on_freed()
            return [each.generation_id in won for each in changes]

        return Batcher(run, limit=BATCH, name=mark.__name__)
