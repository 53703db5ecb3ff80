"""Files in storage, by name: seen whole or not at all, read in parts. All of it blocks: to be called in threads.

The storage is that of the settings: a folder, or a bucket of an S3-compatible store. Its troubles are OSErrors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Protocol, runtime_checkable

from django.core.files.storage import FileSystemStorage, Storage, storages

from generation.storage.folder import FolderStore
from generation.storage.parts import new_part, remove_old_parts
from generation.storage.plain import Entry, PlainStore, Source, StoredFile

__all__ = [
    "Entry",
    "StoredFile",
    "new_part",
    "remove_old_parts",
    "stored_delete",
    "stored_entries",
    "stored_is_kept",
    "stored_modified_at",
    "stored_open",
    "stored_read",
    "stored_save",
]


@runtime_checkable
class _HasStore(Protocol):
    """A storage of ours that needs packages which may not be here (generation/storage/bucket.py)."""

    def own_store(self) -> PlainStore: ...


def stored_save(name: str, source: Source) -> str:
    """Write a file under `name`, in place of one that is there. Returns the name.

    `source`: its bytes, or an open file of `new_part`, which is moved where that is possible. Raises OSError.
    """
    return _store().save(name, source)


def stored_is_kept(name: str, size_bytes: int | None = None) -> bool:
    """Whether a file is there, of that size. If so, it counts as new from now on: nobody removes what is used again.

    One of another size, or of none, was left by a power failure, before its content reached the disk.
    `size_bytes` None: not known. Raises OSError.
    """
    store = _store()
    found = store.find(name)
    if found is None or not found.size_bytes or size_bytes not in (None, found.size_bytes):
        return False
    try:
        store.touch(found)
    except FileNotFoundError:  # somebody removes it in this moment
        return False
    return True


def stored_open(name: str) -> StoredFile:
    """A file for reading: `size_bytes`, `part(start, length)`, `read`, `close`. Raises FileNotFoundError, OSError."""
    return _store().open(name)


def stored_read(name: str) -> bytes:
    """All of a file. Raises FileNotFoundError, OSError."""
    with stored_open(name) as file:
        return file.read()


def stored_modified_at(name: str) -> datetime | None:
    """When a file was written, or last found by `stored_is_kept`; None if it is not there. Raises OSError."""
    found = _store().find(name)
    return None if found is None else found.modified_at


def stored_delete(names: Iterable[str]) -> None:
    """Delete these files; what is not there is no trouble. Raises OSError."""
    store = _store()
    for name in names:
        store.delete(name)


def stored_entries(folder: str) -> Iterator[Entry]:
    """All files below a folder, in no order. Raises OSError."""
    return _store().entries(folder)


def _store() -> PlainStore:
    return _store_of(storages["default"])


@lru_cache(maxsize=4)  # there is one, but for tests
def _store_of(storage: Storage) -> PlainStore:
    if isinstance(storage, FileSystemStorage):
        return FolderStore(storage)
    return storage.own_store() if isinstance(storage, _HasStore) else PlainStore(storage)
