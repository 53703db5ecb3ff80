"""Any storage of Django's: what a folder and a bucket do in better ways of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Self

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

Source = bytes | IO[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file in storage. `modified_at`: when it was written or last touched."""

    name: str
    size_bytes: int
    modified_at: datetime


class StoredFile(ABC):
    """An open file: all of it is read from the start, unless `part` says what. To be closed, or used by `with`.

    Each storage has a class of its own.
    """

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes

    @abstractmethod
    def part(self, start: int, length: int) -> None:
        """What `read` gives from now on: `length` bytes from `start`, both within the file."""

    @abstractmethod
    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, -1 for all that is left; b"" at the end. Raises OSError."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SeekableFile(StoredFile):
    def __init__(self, file: Any, size_bytes: int) -> None:
        super().__init__(size_bytes)
        self._file = file
        self._left = size_bytes

    def part(self, start: int, length: int) -> None:
        self._file.seek(start)
        self._left = length

    def read(self, size: int = -1) -> bytes:
        content: bytes = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(content)
        return content

    def close(self) -> None:
        self._file.close()


class PlainStore:
    """What generation/stored.py offers, by what every storage of Django's can do."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def save(self, name: str, source: Source) -> str:
        content = ContentFile(source) if isinstance(source, bytes) else File(source)
        saved: str = self._storage.save(name, content)
        return saved

    def open(self, name: str) -> StoredFile:
        if not self._storage.exists(name):
            raise FileNotFoundError(name)
        file = self._storage.open(name)
        return SeekableFile(file, file.size)

    def find(self, name: str) -> Entry | None:
        if not self._storage.exists(name):
            return None
        return Entry(
            name=name,
            size_bytes=self._storage.size(name),
            modified_at=self._storage.get_modified_time(name),
        )

    def touch(self, entry: Entry) -> None:
        """What cannot be touched is as old as it is."""

    def delete(self, name: str) -> None:
        self._storage.delete(name)

    def entries(self, folder: str) -> Iterator[Entry]:
        if not self._storage.exists(folder):
            return
        folders, files = self._storage.listdir(folder)
        for each in files:
            found = self.find(f"{folder}/{each}")
            if found is not None:
                yield found
        for each in folders:
            yield from self.entries(f"{folder}/{each}")
