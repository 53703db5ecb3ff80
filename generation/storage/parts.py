"""Files that are being written: on the disk of the results, under names that nobody serves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Final

from django.conf import settings

PART_SUFFIX: Final = ".part"
PART_KEPT_S: Final = 3600.0  # longer than any download may take: what is older was left by a process that died


def _parts_folder() -> Path:
    """On the disk of the results, so that a file is moved at once; never in memory, as /tmp may be."""
    return Path(settings.MEDIA_ROOT) / "incoming"


@contextmanager
def new_part() -> Iterator[IO[bytes]]:
    """A file to write to, with a path; it is deleted at the end unless it was moved away."""
    folder = _parts_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, suffix=PART_SUFFIX, delete=False) as part:
        try:
            yield part
        finally:
            Path(part.name).unlink(missing_ok=True)  # it is still there when it was copied, or was no good


def remove_old_parts() -> None:
    """Delete what downloads left behind whose process was killed."""
    oldest = time.time() - PART_KEPT_S
    for part in _parts_folder().glob(f"*{PART_SUFFIX}"):
        try:
            if part.stat().st_mtime < oldest:
                part.unlink()
        except FileNotFoundError:
            continue  # finished in this moment
