"""Looking on: a page that watches a generation is nobody who waits for it, and sees it to its very end."""

from __future__ import annotations

import asyncio
from functools import partial

import httpx
from asgiref.sync import sync_to_async
from django.test import TestCase
from django.utils import timezone

from generation.engine import job
from generation.engine.completion import CompletionHub
from generation.engine.tools import Tools
from generation.following import generation_watch
from generation.models import Generation
from tests.factories import make_generation, make_media
from tests.generation.jimeng import Jimeng, engine, make_alive
from tests.generation.test_job import JobTestCase, make_queued

Status = Generation.Status


class WatchedJimeng(Jimeng):
    """Notes what the engine follows whenever one of its files is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.tools: Tools | None = None
        self.followed: list[set[int]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/picture/") and self.tools is not None:
            self.followed.append(set(self.tools.follows))
        return super().__call__(request)


class FollowedTests(JobTestCase):
    async def test_it_is_followed_while_its_last_files_are_fetched(self) -> None:
        """Else a page would show it as being prepared again."""
        await self.sync(make_alive)
        row = await self.sync(make_queued)
        jimeng = WatchedJimeng()
        async with engine(jimeng) as tools:
            jimeng.tools = tools
            await job.run(row.pk, tools)
            assert tools.follows == {}
        assert jimeng.followed == [{row.pk}]


class HubTests(TestCase):
    async def test_an_onlooker_hears_of_changes_and_of_the_end(self) -> None:
        hub = CompletionHub()
        with hub.looking_on([1, 2]) as news, hub.listening([1]) as changes:
            for tell in (partial(hub.touch, [2]), partial(hub.nudge, [1]), hub.leave):
                hub.stirred.clear()
                assert not news.is_set()
                tell()
                assert news.is_set()
                assert hub.stirred.is_set()
                news.clear()
            assert not changes.is_set(), "who listens is not told of ends"
            hub.touch([3])
            assert not news.is_set()
            assert hub.waiting == 0
        assert hub.is_leaving

    async def test_who_only_looks_on_leaves_before_those_who_wait(self) -> None:
        hub = CompletionHub()
        waiting = asyncio.create_task(hub.wait(1))
        await asyncio.sleep(0)
        hub.leave()
        await asyncio.sleep(0)
        assert not waiting.done()
        hub.end_waits()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.exception() is not None


class WatchTests(TestCase):
    async def test_without_an_engine_it_tells_once_what_the_rows_say(self) -> None:
        row = await sync_to_async(make_generation)(status=Status.SUBMITTED, submitted_at=timezone.now())
        await sync_to_async(make_media)(generation=row)
        updates = [each async for each in generation_watch([row], beat_s=2.0, pace_s=0.5)]
        (only,) = updates
        assert (only.finished, only.progress.phase, only.progress.ready) == (None, "generating", 1)
