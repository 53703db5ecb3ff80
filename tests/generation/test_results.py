"""The door to result files: read, fetched again, asked for again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.utils import timezone

from generation.engine import runtime
from generation.errors import ResultUnavailable
from generation.models import Media
from generation.services import MediaGone, media_heal, media_read, media_refetch
from generation.upstream.client import UpstreamClient
from tests.factories import make_generation, make_media, make_webp
from tests.generation.jimeng import Jimeng, make_alive

IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


@override_settings(STORAGES=IN_MEMORY)
class ResultTests(TestCase):
    def setUp(self) -> None:
        self.jimeng = Jimeng()
        record = self.jimeng.accept("11111111-1111-4111-8111-111111111111")
        account = make_alive(probe_due_at=None)
        self.generation = make_generation(account=account, history_record_id=record["history_record_id"])
        self.media = make_media(generation=self.generation, content=make_webp(8, 8), upstream_uri="tos/0")

    @asynccontextmanager
    async def process(self) -> AsyncIterator[None]:
        transport = httpx.MockTransport(self.jimeng)
        await runtime.start(
            client=UpstreamClient(base_url="https://a.test", imagex_url="https://b.test", transport=transport)
        )
        try:
            yield
        finally:
            await runtime.stop()

    async def lose(self) -> None:
        await sync_to_async(default_storage.delete)(self.media.file.name or "")

    async def test_what_is_stored_is_read_without_an_engine(self) -> None:
        assert await media_read(self.media) == make_webp(8, 8)

    async def test_what_got_lost_is_read_by_way_of_the_upstream_and_kept(self) -> None:
        await self.lose()
        async with self.process():
            assert await media_read(self.media) == make_webp()
        row = await Media.objects.aget()
        assert await media_read(row) == make_webp()

    async def test_without_an_engine_it_is_not(self) -> None:
        await self.lose()
        with pytest.raises(ResultUnavailable):
            await media_read(self.media)

    async def test_what_was_removed_on_purpose_is_not_read_though_the_file_be_there(self) -> None:
        self.media.removed_at = timezone.now()
        async with self.process():
            with pytest.raises(ResultUnavailable):
                await media_read(self.media)
            with pytest.raises(MediaGone) as raised:
                await media_heal(self.media)
        assert (raised.value.why, self.jimeng.calls) == ("removed", [])

    async def test_a_person_may_ask_for_it_again(self) -> None:
        now = timezone.now()
        removed = {"removed_at": now, "removed_why": "trash", "deleted_at": now, "file": "", "fetch_attempts": 5}
        await Media.objects.aupdate(**removed)
        assert await media_refetch(media_id=self.media.public_id)
        row = await Media.objects.aget()
        assert (row.removed_at, row.removed_why, row.deleted_at, row.fetch_attempts) == (None, "", None, 0)
        assert row.fetch_due_at is not None
        assert not await media_refetch(media_id="med_00")
        async with self.process():
            assert await media_read(row) == make_webp()
