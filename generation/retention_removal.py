"""Removing what the retention policy says, in small batches: first it is noted, then the files are deleted.

Whoever dies in between leaves files that no row names any more; generation/orphans.py finds them later. A file is left
where it is, too, when another row names it, or when it was stored or used within the last hour: somebody may be about
to name it.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from generation.models import Generation, GenerationEvent, Media
from generation.retention_policy import Policy, Rule, may_go_by_size, prunable, rule_of
from generation.retention_survey import ROWS_A_STEP, Survey
from generation.slices import slices
from generation.stored import stored_delete, stored_modified_at
from jimeng_site.sql import insert_rows

logger = logging.getLogger(__name__)

BATCH: Final = 100  # files in one transaction
FRESH: Final = timedelta(hours=1)
ALL_RULES: Final = tuple(Rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What was noted as removed. `names`: in storage, those that no row names any more; `size_bytes` is theirs."""

    files: int = 0
    size_bytes: int = 0
    names: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Removed:
    """How much is gone by now. `is_complete`: there is no more to do."""

    files: int = 0
    size_bytes: int = 0
    is_complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Primary keys of files that may go by a rule; none when there was only a look."""

    rule: Rule
    pks: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Removal:
    """All that may go `at` this time: `batches` finds it, in steps that take the database little time; `mark` notes it.

    What a batch holds is to be marked before the next one is asked for.
    """

    policy: Policy
    at: datetime
    rules: Collection[Rule] = ALL_RULES
    removed: Removed = field(default_factory=Removed)

    def batches(self) -> Iterator[Batch]:
        if Rule.TRASH in self.rules:
            yield from self._of_trash()
        yield from self._of_age()
        if Rule.SIZE in self.rules and self.policy.keep_bytes:
            yield from self._of_size()
        self.removed.is_complete = True

    def _of_trash(self) -> Iterator[Batch]:
        """Those that only have a small picture left, too."""
        since = self.at - timedelta(days=self.policy.trash_days)
        # As the index `media_in_trash` has it.
        due = Media.objects.filter(deleted_at__isnull=False, removed_at__isnull=True, deleted_at__lte=since)
        for piece in slices(due, "deleted_at", size=ROWS_A_STEP):
            found = self._going(piece, [Rule.TRASH]).order_by("deleted_at", "pk")
            yield from _cut(Rule.TRASH, list(found.values_list("pk", flat=True)))

    def _of_age(self) -> Iterator[Batch]:
        """By keys and by age at once: both walk along the same index."""
        wanted = [each for each in (Rule.KEY, Rule.AGE) if each in self.rules]
        newest = self.policy.newest_due(self.at)
        if not wanted or newest is None:
            return
        for piece in slices(prunable().filter(created_at__lt=newest), "created_at", size=ROWS_A_STEP):
            found = self._going(piece, wanted).order_by("created_at", "pk")
            yield from _cut(Rule.AGE, list(found.values_list("pk", flat=True)))

    def _of_size(self) -> Iterator[Batch]:
        """The oldest, until all fit. What is freed is known once it is marked: others may hold the same content."""
        survey = Survey(Policy(), self.at)
        while survey.step():
            yield Batch(rule=Rule.SIZE)
        fits_at = self.removed.size_bytes + survey.plan.room.all.size_bytes - self.policy.keep_bytes
        for piece in slices(prunable(), "created_at", size=ROWS_A_STEP):
            found = piece.filter(may_go_by_size(self.policy)).order_by("created_at", "pk")
            waiting = deque(found.values_list("pk", "size_bytes"))
            while waiting and self.removed.size_bytes < fits_at:
                pks: list[int] = []
                left = fits_at - self.removed.size_bytes
                while waiting and left > 0 and len(pks) < BATCH:
                    pk, size_bytes = waiting.popleft()
                    pks.append(pk)
                    left -= size_bytes or 0
                yield Batch(rule=Rule.SIZE, pks=tuple(pks))
            if self.removed.size_bytes >= fits_at:
                return
            yield Batch(rule=Rule.SIZE)

    def _going(self, rows: QuerySet[Media], rules: Sequence[Rule]) -> QuerySet[Media]:
        return rows.annotate(rule=rule_of(self.policy, self.at)).filter(rule__in=rules)

    @transaction.atomic
    def mark(self, batch: Batch) -> Marked:
        """Note that these are removed, in their rows and as events of their generations.

        Generations are locked first, as for the pins of generation/keepsakes.py: what was pinned or taken out of the
        trash meanwhile is left alone.
        """
        named = Media.objects.filter(pk__in=batch.pks)
        owners = Generation.objects.filter(pk__in=named.values("generation_id")).order_by("pk")
        list(owners.select_for_update().values_list("pk", flat=True))
        if batch.rule == Rule.SIZE:
            rows = list(prunable().filter(may_go_by_size(self.policy), pk__in=batch.pks))
        else:
            rows = list(self._going(named, [each for each in Rule if each in self.rules]))
        _empty_rows(rows, self.at)
        _add_events(rows, self.at)
        unnamed = _unnamed(rows)
        freed = {row.file.name: row.size_bytes or 0 for row in rows if row.file.name in unnamed}
        files = sum(1 for row in rows if row.file)
        self.removed.files += files
        self.removed.size_bytes += sum(freed.values())
        return Marked(files=files, size_bytes=sum(freed.values()), names=tuple(sorted(unnamed)))


def delete_unnamed(names: Iterable[str], *, unused_since: datetime) -> int:
    """Delete files that no row names, if nobody has used them since; returns how many. Blocks; may use the network."""
    deleted = 0
    for name in names:
        try:
            modified_at = stored_modified_at(name)
            if modified_at is not None and modified_at < unused_since:
                stored_delete([name])
                deleted += 1
        except OSError as error:
            logger.warning(
                "A file could not be deleted", extra={"action": "retention", "file": name, "reason": str(error)}
            )
    return deleted


def _cut(rule: Rule, pks: Sequence[int]) -> Iterator[Batch]:
    """At least one batch, be it without any: it was a step."""
    for start in range(0, max(1, len(pks)), BATCH):
        yield Batch(rule=rule, pks=tuple(pks[start : start + BATCH]))


def _why(row: Media) -> Media.Removal:
    return Media.Removal.RETENTION if row.deleted_at is None else Media.Removal.TRASH


def _empty_rows(rows: Sequence[Media], at: datetime) -> None:
    """Of what the policy took, the small picture shows in the history what it was; of the trash nothing is left."""
    for why in Media.Removal:
        pks = [row.pk for row in rows if _why(row) == why]
        rest = {"thumbnail": ""} if why == Media.Removal.TRASH else {}
        Media.objects.filter(pk__in=pks).update(
            file="", preview="", removed_at=at, removed_why=why, fetch_due_at=None, thumbnail_due_at=None, **rest
        )


def _unnamed(rows: Sequence[Media]) -> set[str]:
    """Of the names that these rows have given up, those that no row has. Who shares one has the same content."""
    given_up: set[str] = set()
    for row in rows:
        names = (row.file.name, row.preview.name, row.thumbnail.name if _why(row) == Media.Removal.TRASH else "")
        given_up.update(name for name in names if name)
    contents = {row.sha256 for row in rows} - {""}
    owners = {row.generation_id for row in rows}
    for same in (Media.objects.filter(sha256__in=contents), Media.objects.filter(generation_id__in=owners)):
        for names in same.values_list("file", "preview", "thumbnail"):
            given_up.difference_update(names)
    return given_up


def _add_events(rows: Sequence[Media], at: datetime) -> None:
    counts = Counter((row.generation_id, _why(row)) for row in rows if row.file)
    events = [
        (generation_id, GenerationEvent.Kind.FILES_REMOVED, at, None, {"files": files, "why": why.value})
        for (generation_id, why), files in sorted(counts.items())
    ]
    insert_rows(GenerationEvent, ("generation", "kind", "at", "account", "detail"), events)
