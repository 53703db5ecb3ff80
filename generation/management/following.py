"""Bulk tasks in a terminal: done by the running gateway, or here if none runs; progress on standard error."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from accounts.bulk import BulkProgress
from accounts.models import BulkTask
from accounts.services import bulk_progress
from generation.engine.alone import EnginePlace, engine_place, serve_task

LOOK_S = 0.5

WORDS = {
    EnginePlace.HERE: "The running gateway does it.",
    EnginePlace.ELSEWHERE: "A gateway on another machine does it.",
    EnginePlace.NOWHERE: "No gateway is running: it is done here.",
}


def follow(task: BulkTask, *, tell: Callable[[str], None]) -> None:
    """Return once the task is over. `tell` is told how far it is whenever that has changed."""
    place, lock = engine_place(at=timezone.now())
    tell(WORDS[place])
    news = _News(tell)
    if lock is not None:
        try:
            asyncio.run(serve_task(task, on_progress=news))
        finally:
            lock.release()
        return
    progress = bulk_progress(task)
    while not progress.is_over:
        news(progress)
        time.sleep(LOOK_S)
        progress = bulk_progress(task)
    news(progress)


class _News:
    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._said = -1

    def __call__(self, progress: BulkProgress) -> None:
        if progress.done != self._said:
            self._said = progress.done
            self._tell(f"{progress.done} of {progress.total}")


def task_described(task: BulkTask) -> dict[str, Any]:
    """A task with what came of each account, as JSON."""
    progress = bulk_progress(task)
    items = task.items.order_by("pk").values_list("account_id", "account_label", "outcome", "detail", "done_at")
    return {
        "task": task.public_id,
        "kind": task.kind,
        "total": progress.total,
        "done": progress.done,
        "outcomes": dict(progress.outcomes),
        "accounts": [
            {"id": pk, "name": name, "outcome": outcome or None, "detail": detail, "at": at.isoformat() if at else None}
            for pk, name, outcome, detail, at in items
        ],
    }
