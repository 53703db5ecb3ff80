"""What a chat shows: Markdown, lists, and lines about how far it is."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase

from generation.errors import ResultUnavailable
from generation.models import Generation
from generation.progress import Progress
from generation.services import media_of
from openai_compat.chat_presenters import chat_result, completion, early_urls, is_chinese, progress_line
from tests.openai_compat.builders import make_generation, make_media
from tests.openai_compat.video_builders import make_file, make_video

BASE = "http://gateway.example"


def loaded(*generations: Generation) -> list[Generation]:
    found = Generation.objects.filter(pk__in=[each.pk for each in generations]).prefetch_related("media")
    return list(found.order_by("pk"))


class ResultTests(TestCase):
    def test_pictures_stand_in_paragraphs_and_in_a_list(self) -> None:
        generation = make_generation()
        generation.spec["count"] = 2
        generation.save()
        for position in range(3):  # one more than asked for
            make_media(generation, position)
        result = chat_result(loaded(generation), base_url=BASE, attached="retry")
        (choice,) = completion(result, chat_id="chatcmpl-1", created=1, model="jimeng:16:9")["choices"]
        urls = [f"https://upstream.example/{position}.webp" for position in range(2)]
        assert choice["message"]["content"] == f"![image]({urls[0]})\n\n![image]({urls[1]})"
        assert [part["image_url"]["url"] for part in choice["message"]["images"]] == urls
        assert "videos" not in choice["message"]
        assert result["jimeng"]["attached"] == "retry"

    def test_a_video_is_a_link_that_players_know_and_a_bare_address(self) -> None:
        video = make_video()
        make_file(video)
        result = chat_result(loaded(video), base_url=BASE, attached="")
        url = "https://upstream.example/0.mp4"
        assert "".join(result["pieces"]) == f"[▶ video.mp4]({url}#.mp4)\n\n{url}"
        assert result["files"] == {"videos": [{"type": "video_url", "index": 0, "video_url": {"url": url}}]}

    def test_what_has_no_address_is_not_shown_as_a_broken_picture(self) -> None:
        generation = make_generation()
        make_media(generation, upstream_url="")
        with pytest.raises(ResultUnavailable):
            chat_result(loaded(generation), base_url=BASE, attached="")


class EarlyTests(TestCase):
    """Of two parts of a request, with two pictures each."""

    def setUp(self) -> None:
        self.parts = [make_generation(), make_generation()]
        for part in self.parts:
            part.spec["count"] = 2
            part.save()

    async def early(self) -> list[str]:
        urls = early_urls(await media_of(self.parts), self.parts, base_url=BASE)
        return [url.removeprefix(f"{BASE}/media/").partition("?")[0] for url in urls]

    async def test_they_come_in_the_order_of_the_answer_without_a_gap(self) -> None:
        make = sync_to_async(make_media)
        assert await self.early() == []
        late = await make(self.parts[1], 0, file="b0.webp")
        assert await self.early() == []  # the first part has none yet
        first = await make(self.parts[0], 0, file="a0.webp")
        assert await self.early() == [f"{first.public_id}.webp"]
        second = await make(self.parts[0], 1, file="a1.webp")
        assert await self.early() == [f"{each.public_id}.webp" for each in (first, second, late)]

    async def test_one_that_is_not_stored_holds_back_those_behind_it(self) -> None:
        make = sync_to_async(make_media)
        await make(self.parts[0], 0)  # its address at the upstream does not last
        await make(self.parts[0], 1, file="a1.webp")
        assert await self.early() == []


@pytest.mark.parametrize(
    ("progress", "english", "chinese"),
    [
        ({"phase": "queued", "queue_position": 2, "queue_length": 7}, "place 2/7", "第 2/7 位"),
        ({"phase": "queued"}, "Waiting for an account", "排队等待账号"),
        ({"phase": "preparing"}, "An account was found", "已找到账号"),
        ({"phase": "waiting", "queue_position": 5, "queue_length": 80}, "Jimeng's queue: place 5/80", "第 5/80 位"),
        ({"phase": "waiting", "eta_s": 44.6}, "about 45 s left", "约剩 45 秒"),
        ({"phase": "generating", "percent": 40, "eta_s": 11.6}, "40%, about 12 s left", "40%，约剩 12 秒"),
        ({"phase": "generating", "percent": 97}, "Generating: 97%", "生成中：97%"),
    ],
)
def test_a_line_says_how_far_it_is(progress: dict[str, Any], english: str, chinese: str) -> None:
    seen = Progress(**{"percent": 0, "elapsed_s": 1.0, **progress})
    assert english in progress_line(seen, chinese=False)
    assert chinese in progress_line(seen, chinese=True)


@pytest.mark.parametrize(("text", "expected"), [("a cat", False), ("un été", False), ("一只猫", True), ("㐀", True)])
def test_the_language_is_that_of_the_prompt(text: str, expected: bool) -> None:
    assert is_chinese(text) is expected
