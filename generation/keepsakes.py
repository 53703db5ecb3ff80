"""What people do with results: pin them, throw them away and take them back.

The generations are locked before their files are looked at, and what is said of a generation follows from its files:
so two people may sort the same results at the same time. Those that are still open are the engine's and left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, TypeVar

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from generation.models import Generation, GenerationEvent, Media
from generation.viewing import Viewer, generations_of, key_ids_of
from jimeng_site.sql import insert_rows

AT_ONCE: Final = 500  # values in one statement; SQLite as some systems build it takes 999
Event = GenerationEvent.Kind
T = TypeVar("T", int, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """`files`, `generations`: how many were changed. `still_open`: left alone, as they are being made."""

    files: int = 0
    generations: int = 0
    still_open: int = 0


@transaction.atomic
def results_pin(*, viewer: Viewer, ids: Collection[str], at: datetime, pinned: bool) -> Done:
    """`ids`: public ids of files (med_…) and of generations (gen_…, all of its files); those unseen are ignored.

    What is in the trash is not pinned.
    """
    chosen = _Chosen.of(viewer, ids)
    files = chosen.files_where(lambda file: file.deleted_at is None and (file.pinned_at is None) is pinned)
    _update_files(files, pinned_at=at if pinned else None)
    if pinned:
        bare = chosen.bare_where(lambda row: row.deleted_at is None and row.pinned_at is None)
        _update_generations([*chosen.owners(files), *bare], Q(pinned_at=None), pinned_at=at)
    else:
        bare = chosen.bare_where(lambda row: row.pinned_at is not None)
        _unpin_without_pinned_files([*chosen.owners(files), *bare])
    return chosen.note(files, bare, kind=Event.PINNED if pinned else Event.UNPINNED, viewer=viewer, at=at)


@transaction.atomic
def results_delete(*, viewer: Viewer, ids: Collection[str], at: datetime) -> Done:
    """Into the trash, pinned or not. A generation whose files are all there, or that has none, is there itself.

    The API does not show such a one any more, and its result is not looked for any more if it is late.
    """
    chosen = _Chosen.of(viewer, ids)
    files = chosen.files_where(lambda file: file.deleted_at is None)
    bare = chosen.bare_where(lambda row: row.deleted_at is None)
    # A file that the policy has removed is kept in mind by `removed_why`: its small picture is in the trash now.
    _update_files(files, deleted_at=at, pinned_at=None, removed_at=None)
    touched = [*chosen.owners(files), *bare]
    _unpin_without_pinned_files(touched)
    for batch in in_batches(touched):
        whole = Generation.objects.filter(pk__in=batch, deleted_at=None).exclude(_has_file(deleted_at=None))
        unseen = Case(When(hidden_at=None, then=Value(at)), default=F("hidden_at"))
        whole.update(deleted_at=at, hidden_at=unseen, late_due_at=None)
    return chosen.note(files, bare, kind=Event.DELETED, viewer=viewer, at=at)


@transaction.atomic
def results_restore(*, viewer: Viewer, ids: Collection[str], at: datetime) -> Done:
    """Out of the trash, while it has not been emptied. The API shows what it showed before."""
    chosen = _Chosen.of(viewer, ids)
    files = chosen.files_where(lambda file: file.deleted_at is not None and file.removed_at is None)
    bare = chosen.bare_where(lambda row: row.deleted_at is not None)
    retained = {file.pk for file in files if file.removed_why == Media.Removal.RETENTION}
    _update_files([file for file in files if file.pk not in retained], deleted_at=None)
    _update_files([file for file in files if file.pk in retained], deleted_at=None, removed_at=at)
    generations_out_of_trash([*chosen.owners(files), *bare])
    return chosen.note(files, bare, kind=Event.RESTORED, viewer=viewer, at=at)


def generations_out_of_trash(pks: Iterable[int]) -> None:
    """For those of which a file is out of it; in the transaction that does that."""
    # The same moment: it was hidden by going to the trash, not through the API.
    seen = Case(When(hidden_at=F("deleted_at"), then=Value(None)), default=F("hidden_at"))
    _update_generations(pks, Q(deleted_at__isnull=False), deleted_at=None, hidden_at=seen)


def in_batches(values: Iterable[T]) -> Iterator[list[T]]:
    """Each once, in order of value, so many that one statement takes them."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


