"""Search in the admin's list of generations: the words of the history, through the front door."""

from __future__ import annotations

import itertools

from django.contrib.auth.models import User
from django.test import RequestFactory, TestCase
from django.urls import reverse

from generation.admin.searching import SHOWN, search
from generation.models import Generation
from generation.seeking import Patience
from generation.word_index import index_all
from tests.factories import make_account, make_generation, make_media

LIST = reverse("admin:generation_generation_changelist")
CUT = "The newest 500 with these words"
SHORT = "There was time to search back to"


class AdminSearchTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("operator"))

    def shown(self, **query: str) -> set[Generation]:
        answer = self.client.get(LIST, query)
        self.page = answer.content.decode()
        return set(answer.context["cl"].result_list)

    def test_words_are_found_in_all_of_history_whether_indexed_or_not(self) -> None:
        tower = make_generation(prompt="A Lighthouse at night")
        ink = make_generation(prompt="一幅水墨画")
        for _ in range(2):
            assert self.shown(q="night light") == {tower}
            assert self.shown(q="墨画") == {ink}
            assert self.shown(q='"light at"') == self.shown(q="?") == set()
            assert CUT not in self.page
            assert SHORT not in self.page
            list(index_all(upto=ink.pk))

    def test_words_go_with_filters(self) -> None:
        account = make_account()
        mine = make_generation(prompt="a cat", account=account)
        video = make_generation(prompt="a cat", kind="video")
        make_generation(prompt="a dog", account=account)
        assert self.shown(q="cat", account__id__exact=str(account.pk)) == {mine}
        assert self.shown(q="cat", kind__exact="video") == {video}
        assert self.shown(q="cat", when="older") == set()

    def test_ids_of_generations_and_of_files_are_found(self) -> None:
        cat = make_generation()
        media = make_media(generation=cat, content=b"")
        assert self.shown(q=cat.public_id) == self.shown(q=f" {media.public_id}") == {cat}
        assert self.shown(q="gen_00") == set()

    def test_too_many_hits_are_cut_and_said_to_be(self) -> None:
        newest = [make_generation(prompt="a cat") for _ in range(SHOWN + 1)]
        assert self.shown(q="cat") == set(newest[-50:])
        assert CUT in self.page
        newest[0].delete()
        self.shown(q="cat")
        assert CUT not in self.page

    def test_a_search_that_takes_too_long_says_how_far_it_came(self) -> None:
        rows = [make_generation(prompt="a cat" if number % 100 == 0 else "a dog") for number in range(600)]
        request = RequestFactory().get(LIST)
        ticks = itertools.count()
        hasty = Patience(seconds=1.0, clock=lambda: float(next(ticks)))
        found = search(request, Generation.objects.all(), "cat", patience=hasty)
        assert set(found) == {rows[400], rows[500]}
        assert request.searched.since == rows[350].created_at  # type: ignore[attr-defined]  # ours
