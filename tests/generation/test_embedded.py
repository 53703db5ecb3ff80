"""The engine inside a process: it takes what is submitted, resumes what is open, and stands by beside another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.errors import PoolEmpty
from accounts.models import Lease
from generation import services
from generation.engine import runtime
from generation.engine.completion import CompletionHub
from generation.engine.embedded import EmbeddedRunner
from generation.errors import ResultUnavailable, StillRunning
from generation.models import Generation
from generation.services import Ask, Caller
from generation.specs import image_spec
from generation.upstream.client import UpstreamClient
from tests.factories import make_generation, make_media, make_webp
from tests.generation.jimeng import Jimeng, make_alive

IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
Status = Generation.Status


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@override_settings(STORAGES=IN_MEMORY)
class RunnerTests(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()
        self.account = make_alive(probe_due_at=None)

    @asynccontextmanager
    async def runner(self) -> AsyncIterator[tuple[EmbeddedRunner, CompletionHub]]:
        hub = CompletionHub()
        transport = httpx.MockTransport(self.jimeng)
        async with UpstreamClient(
            base_url="https://a.test", imagex_url="https://b.test", transport=transport
        ) as client:
            runner = EmbeddedRunner(client, hub)
            hub.start()
            await runner.start()
            try:
                yield runner, hub
            finally:
                await runner.stop()
                await hub.stop()

    @sync_to_async
    def make_open(self, status: str = Status.QUEUED) -> Generation:
        account = None if status == Status.QUEUED else self.account
        row = make_generation(status=status, account=account, deadline_at=timezone.now() + timedelta(minutes=1))
        if account is not None:
            Lease.objects.create(account=account, holder=row.public_id, taken_at=timezone.now())
        return row

    async def test_what_is_submitted_is_brought_to_its_end(self) -> None:
        async with self.runner() as (runner, hub), asyncio.timeout(10):
            row = await self.make_open()
            await runner.submit([row])
            assert runner.describe()["jobs"] == 1
            assert (await hub.wait(row.pk)).status == Status.SUCCEEDED
            await until(lambda: runner.describe()["jobs"] == 0)
            assert runner.describe() == {"engine": "running", "jobs": 0, "waiting_for_account": 0, "following": 0}
        assert runner.describe() == {"engine": "standby"}

    async def test_what_was_open_at_the_start_is_resumed(self) -> None:
        rows = [await self.make_open(), await self.make_open(Status.RUNNING)]
        async with self.runner() as (_, hub), asyncio.timeout(10):
            found = await asyncio.gather(*(hub.wait(row.pk) for row in rows))
        assert [each.status for each in found] == [Status.SUCCEEDED] * 2
        assert len(self.jimeng.submitted) == 2

    async def test_what_another_process_stored_is_found(self) -> None:
        async with self.runner() as (_, hub), asyncio.timeout(10):
            row = await self.make_open()
            assert (await hub.wait(row.pk)).status == Status.SUCCEEDED

    async def test_handing_over_twice_runs_it_once(self) -> None:
        async with self.runner() as (runner, hub), asyncio.timeout(10):
            row = await self.make_open()
            await runner.submit([row])
            await asyncio.sleep(0)  # the job has begun
            await runner.submit([row])
            await hub.wait(row.pk)
            await until(lambda: runner.describe()["jobs"] == 0)
            assert runner._tools is not None
            # a snapshot left over from the second time would be taken for the truth by a job that runs again
            assert await runner._tools.journal.load(row.pk) is None
        assert len(self.jimeng.submitted) == 1

    async def test_a_second_engine_stands_by_and_takes_over(self) -> None:
        async with self.runner() as (second, hub):
            await second.stop()
            async with self.runner() as (first, _):
                await second.start()
                assert (first.is_running, second.is_running) == (True, False)
                await second.submit([await self.make_open()])  # the first finds it
            await until(lambda: second.is_running)
            row = await self.make_open()
            await second.submit([row])
            async with asyncio.timeout(10):
                assert (await hub.wait(row.pk)).status == Status.SUCCEEDED

    async def test_stopping_leaves_what_is_paid_for_where_it_stands(self) -> None:
        self.jimeng.finished_status, self.jimeng.pictures = 45, 0
        async with self.runner() as (runner, _):
            row = await self.make_open()
            await runner.submit([row])
            await until(lambda: runner.describe()["following"] == 1)
        await row.arefresh_from_db()
        assert (row.status, len(self.jimeng.submitted)) == (Status.SUBMITTED, 1)
        assert await Lease.objects.acount() == 1


class ProcessTests(TestCase):
    """The whole of one process, with nobody to serve it."""

    @asynccontextmanager
    async def process(self) -> AsyncIterator[None]:
        await runtime.start()
        try:
            async with asyncio.timeout(10):
                yield
        finally:
            await runtime.stop()

    async def test_a_request_is_stored_tried_and_answered(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="a cat", count=10)
        async with self.process():
            assert (await services.readiness())["ready"]
            rows = (await services.generation_submit(ask=Ask(spec=spec, requested={}), caller=Caller())).generations
            found = await services.generation_wait(rows, timeout_s=5)
        assert [each.pk for each in found] == [row.pk for row in rows]
        with pytest.raises(PoolEmpty):
            services.raise_if_failed(found)

    async def test_a_wait_ends_in_time_and_with_the_process(self) -> None:
        row = await sync_to_async(make_generation)(status=Status.QUEUED)
        with pytest.raises(StillRunning) as raised:
            await services.generation_wait([row], timeout_s=5)  # no engine is here
        assert raised.value.public_id == row.public_id
        await Generation.objects.filter(pk=row.pk).aupdate(account_ids=[])
        async with self.process():
            other = await sync_to_async(make_generation)(status=Status.SUBMITTED)
            with pytest.raises(StillRunning):
                await services.generation_wait([other], timeout_s=0.05)
            runtime.stopping_in(0.05)
            with pytest.raises(StillRunning):
                await services.generation_wait([other], timeout_s=5)

    async def test_without_an_engine_nothing_is_ready(self) -> None:
        assert await services.readiness() == {
            "ready": False,
            "engine": "stopped",
            "database": "ok",
            "beat_age_s": None,
        }

    @override_settings(STORAGES=IN_MEMORY)
    async def test_a_file_is_read_from_storage_or_not_at_all(self) -> None:
        stored = await sync_to_async(make_media)()
        assert await services.media_read(stored) == make_webp()
        missing = await sync_to_async(make_media)(content=b"", upstream_url="http://127.0.0.1:9/x.webp")
        with pytest.raises(ResultUnavailable):
            await services.media_read(missing)
        async with self.process():
            with pytest.raises(ResultUnavailable):  # nobody listens at its address
                await services.media_read(missing)
