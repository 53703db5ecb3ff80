"""Waiting for generations, and seeing how far they are. Nothing here holds a thread or a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

from django.utils import timezone

from generation.engine import runtime
from generation.engine.completion import WaitEnded
from generation.errors import StillRunning
from generation.models import Generation
from generation.progress import Progress, running_progress
from jimeng_site.admission import leave
from jimeng_site.database import in_database

Status = Generation.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """News of a request. `finished`: all its generations, final, `media` prefetched; None while one is open."""

    progress: Progress
    finished: list[Generation] | None = None


async def generation_wait(generations: Sequence[Generation], *, timeout_s: float) -> list[Generation]:
    """Wait until all are final; returns them fresh, in order, with `media` prefetched (positions in order).

    Failed ones are returned as they are: see `raise_if_failed`.
    Raises StillRunning(public_id=…) after `timeout_s`, or earlier when this process stops.
    """
    leave()  # the door of this process: others may come in while this one waits
    running = runtime.current()
    public_id = generations[0].public_id
    if running is None:
        raise StillRunning(public_id=public_id)
    try:
        async with asyncio.timeout(timeout_s):
            if len(generations) == 1:
                return [await running.hub.wait(generations[0].pk)]
            return list(await asyncio.gather(*(running.hub.wait(each.pk) for each in generations)))
    except (TimeoutError, WaitEnded) as error:
        raise StillRunning(public_id=public_id) from error


async def generation_follow(
    generations: Sequence[Generation], *, beat_s: float, pace_s: float = 0.0
) -> AsyncIterator[Update]:
    """News at changes, at least every `beat_s` and, but for the end, not before `pace_s`; the last has `finished`.

    Raises StillRunning when this process stops. Close it (or leave it) at any time: the generations go on.
    """
    leave()
    running = runtime.current()
    if running is None:
        raise StillRunning(public_id=generations[0].public_id)
    ends = asyncio.gather(*(running.hub.wait(each.pk) for each in generations))
    ends.add_done_callback(_look_at)  # else the end of a stream that its client left would be logged as a mistake
    try:
        with running.hub.listening([each.pk for each in generations]) as news:
            while not ends.done():
                yield Update(progress=await progress_of(generations))
                if pace_s:
                    await asyncio.wait((ends,), timeout=pace_s)
                await _first(ends, news, timeout_s=beat_s - pace_s)
        finished = await ends
    except WaitEnded as error:
        raise StillRunning(public_id=generations[0].public_id) from error
    finally:
        ends.cancel()
    yield Update(progress=await progress_of(finished), finished=finished)


async def generation_watch(generations: Sequence[Generation], *, beat_s: float, pace_s: float) -> AsyncIterator[Update]:
    """As `generation_follow`, for a page that looks on: nobody is waited for whose answer could be lost
    (docs/adr/0010), and it just ends when this process stops, or runs nothing. Give rows with `media` prefetched.
    """
    running = runtime.current()
    rows = list(generations)
    ids = [each.pk for each in rows]
    with running.hub.looking_on(ids) if running is not None else nullcontext(asyncio.Event()) as news:
        while True:
            is_told = news.is_set()
            news.clear()
            rows = await _as_they_are(rows, even_if_seen=is_told)
            is_over = all(each.finished_at is not None for each in rows)
            yield Update(progress=_of_all([_known(row) for row in rows]), finished=rows if is_over else None)
            if is_over or running is None or running.hub.is_leaving:
                return
            await asyncio.sleep(pace_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(beat_s - pace_s):
                    await news.wait()


async def _as_they_are(rows: Sequence[Generation], *, even_if_seen: bool) -> list[Generation]:
    """These with `media`, read anew where this process does not see how far they are."""
    stale = [row.pk for row in rows if row.finished_at is None and (even_if_seen or _seen(row) is None)]
    if not stale:
        return list(rows)
    found = await in_database(lambda: Generation.objects.prefetch_related("media").in_bulk(stale))
    return [found.get(row.pk, row) for row in rows]


def _look_at(ends: asyncio.Future[list[Generation]]) -> None:
    if not ends.cancelled():
        ends.exception()


async def _first(ends: asyncio.Future[list[Generation]], news: asyncio.Event, *, timeout_s: float) -> None:
    """Until the end, news or the time is up."""
    told = asyncio.ensure_future(news.wait())
    try:
        await asyncio.wait((ends, told), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
    news.clear()


async def progress_of(generations: Sequence[Generation]) -> Progress:
    """Of a request: that of its slowest part; `ready` counts the pictures of all."""
    return _of_all([await _progress(generation) for generation in generations])


def _of_all(each: Sequence[Progress]) -> Progress:
    slowest = min(each, key=lambda progress: progress.percent)
    return replace(slowest, ready=sum(progress.ready for progress in each))


async def _progress(generation: Generation) -> Progress:
    seen = _seen(generation)
    if seen is not None:
        return seen
    row = await in_database(lambda: Generation.objects.filter(pk=generation.pk).first())
    return _from_row(row or generation, _elapsed_s(generation))


def progress_known(row: Generation) -> Progress:
    """Of a row that was just read, without asking the database. Call it on the event loop."""
    return _seen(row) or _from_row(row, _elapsed_s(row))


def _known(row: Generation) -> Progress:
    """The same, with the pictures that are there. `row` with `media`."""
    progress = progress_known(row)
    return replace(progress, ready=max(progress.ready, len(row.media.all())))


def _seen(generation: Generation) -> Progress | None:
    """What is known without asking the database: it is over, or this process makes it."""
    if generation.finished_at is not None:
        took_s = (generation.finished_at - generation.created_at).total_seconds()
        return Progress(phase="done", percent=100, elapsed_s=took_s, eta_s=0.0)
    running = runtime.current()
    seen = running.runner.sight(generation.pk) if running is not None else None
    return None if seen is None else replace(seen, elapsed_s=_elapsed_s(generation))


def _elapsed_s(generation: Generation) -> float:
    return (timezone.now() - generation.created_at).total_seconds()


def _from_row(row: Generation, elapsed_s: float) -> Progress:
    """Where another process runs the engine, the row says what is known."""
    if row.status == Status.QUEUED:
        return Progress(phase="queued", percent=0, elapsed_s=elapsed_s)
    if row.submitted_at is None:
        return Progress(phase="preparing", percent=1, elapsed_s=elapsed_s)
    since_s = (timezone.now() - row.submitted_at).total_seconds()
    running = running_progress(kind=row.kind, elapsed_s=since_s, expected_s=row.forecast_s)
    return replace(running, elapsed_s=elapsed_s)
