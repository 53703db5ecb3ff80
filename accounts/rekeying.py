"""All that is encrypted, under the newest key: in batches, while the gateway runs, and again from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.db import models, transaction

BATCH = 200  # rows in one transaction: others wait for it some tens of milliseconds
_PASSES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    model: type[models.Model]
    name: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """`renewed` values got the newest key; `unreadable` fit no key and were left as they are."""

    renewed: int
    unreadable: int


def encrypted_columns() -> list[Column]:
    """Each column whose name ends in `_encrypted`: by that name all know that vault.encrypt wrote it."""
    return [
        Column(model=model, name=field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name.endswith("_encrypted")
    ]


def rekey(keys: Sequence[str], *, progress: Callable[[Column, int], None]) -> Rekeyed:
    """Encrypt everything with the first of `keys`. `progress` is told the rows looked at after each batch.

    What others wrote meanwhile with an old key is found by a further pass; it ends once a pass renewed nothing.
    """
    renewed = unreadable = 0
    for _ in range(_PASSES):
        before, unreadable = renewed, 0
        for column in encrypted_columns():
            for looked_at, (fresh, lost) in _batches(column, keys):
                renewed, unreadable = renewed + fresh, unreadable + lost
                progress(column, looked_at)
        if renewed == before:
            break
    return Rekeyed(renewed=renewed, unreadable=unreadable)


def old_keys_needed(keys: Sequence[str]) -> int:
    """How many values only keys after the first open."""
    first, rest = Fernet(keys[0]), MultiFernet([Fernet(key) for key in keys[1:]]) if keys[1:] else None
    values = (value for column in encrypted_columns() for _, value in _rows(column).iterator(chunk_size=BATCH) if value)
    return sum(1 for value in values if not _opens(first, value) and rest is not None and _opens(rest, value))


def _batches(column: Column, keys: Sequence[str]) -> Iterator[tuple[int, tuple[int, int]]]:
    after = looked_at = 0
    while batch := list(_rows(column).filter(pk__gt=after)[:BATCH]):
        after, looked_at = batch[-1][0], looked_at + len(batch)
        yield looked_at, _renew(column, batch, keys)


def _rows(column: Column) -> models.QuerySet[models.Model, tuple[int, str]]:
    manager = column.model._default_manager
    return manager.exclude(**{column.name: ""}).order_by("pk").values_list("pk", column.name)


def _renew(column: Column, batch: Sequence[tuple[int, str]], keys: Sequence[str]) -> tuple[int, int]:
    newest, every = Fernet(keys[0]), MultiFernet([Fernet(key) for key in keys])
    renewed = unreadable = 0
    with transaction.atomic():
        for pk, value in batch:
            if _opens(newest, value):
                continue
            if not _opens(every, value):
                unreadable += 1
                continue
            # Only if nobody replaced it meanwhile.
            same = column.model._default_manager.filter(**{"pk": pk, column.name: value})
            renewed += same.update(**{column.name: every.rotate(value.encode()).decode()})
    return renewed, unreadable


def _opens(fernet: Fernet | MultiFernet, value: str) -> bool:
    try:
        fernet.decrypt(value.encode())
    except InvalidToken:
        return False
    return True
