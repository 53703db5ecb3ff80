"""Missing files that somebody waits for: fetched once, a failure remembered, by another process if need be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.utils import timezone

from generation.engine.caretaker import Caretaker
from generation.engine.healing import Healer
from generation.engine.mending import Mended, Mender
from generation.models import Media
from generation.upstream.client import UpstreamClient
from tests.factories import make_generation, make_media
from tests.generation.jimeng import HISTORY, Jimeng, make_alive

IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
PICTURE = "/picture/0.webp"


@override_settings(STORAGES=IN_MEMORY)
class HealingTests(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()
        record = self.jimeng.accept("11111111-1111-4111-8111-111111111111")
        generation = make_generation(account=make_alive(), history_record_id=record["history_record_id"])
        self.media = make_media(generation=generation, upstream_uri="tos/0", upstream_url="")
        default_storage.delete(self.media.file.name or "")

    @asynccontextmanager
    async def healer(self, *, has_engine: bool = True, **over: Any) -> AsyncIterator[Healer]:
        async with UpstreamClient(
            base_url="https://a.test", imagex_url="https://b.test", transport=httpx.MockTransport(self.jimeng)
        ) as client:
            healer, self.mender = Healer(**over), Mender(client, Caretaker(client, on_freed=lambda: None).login)
            healer.mender = self.mender if has_engine else None
            yield healer
            await healer.stop()

    async def test_many_who_wait_cost_one_question_and_one_download(self) -> None:
        async with self.healer() as healer:
            outcomes = await asyncio.gather(*[healer.heal(self.media.pk) for _ in range(20)])
        assert (set(outcomes), self.jimeng.calls) == ({Mended.STORED}, [HISTORY, PICTURE])

    async def test_who_stops_waiting_stops_nothing(self) -> None:
        async with self.healer() as healer:
            first = asyncio.create_task(healer.heal(self.media.pk), name="view")
            second = asyncio.create_task(healer.heal(self.media.pk), name="view")
            await asyncio.sleep(0)
            first.cancel()
            assert await second == Mended.STORED
        assert self.jimeng.calls == [HISTORY, PICTURE]

    async def test_a_failure_is_not_repeated_for_a_while(self) -> None:
        self.jimeng.silent = {PICTURE}
        async with self.healer() as healer:
            assert [await healer.heal(self.media.pk) for _ in range(3)] == [Mended.UNREACHABLE] * 3
        assert self.jimeng.calls == [HISTORY, PICTURE]

    async def test_and_then_it_is(self) -> None:
        self.jimeng.silent = {PICTURE}
        async with self.healer(again_after_s=0.0) as healer:
            assert await healer.heal(self.media.pk) == Mended.UNREACHABLE
            self.jimeng.silent = set()
            assert await healer.heal(self.media.pk) == Mended.STORED

    async def test_what_is_due_is_fetched_whatever_was_remembered(self) -> None:
        self.jimeng.silent = {PICTURE}
        async with self.healer() as healer:
            assert await healer.heal(self.media.pk) == Mended.UNREACHABLE
            self.jimeng.silent = set()
            assert await healer.fetch(self.media.pk) == Mended.STORED
            assert await healer.heal(self.media.pk) == Mended.STORED

    async def engine_elsewhere(self) -> None:
        """Does what is due, as the housekeeping of another process."""
        while True:
            await asyncio.sleep(0.05)
            async for media in Media.objects.filter(fetch_due_at__lte=timezone.now()):
                await self.mender.mend(media.pk)

    async def test_without_the_engine_the_row_asks_the_process_that_has_it(self) -> None:
        for silent, outcome in ({PICTURE}, Mended.UNREACHABLE), (set[str](), Mended.STORED):
            with self.subTest(outcome):
                self.jimeng.silent = silent
                async with self.healer(has_engine=False) as healer:
                    engine = asyncio.create_task(self.engine_elsewhere(), name="engine")
                    assert await healer.heal(self.media.pk) == outcome
                    engine.cancel()
                    await asyncio.gather(engine, return_exceptions=True)

    async def test_what_was_removed_on_purpose_is_asked_of_nobody(self) -> None:
        await Media.objects.aupdate(removed_at=timezone.now())
        for has_engine in (True, False):
            async with self.healer(has_engine=has_engine) as healer:
                assert await healer.heal(self.media.pk) == Mended.REMOVED
        row = await sync_to_async(Media.objects.get)()
        assert (self.jimeng.calls, row.fetch_due_at) == ([], None)

    async def test_nor_what_the_policy_removed_and_a_person_threw_away_then(self) -> None:
        await Media.objects.aupdate(file="", deleted_at=timezone.now(), removed_why=Media.Removal.RETENTION)
        for has_engine in (True, False):
            async with self.healer(has_engine=has_engine) as healer:
                assert await healer.heal(self.media.pk) == Mended.REMOVED
        row = await sync_to_async(Media.objects.get)()
        assert (self.jimeng.calls, row.fetch_due_at) == ([], None)
