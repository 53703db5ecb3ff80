"""Going through the history page by page, for its tests."""

from __future__ import annotations

import itertools
from typing import Any

from generation.history import Wanted, history_page
from generation.models import Generation
from generation.seeking import Patience
from generation.viewing import Viewer

STAFF = Viewer(user_id=0, sees_all=True)


def hasty() -> Patience:
    """Over after each step."""
    ticks = itertools.count()
    return Patience(seconds=1.0, clock=lambda: float(next(ticks)))


def walk(*, viewer: Viewer = STAFF, size: int = 7, is_hasty: bool = False, **wanted: Any) -> list[Generation]:
    """All pages, one after the other."""
    found: list[Generation] = []
    before = ""
    for _ in range(300):
        patience = hasty() if is_hasty else None
        page = history_page(viewer=viewer, wanted=Wanted(**wanted), before=before, size=size, patience=patience)
        assert len(page.generations) <= size
        assert bool(page.searched_until) == (bool(page.before) and len(page.generations) < size)
        found += page.generations
        before = page.before
        if not before:
            return found
    raise AssertionError("There is always one more page.")
