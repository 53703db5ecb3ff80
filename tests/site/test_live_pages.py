"""The streams of open pages, by Django's test client: who may listen, and what is sent."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import translation

from generation.models import Generation
from tests.factories import make_api_key, make_generation

Status = Generation.Status


async def sent(response: Any, *, until: bytes = b"") -> bytes:
    """What a stream sends to its end, or until it has sent this."""
    content = b""
    async with asyncio.timeout(10):
        async for part in response.streaming_content:
            content += part
            if until and until in content:
                break
    return content


class LivePagesTests(TestCase):
    def setUp(self) -> None:
        self.staff = User.objects.create_user("staff", is_staff=True)
        self.owner, self.stranger = (User.objects.create_user(name) for name in ("owner", "stranger"))
        self.key = make_api_key(owner=self.owner)

    async def progress(self, user: User, row: Generation) -> Any:
        await self.async_client.aforce_login(user)
        return await self.async_client.get(f"/live/generations/{row.public_id}/")

    async def test_who_is_not_logged_in_is_told_so_without_a_page(self) -> None:
        row = await _made()
        for path in ("/live/news/", f"/live/generations/{row.public_id}/"):
            response = await self.async_client.get(path)
            assert response.status_code == 401
            assert response["Content-Type"].startswith("text/plain")
            assert b"<" not in response.content

    async def test_a_stranger_finds_nothing(self) -> None:
        row = await _made(api_key=self.key)
        response = await self.progress(self.stranger, row)
        assert response.status_code == 404
        assert b"<" not in response.content

    async def test_nothing_but_get_is_answered(self) -> None:
        await self.async_client.aforce_login(self.staff)
        for method in ("head", "post"):
            assert (await getattr(self.async_client, method)("/live/news/")).status_code == 405

    async def test_news_begin_at_once_and_hold_nothing_back(self) -> None:
        await self.async_client.aforce_login(self.staff)
        response = await self.async_client.get("/live/news/")
        assert response["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response["X-Accel-Buffering"] == "no"
        assert "no-cache" in response["Cache-Control"]
        assert await sent(response, until=b"news") == b"retry: 3000\n\nevent: news\ndata: 0\n\n"

    async def test_what_is_over_is_told_at_once_and_the_stream_ends(self) -> None:
        row = await _made(api_key=self.key)
        for user in (self.owner, self.staff):
            content = await sent(await self.progress(user, row))
            assert content.startswith(b"retry: 3000\n\nevent: phase\ndata: Finished\n\nevent: done\ndata: <div")
            assert content.count(b"event: done") == 1
            assert b"event: progress" not in content

    async def test_of_a_group_the_slowest_is_told(self) -> None:
        done = await _made(group_id="gen_1a")
        await _made(group_id="gen_1a", status=Status.QUEUED)
        content = await sent(await self.progress(self.staff, done))
        assert b"event: progress" in content
        assert b"Waiting for an account" in content
        assert b"event: done" not in content

    async def test_a_failure_says_why(self) -> None:
        row = await _made(status=Status.FAILED, error_code="timed_out")
        content = (await sent(await self.progress(self.staff, row))).decode()
        assert "past its deadline" in content

    async def test_it_is_in_the_language_of_the_reader(self) -> None:
        row = await _made()
        self.async_client.cookies["django_language"] = "zh-hans"
        self.addCleanup(translation.deactivate)
        assert "0 秒" in (await sent(await self.progress(self.staff, row))).decode()


async def _made(**over: Any) -> Generation:
    return await sync_to_async(make_generation)(**over)
