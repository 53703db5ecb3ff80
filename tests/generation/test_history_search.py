"""Search in the history: the same as reading all prompts, whatever is indexed, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from generation.history import Wanted, history_news, history_page
from generation.models import Generation
from generation.viewing import Viewer
from generation.word_index import BLOCK, index_all, settled_until
from generation.words import has_words, sought_in
from tests.factories import make_api_key, make_generation, make_media
from tests.generation.browsing import STAFF, walk

PIECES = (
    *("a lighthouse", "Light", "a red sofa", "two cats", "sci-fi city", "35mm film", "don't", "CAT"),
    *(
        "水墨画",
        "水墨",
        "墨",
        "江南水乡的清晨",
        "一只戴眼镜的猫",
        "ｆｕｌｌ　ｗｉｄｔｈ",
        "夜の灯台",
        "한국어",
        "3D渲染",
    ),
    *("naïve", "'quoted'", '"double"', "back\\slash", "100%", "a:b*c", "😀"),
)
SEARCHES = (
    *("light", "LIGHTHOUSE", "house", '"light"', "a", "cat", "red sofa", '"red sofa"', '"sofa red"', "sci-fi"),
    *("水墨画", "墨画", "墨", "画", "水", "水墨 猫", '"墨 猫"', "清晨", "灯台", "国", "3d渲染", "ﾌﾙ", "full ｗｉｄ"),
    *("naive", "naïve", "quoted", "back", "100", "b*c", "a AND light", "a OR", "NOT cat", "NEAR(a light)", "w:light"),
    *('"unbalanced cat', "^a", "a & !b", "'a' | 'b'", "a\\", "猫" * 10_000, "light " * 5000, "x" * 10_000),
    *("?", '"', '"" ""', "\0", "% _", "😀", "'; DROP TABLE generation_words; --"),
)


def index() -> None:
    for _ in index_all(upto=settled_until(timezone.now() + timedelta(days=1)), most=7):
        pass


class SearchTests(TestCase):
    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        chance = random.Random(5)
        cls.person = User.objects.create_user("person")
        key = make_api_key(owner=cls.person)
        # Around the borders of blocks, and in blocks far from each other.
        pks = [base + at for base in (1, BLOCK - 10, 2 * BLOCK - 3, 9 * BLOCK, 80 * BLOCK + 5) for at in range(14)]
        for pk in pks:
            prompt = ", ".join(chance.choices(PIECES, k=chance.randrange(1, 7)))
            kind = chance.choice(("image", "image", "video"))
            deleted_at = timezone.now() if chance.random() < 0.1 else None
            owner = chance.choice((key, None))
            make_generation(pk=pk, prompt=prompt, kind=kind, api_key=owner, deleted_at=deleted_at)

    def naive(self, words: str, **equal: Any) -> list[Generation]:
        sought = sought_in(words)
        rows = Generation.objects.filter(deleted_at=None, **equal).order_by("-pk")
        return [row for row in rows if sought and has_words(row.prompt, sought)]

    def check(self) -> None:
        person = Viewer.of(self.person)
        for words in SEARCHES:
            with self.subTest(words[:40]):
                assert walk(words=words) == self.naive(words)
                assert walk(words=words, kind="video") == self.naive(words, kind="video")
                mine = {"api_key__owner": self.person}
                assert walk(words=words, viewer=person, is_hasty=True) == self.naive(words, **mine)

    def test_prompts_that_are_not_indexed_are_read(self) -> None:
        self.check()

    def test_the_index_finds_the_same(self) -> None:
        index()
        Generation.objects.update(prompt="what is not read any more")
        prompts = dict(Generation.objects.values_list("pk", "prompt"))
        assert set(prompts.values()) == {"what is not read any more"}
        assert {each.pk for each in walk(words="lighthouse")} != set()
        assert walk(words="read") == []

    def test_indexed_and_new_prompts_are_found_in_one_search(self) -> None:
        middle = 9 * BLOCK + 5
        for _ in index_all(upto=middle, most=7):
            pass
        self.check()
        index()
        self.check()

    def test_each_search_has_a_hit_or_is_meant_to_have_none(self) -> None:
        """Otherwise the comparisons above would say nothing."""
        found = [words for words in SEARCHES if self.naive(words)]
        assert len(found) > len(SEARCHES) / 2

    def test_a_generation_is_found_by_its_whole_id_and_by_that_of_a_file(self) -> None:
        video = Generation.objects.filter(kind="video", deleted_at=None, api_key=None).first()
        assert video is not None
        media = make_media(generation=video, content=b"")
        for words in (video.public_id, f" {media.public_id} "):
            assert walk(words=words) == [video]
            assert walk(words=words, kind="image") == []
            assert walk(words=words, viewer=Viewer.of(self.person)) == []
        assert walk(words="gen_0123") == walk(words="med_0123") == []

    def test_news_are_searched_too(self) -> None:
        rows = self.naive("cat")
        index()
        assert history_news(viewer=STAFF, wanted=Wanted(words="cat"), after=rows[3].public_id) == rows[:3]

    def test_a_search_in_the_trash_finds_what_is_there(self) -> None:
        index()
        rows = Generation.objects.exclude(deleted_at=None).order_by("-pk")
        wanted = [row for row in rows if has_words(row.prompt, sought_in("a"))]
        assert wanted
        assert history_page(viewer=STAFF, wanted=Wanted(words="a", trash=True)).generations == wanted
