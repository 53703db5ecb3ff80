"""What people do with results: pin them, throw them away and take them back, and carry them home as an archive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from generation.viewing import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """`files`, `generations`: how many were changed. `still_open`: left alone, as they are being made."""

    files: int = 0
    generations: int = 0
    still_open: int = 0


def results_pin(*, viewer: Viewer, ids: Collection[str], at: datetime, pinned: bool) -> Done:
    """`ids`: public ids of files (med_…) and of generations (gen_…, all of its files); those unseen are ignored."""
    raise NotImplementedError


def results_delete(*, viewer: Viewer, ids: Collection[str], at: datetime) -> Done:
    """Into the trash. A generation whose files are all there, or that has none, is there itself."""
    raise NotImplementedError


def results_restore(*, viewer: Viewer, ids: Collection[str], at: datetime) -> Done:
    """Out of the trash, while the files are still there."""
    raise NotImplementedError