class _Chosen:
    """What somebody may see of the ids that were given, without what is still open; its generations are locked."""

    def __init__(self, generations: dict[int, Generation], files: list[Media], *, still_open: int) -> None:
        """`files`: those that are meant, of `generations` only."""
        self._generations, self._files, self._still_open = generations, files, still_open

    @classmethod
    def of(cls, viewer: Viewer, ids: Collection[str]) -> Self:
        wholes = set(_generation_pks(viewer, [each for each in ids if each.startswith("gen_")]))
        singles = dict(_file_pks(viewer, [each for each in ids if each.startswith("med_")]))
        meant = wholes | set(singles.values())
        generations = {row.pk: row for row in _locked(meant)}
        files = [file for file in _files_of(generations) if file.generation_id in wholes or file.pk in singles]
        return cls(generations, files, still_open=len(meant) - len(generations))

    def files_where(self, condition: Callable[[Media], bool]) -> list[Media]:
        return [file for file in self._files if condition(file)]

    def bare_where(self, condition: Callable[[Generation], bool]) -> list[int]:
        """Primary keys of generations that have no files and are meant themselves."""
        with_files = {file.generation_id for file in self._files}
        return [pk for pk, row in self._generations.items() if pk not in with_files and condition(row)]

    @staticmethod
    def owners(files: Sequence[Media]) -> list[int]:
        return [file.generation_id for file in files]

    def note(self, files: Sequence[Media], bare: Sequence[int], *, kind: str, viewer: Viewer, at: datetime) -> Done:
        """Write an event for each generation that something was done with. `bare`: those without files."""
        counts = Counter(self.owners(files))
        counts.update(dict.fromkeys(bare, 0))
        if counts:
            by = get_user_model().objects.filter(pk=viewer.user_id).values_list("username", flat=True).first() or ""
            events = [(pk, kind, at, None, {"by": by, "files": many}) for pk, many in sorted(counts.items())]
            insert_rows(GenerationEvent, ("generation", "kind", "at", "account", "detail"), events)
        return Done(files=len(files), generations=len(counts), still_open=self._still_open)


def _generation_pks(viewer: Viewer, public_ids: Sequence[str]) -> Iterator[int]:
    visible = generations_of(viewer)
    for batch in in_batches(public_ids):
        yield from visible.filter(public_id__in=batch).order_by().values_list("pk", flat=True)


def _file_pks(viewer: Viewer, public_ids: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Primary keys of files, each with that of its generation."""
    visible = Media.objects.order_by()
    if not viewer.sees_all:
        visible = visible.filter(generation__api_key_id__in=key_ids_of(viewer))
    for batch in in_batches(public_ids):
        yield from visible.filter(public_id__in=batch).values_list("pk", "generation_id")


def _locked(pks: Iterable[int]) -> Iterator[Generation]:
    wanted = Generation.objects.finished().only("pk", "deleted_at", "hidden_at", "pinned_at").order_by("pk")
    for batch in in_batches(pks):
        yield from wanted.filter(pk__in=batch).select_for_update()


def _files_of(pks: Iterable[int]) -> Iterator[Media]:
    wanted = Media.objects.order_by("pk").only("generation_id", "pinned_at", "deleted_at", "removed_at", "removed_why")
    for batch in in_batches(pks):
        yield from wanted.filter(generation_id__in=batch)


def _update_files(files: Sequence[Media], **values: datetime | None) -> None:
    for batch in in_batches(file.pk for file in files):
        Media.objects.filter(pk__in=batch).update(**values)


def _update_generations(pks: Iterable[int], condition: Q, **values: object) -> None:
    for batch in in_batches(pks):
        Generation.objects.filter(condition, pk__in=batch).update(**values)


def _unpin_without_pinned_files(pks: Iterable[int]) -> None:
    for batch in in_batches(pks):
        pinned: QuerySet[Generation] = Generation.objects.filter(pk__in=batch, pinned_at__isnull=False)
        pinned.exclude(_has_file(pinned_at__isnull=False)).update(pinned_at=None)


def _has_file(**conditions: object) -> Exists:
    return Exists(Media.objects.filter(generation_id=OuterRef("pk"), **conditions))
