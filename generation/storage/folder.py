"""A folder on this machine: files appear whole under their names, as they are moved there."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from generation.storage.parts import PART_SUFFIX, new_part
from generation.storage.plain import Entry, PlainStore, SeekableFile, Source, StoredFile


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
        path = Path(self._files.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        _move(Path(source.name), path)
        return name

    def open(self, name: str) -> StoredFile:
        file = Path(self._files.path(name)).open("rb")  # noqa: SIM115  (the caller closes it)
        return SeekableFile(file, os.fstat(file.fileno()).st_size)

    def find(self, name: str) -> Entry | None:
        try:
            return _entry(name, Path(self._files.path(name)))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def touch(self, entry: Entry) -> None:
        os.utime(self._files.path(entry.name))

    def entries(self, folder: str) -> Iterator[Entry]:
        root = Path(self._files.path(""))
        for path in Path(self._files.path(folder)).rglob("*"):
            with suppress(FileNotFoundError):  # deleted in this moment
                if path.is_file():
                    yield _entry(path.relative_to(root).as_posix(), path)


def _entry(name: str, path: Path) -> Entry:
    facts = path.stat()
    return Entry(name=name, size_bytes=facts.st_size, modified_at=datetime.fromtimestamp(facts.st_mtime, tz=UTC))


def _move(part: Path, path: Path) -> None:
    """In one step, so that no reader sees a part of it. It keeps its permissions: those of a part are its owner's."""
    try:
        part.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The folder of results is a link to another disk: copied there first.
        beside = path.with_name(f"{part.name}{PART_SUFFIX}")
        try:
            shutil.copy(part, beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
