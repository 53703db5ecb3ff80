"""A folder on this machine: files appear whole under their names, as they are moved there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from generation.storage.parts import new_part
from generation.storage.plain import Entry, PlainStore, SeekableFile, Source, StoredFile


class _Movable(File):  # type: ignore[type-arg]  # django-stubs makes File generic, Django does not
    """An open file on the same disk: the storage takes it as it is, instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


class FolderStore(PlainStore):
    def __init__(self, storage: FileSystemStorage) -> None:
        super().__init__(storage)
        self._files = storage

    def save(self, name: str, source: Source) -> str:
        if isinstance(source, bytes):
            with new_part() as part:
                part.write(source)
                return self.save(name, part)
        source.flush()  # what a full disk does not take shows here, before anything is moved
        saved: str = self._files.save(name, _Movable(source, source.name))
        return saved

    def open(self, name: str) -> StoredFile:
        file = Path(self._files.path(name)).open("rb")
        return SeekableFile(file, os.fstat(file.fileno()).st_size)

    def find(self, name: str) -> Entry | None:
        try:
            return _entry(name, Path(self._files.path(name)))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def touch(self, name: str) -> None:
        with suppress(FileNotFoundError):  # deleted in this moment
            os.utime(self._files.path(name))

    def entries(self, folder: str) -> Iterator[Entry]:
        root = Path(self._files.path(""))
        for path in Path(self._files.path(folder)).rglob("*"):
            with suppress(FileNotFoundError):  # as above
                if path.is_file():
                    yield _entry(path.relative_to(root).as_posix(), path)


def _entry(name: str, path: Path) -> Entry:
    facts = path.stat()
    return Entry(name=name, size_bytes=facts.st_size, modified_at=datetime.fromtimestamp(facts.st_mtime, tz=UTC))
