"""News for open pages: who is told of what, and how often the database is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from generation.live_news import Listener, NewsDesk
from generation.models import Generation, GenerationEvent
from generation.viewing import Viewer
from jimeng_site.sse import frame, retry_after
from tests.factories import make_api_key, make_generation

EVERY_S = 0.03


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("1", b"event: news\ndata: 1\n\n"),
        ("<p>\n<b>", b"event: news\ndata: <p>\ndata: <b>\n\n"),
        ("a\r\nb\rc", b"event: news\ndata: a\ndata: b\ndata: c\n\n"),
        ("one\u2028line", "event: news\ndata: one\u2028line\n\n".encode()),
        ("", b"event: news\ndata: \n\n"),
    ],
)
def test_an_event_may_have_several_lines(text: str, sent: bytes) -> None:
    assert frame(text, name="news") == sent
    assert frame(text) == sent.removeprefix(b"event: news\n")


def test_a_pause_is_told_in_milliseconds() -> None:
    assert retry_after(2.5) == b"retry: 2500\n\n"


@asynccontextmanager
async def listening(desk: NewsDesk, *viewers: Viewer) -> AsyncIterator[list[Listener]]:
    async with asyncio.timeout(10):
        if not viewers:
            yield []
            return
        async with desk.listening(viewers[0]) as first, listening(desk, *viewers[1:]) as others:
            yield [first, *others]


async def happen(row: Generation) -> GenerationEvent:
    return await GenerationEvent.objects.acreate(generation=row, kind="claimed", at=timezone.now())


def asking() -> int:
    return sum(task.get_name() == "live-news" for task in asyncio.all_tasks())


class NewsTests(TestCase):
    def setUp(self) -> None:
        self.owner, self.stranger = (User.objects.create_user(name) for name in ("owner", "stranger"))
        self.mine = make_generation(api_key=make_api_key(owner=self.owner))
        self.other = make_generation()
        self.staff = Viewer(user_id=0, sees_all=True)
        self.plain = Viewer(user_id=self.owner.pk, sees_all=False)
        self.desk = NewsDesk(every_s=EVERY_S)

    async def test_staff_hear_of_everything(self) -> None:
        async with listening(self.desk, self.staff) as (staff,):
            await happen(self.other)
            await staff.news.wait()

    async def test_others_hear_only_of_their_own_keys(self) -> None:
        nobody = Viewer(user_id=self.stranger.pk, sees_all=False)
        async with listening(self.desk, self.staff, self.plain, nobody) as (staff, plain, stranger):
            await happen(self.other)
            await staff.news.wait()
            assert not plain.news.is_set()
            await happen(self.mine)
            await plain.news.wait()
            assert not stranger.news.is_set()

    async def test_what_was_there_before_is_no_news(self) -> None:
        await happen(self.other)
        async with listening(self.desk, self.staff) as (staff,):
            await asyncio.sleep(3 * EVERY_S)
            assert not staff.news.is_set()

    async def test_an_event_that_is_committed_after_a_later_one_is_news_too(self) -> None:
        early = await happen(self.other)
        await happen(self.other)
        await GenerationEvent.objects.filter(pk=early.pk).adelete()
        async with listening(self.desk, self.staff) as (staff,):
            await GenerationEvent.objects.acreate(pk=early.pk, generation=self.other, kind="claimed", at=timezone.now())
            await staff.news.wait()

    async def test_nobody_asks_when_nobody_listens(self) -> None:
        async with listening(self.desk, self.staff):
            pass
        await asyncio.sleep(3 * EVERY_S)
        assert asking() == 0

    async def test_many_listeners_are_one_question(self) -> None:
        async with listening(self.desk, *[self.staff] * 20) as listeners:
            await happen(self.other)
            await asyncio.gather(*(each.news.wait() for each in listeners))
            assert asking() == 1

    async def test_it_begins_anew_for_the_next_who_comes(self) -> None:
        async with listening(self.desk, self.staff):
            pass
        await asyncio.sleep(3 * EVERY_S)
        await happen(self.other)
        async with listening(self.desk, self.staff) as (staff,):
            await asyncio.sleep(2 * EVERY_S)
            assert not staff.news.is_set()
            await happen(self.other)
            await staff.news.wait()
