"""Files that could not be fetched at once, or that got lost: fetched again by a fresh address."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.utils import timezone

from generation.engine.caretaker import Caretaker
from generation.engine.mending import FETCH_PAUSES, Mender
from generation.engine.storing import result_name
from generation.models import Generation, GenerationEvent, Media
from generation.upstream.client import UpstreamClient
from tests.factories import make_generation, make_media, make_webp
from tests.generation.jimeng import HISTORY, Jimeng, make_alive

DEAD = "/picture/dead.webp"
IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


@override_settings(STORAGES=IN_MEMORY)
class LateFileTests(TestCase):
    """A file that could not be fetched when it was new."""

    def setUp(self) -> None:
        self.jimeng = Jimeng()
        record = self.jimeng.accept("11111111-1111-4111-8111-111111111111")
        self.generation = make_generation(account=make_alive(), history_record_id=record["history_record_id"])

    async def fetch(
        self, *, attempts: int = 0, upstream_url: str = "https://cdn.test/old/0.webp", **over: Any
    ) -> Media:
        media = await sync_to_async(make_media)(
            generation=self.generation,
            upstream_url=upstream_url,
            fetch_attempts=attempts,
            fetch_due_at=timezone.now(),
            **{"content": b"", "upstream_uri": "tos/0", "content_type": "", **over},
        )
        return await self.mend(media)

    async def mend(self, media: Media) -> Media:
        transport = httpx.MockTransport(self.jimeng)
        async with UpstreamClient(
            base_url="https://a.test", imagex_url="https://b.test", transport=transport
        ) as client:
            caretaker = Caretaker(client, on_freed=lambda: None)
            self.outcome = await Mender(client, caretaker.login).mend(media.pk)
        return await Media.objects.aget()

    async def test_it_is_fetched_by_a_fresh_address_and_stored(self) -> None:
        media = await self.fetch()
        assert "/picture/0.webp" in self.jimeng.calls
        assert media.file.name == result_name(hashlib.sha256(make_webp()).hexdigest(), ".webp")
        assert (self.outcome, media.fetch_attempts) == ("stored", 0)
        assert (media.content_type, media.width, media.height) == ("image/webp", 64, 48)
        assert (media.fetch_due_at, media.thumbnail_due_at is not None) == (None, True)
        event = await GenerationEvent.objects.aget()
        assert (event.kind, event.detail) == ("media_stored", {"position": 0})

    async def test_one_that_is_there_after_all_costs_nothing(self) -> None:
        media = await self.fetch(content=make_webp(), attempts=2)
        assert (self.outcome, self.jimeng.calls) == ("stored", [])
        assert (media.fetch_due_at, media.fetch_attempts) == (None, 0)

    async def test_one_that_was_deleted_from_the_disk_comes_back_under_its_content(self) -> None:
        media = await self.fetch(content=make_webp(8, 8), thumbnail="old.webp", preview="old-too.webp")
        await sync_to_async(default_storage.delete)(media.file.name or "")
        media = await self.mend(media)
        assert media.file.name == result_name(media.sha256, ".webp")
        assert (media.size_bytes, media.thumbnail.name, media.preview.name) == (len(make_webp()), "", "")

    async def test_another_picture_of_the_set_is_not_taken_for_it(self) -> None:
        media = await self.fetch(upstream_uri="tos/gone", upstream_url="")
        assert (self.outcome, media.file.name, self.jimeng.calls) == ("not_upstream", "", [HISTORY])

    async def test_one_that_was_removed_on_purpose_stays_away(self) -> None:
        media = await self.fetch(removed_at=timezone.now())
        assert (self.outcome, self.jimeng.calls, media.file.name) == ("removed", [], "")

    async def test_it_says_why_there_is_none(self) -> None:
        """The address that is known is dead in all of these."""
        for why, expected in (("no_answer", "unreachable"), ("no_items", "not_upstream"), ("no_account", "no_account")):
            with self.subTest(why):
                self.jimeng.silent = {HISTORY, DEAD} if why == "no_answer" else {DEAD}
                self.jimeng.finished_status = 30 if why == "no_items" else 50
                if why == "no_account":
                    await Generation.objects.aupdate(account=None)
                    self.generation = await Generation.objects.aget()
                media = await self.fetch(upstream_url=f"https://cdn.test{DEAD}")
                assert (self.outcome, media.file.name) == (expected, "")
                await media.adelete()

    async def test_the_old_address_serves_when_the_upstream_gives_no_other(self) -> None:
        self.jimeng.silent.add(HISTORY)
        media = await self.fetch(upstream_url="https://cdn.test/picture/9.webp")
        assert "/picture/9.webp" in self.jimeng.calls
        assert media.file.name

    async def test_so_it_does_when_the_account_is_gone(self) -> None:
        await Generation.objects.aupdate(account=None)
        self.generation = await Generation.objects.aget()
        media = await self.fetch(upstream_url="https://cdn.test/picture/9.webp")
        assert (self.jimeng.calls, bool(media.file.name)) == (["/picture/9.webp"], True)

    async def test_each_failure_waits_longer_until_it_is_given_up(self) -> None:
        assert (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)) == FETCH_PAUSES
        self.jimeng.silent.update({"/picture/0.webp", HISTORY})
        for attempts, pause in enumerate((*FETCH_PAUSES, None)):
            with self.subTest(attempts=attempts):
                before = timezone.now()
                media = await self.fetch(attempts=attempts, upstream_url="https://cdn.test/picture/0.webp")
                assert (media.fetch_attempts, media.file.name) == (attempts + 1, "")
                if pause is None:
                    assert media.fetch_due_at is None
                else:
                    assert media.fetch_due_at is not None
                    assert pause <= media.fetch_due_at - before < pause + timedelta(seconds=10)
                await media.adelete()
