"""One engine per database: who holds this lock runs it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from django.conf import settings


class EngineLock:
    """One engine per database: an advisory file lock, which the system frees when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> bool:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def engine_lock() -> EngineLock:
    """The lock of the engine for this database, not taken."""
    return EngineLock(settings.JIMENG_DATA_DIR / f"engine-{settings.JIMENG_DATABASE_FINGERPRINT}.lock")
