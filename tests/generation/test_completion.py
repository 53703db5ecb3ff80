"""The completion hub: how a waiting request learns the end, and what it does not cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from generation.engine.completion import CompletionHub, WaitEnded
from generation.models import Generation
from tests.factories import make_generation, make_media

IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
Status = Generation.Status
NEVER_S = 1000.0


@asynccontextmanager
async def open_hub(*, sweep_s: float = NEVER_S) -> AsyncIterator[CompletionHub]:
    hub = CompletionHub()
    hub.sweep_every(sweep_s)
    hub.start()
    try:
        async with asyncio.timeout(10):
            yield hub
    finally:
        await hub.stop()


async def finish(row: Generation) -> None:
    await Generation.objects.filter(pk=row.pk).aupdate(status=Status.CANCELLED, finished_at=timezone.now())


async def begin_wait(hub: CompletionHub, row: Generation) -> asyncio.Task[Generation]:
    """A waiter whose first look has been made, and found nothing."""
    task = asyncio.create_task(hub.wait(row.pk))
    await asyncio.sleep(0.03)
    assert hub.waiting
    return task


@override_settings(STORAGES=IN_MEMORY)
class CompletionTests(TestCase):
    def setUp(self) -> None:
        self.open, self.other = (make_generation(status=Status.QUEUED) for _ in range(2))
        self.done = make_generation()
        self.media = [make_media(generation=self.done) for _ in range(2)]

    async def test_what_has_ended_before_is_found_right_after_registering(self) -> None:
        async with open_hub() as hub:
            found = await hub.wait(self.done.pk)
            assert hub.waiting == 0
        assert (found.pk, found.status) == (self.done.pk, Status.SUCCEEDED)

    async def test_pictures_come_with_it_in_order_and_without_another_query(self) -> None:
        async with open_hub() as hub:
            found = await hub.wait(self.done.pk)
        assert [each.pk for each in found.media.all()] == [each.pk for each in self.media]

    async def test_a_nudge_ends_the_wait(self) -> None:
        async with open_hub() as hub:
            task = await begin_wait(hub, self.open)
            await finish(self.open)
            hub.nudge([self.open.pk])
            assert (await task).status == Status.CANCELLED

    async def test_a_nudge_too_early_ends_nothing(self) -> None:
        async with open_hub() as hub:
            task = await begin_wait(hub, self.open)
            hub.nudge([self.open.pk, self.other.pk])
            await asyncio.sleep(0.05)
            assert not task.done()
            await finish(self.open)
            hub.nudge([self.open.pk])
            await task

    async def test_all_who_wait_for_one_are_told(self) -> None:
        async with open_hub() as hub:
            tasks = [asyncio.create_task(hub.wait(self.open.pk)) for _ in range(3)]
            await asyncio.sleep(0.02)
            assert hub.waiting == 1
            await finish(self.open)
            hub.nudge([self.open.pk])
            assert {each.pk for each in await asyncio.gather(*tasks)} == {self.open.pk}

    async def test_the_sweep_finds_what_another_process_has_ended(self) -> None:
        async with open_hub(sweep_s=0.05) as hub:
            task = await begin_wait(hub, self.open)
            await finish(self.open)
            assert (await task).status == Status.CANCELLED

    async def test_the_sweep_comes_in_time_however_often_others_wake_it(self) -> None:
        async with open_hub(sweep_s=0.1) as hub:
            task = await begin_wait(hub, self.open)
            await finish(self.open)
            for _ in range(50):  # half a second, ten wake-ups within each sweep
                await hub.wait(self.done.pk)
                await asyncio.sleep(0.01)
                if task.done():
                    break
            assert task.done()

    async def test_a_wait_that_is_given_up_is_forgotten(self) -> None:
        async with open_hub() as hub:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await hub.wait(self.open.pk)
            assert hub.waiting == 0
            hub.nudge([self.open.pk])

    async def test_one_that_gives_up_takes_nobody_with_it(self) -> None:
        async with open_hub() as hub:
            gone, left = (asyncio.create_task(hub.wait(self.open.pk)) for _ in range(2))
            await asyncio.sleep(0.02)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            assert hub.waiting == 1
            await finish(self.open)
            hub.nudge([self.open.pk])
            assert (await left).pk == self.open.pk

    async def test_when_the_process_stops_every_wait_ends_now_and_later(self) -> None:
        async with open_hub() as hub:
            task = await begin_wait(hub, self.open)
            hub.end_waits()
            with pytest.raises(WaitEnded):
                await task
            with pytest.raises(WaitEnded):
                await hub.wait(self.done.pk)
            assert hub.waiting == 0

    async def test_a_crowd_is_told_in_batches(self) -> None:
        hub = CompletionHub(batch=2)
        rows = [self.done, *[await self.make_done() for _ in range(4)]]
        hub.start()
        try:
            async with asyncio.timeout(10):
                found = await asyncio.gather(*(hub.wait(row.pk) for row in rows))
        finally:
            await hub.stop()
        assert [each.pk for each in found] == [row.pk for row in rows]

    async def make_done(self) -> Generation:
        return await sync_to_async(make_generation)()
