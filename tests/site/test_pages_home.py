"""The first page: what each kind of reader finds there, and what not."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from generation.models import Generation
from generation.pages.home_parts import LATEST_SHOWN, OPEN_SHOWN
from generation.services import thumbnail_path
from tests.factories import make_account, make_api_key, make_generation, make_media

URL = reverse("generation:home")
Status = Generation.Status
VIDEO = Generation.Kind.VIDEO


class HomeTestCase(TestCase):
    def setUp(self) -> None:
        self.staff = User.objects.create_superuser("operator")
        self.person = User.objects.create_user("paula")

    def page(self, user: User, **headers: str) -> str:
        self.client.force_login(user)
        response = self.client.get(URL, headers=headers)
        assert response.status_code == 200
        return str(response.content.decode())

    def words(self, user: User, **headers: str) -> str:
        """What a person reads of the content."""
        main = self.page(user, **headers).split("<main")[-1].partition(">")[2]
        return " ".join(re.sub(r"<[^>]+>", " ", main).split())


class RunningTests(HomeTestCase):
    def test_each_is_told_with_its_state_and_leads_to_its_page(self) -> None:
        generation = make_generation(status=Status.QUEUED, prompt="a fox\n<b>in</b> the snow")
        page = self.page(self.staff)
        assert reverse("generation:detail", args=[generation.public_id]) in page
        assert "a fox &lt;b&gt;in&lt;/b&gt; the snow" in page
        assert "queued 0:00" in self.words(self.staff)
        assert '<meta http-equiv="refresh" content="15">' in page

    def test_more_than_fit_are_counted(self) -> None:
        for number in range(OPEN_SHOWN + 2):
            make_generation(status=Status.SUBMITTED, prompt=f"number {number}.")
        words = self.words(self.staff).partition("Latest results")[0]
        assert f"Running now {OPEN_SHOWN + 2}" in words
        assert "number 0." in words
        assert f"number {OPEN_SHOWN}." not in words
        assert "and 2 more" in words

    def test_without_any_it_says_so_and_the_page_stays(self) -> None:
        assert "Nothing is being made." in self.words(self.staff)
        assert "http-equiv" not in self.page(self.staff)


class LatestTests(HomeTestCase):
    def test_the_newest_come_first_each_with_its_picture(self) -> None:
        old, new = make_generation(prompt="the old"), make_generation(prompt="the new")
        make_media(generation=old)
        cover = make_media(generation=new)
        make_media(generation=new)
        page = self.page(self.staff)
        assert page.index("the new") < page.index("the old")
        assert thumbnail_path(cover).replace("&", "&amp;") in page
        assert "Pictures: 2" in self.words(self.staff)

    def test_no_more_than_a_dozen_and_a_way_to_all(self) -> None:
        for number in range(LATEST_SHOWN + 1):
            make_media(generation=make_generation(prompt=f"number {number}."))
        page = self.page(self.staff)
        assert page.count('<img src="/media/') == LATEST_SHOWN
        assert "number 0." not in page
        assert "Show all" in page

    def test_what_has_no_picture_is_told_by_its_prompt(self) -> None:
        gone = make_generation(prompt="a file that is gone")
        make_media(generation=gone, removed_at=timezone.now(), removed_why="retention")
        make_media(generation=make_generation(prompt="a film", kind=VIDEO), content_type="video/mp4")
        page = self.page(self.staff)
        assert '<img src="/media/' not in page
        assert "a file that is gone" in page
        assert "a film" in page

    def test_what_is_in_the_trash_is_neither_shown_nor_counted(self) -> None:
        generation = make_generation()
        trashed = make_media(generation=generation, deleted_at=timezone.now())
        kept = make_media(generation=generation)
        page = self.page(self.staff)
        assert kept.public_id in page
        assert trashed.public_id not in page
        assert "Pictures:" not in page

    def test_a_film_is_shown_by_its_poster(self) -> None:
        film = make_media(generation=make_generation(kind=VIDEO), thumbnail="thumbnails/poster.webp")
        assert thumbnail_path(film).replace("&", "&amp;") in self.page(self.staff)

    def test_before_there_are_any_it_leads_to_the_first(self) -> None:
        page = self.page(self.staff)
        assert "Nothing has been made yet." in page
        assert f'href="{reverse("generation:create")}"' in page


class ReaderTests(HomeTestCase):
    def test_others_see_only_what_their_keys_asked_for(self) -> None:
        own, strange = make_api_key(owner=self.person), make_api_key()
        for key, name in ((own, "mine"), (strange, "strange")):
            make_media(generation=make_generation(prompt=f"{name} is done", api_key=key))
            make_generation(prompt=f"{name} is open", api_key=key, status=Status.QUEUED)
        words = self.words(self.person)
        assert "mine is open" in words
        assert "mine is done" in self.page(self.person)
        assert "strange" not in self.page(self.person)
        assert "strange is done" in self.page(self.staff)

    def test_others_see_their_keys_with_todays_use_and_limits_and_nothing_of_the_pool(self) -> None:
        make_account(name="an account", health=Account.Health.ALIVE)
        key = make_api_key(name="her key", owner=self.person, credits_per_day=40, requests_per_minute=7)
        make_api_key(name="not hers")
        make_generation(api_key=key, credits_estimated=10)
        words = self.words(self.person)
        assert f"her key {key.prefix}… generations today 1 credits today 10 / 40" in words
        assert "requests a minute, at most 7" in words
        assert '<progress max="100" value="25"' in self.page(self.person)
        for unseen in ("not hers", "Pool", "Getting started", "/admin/"):
            assert unseen not in self.page(self.person)

    def test_a_key_that_does_not_work_says_so_and_a_revoked_one_is_gone(self) -> None:
        make_api_key(name="asleep", owner=self.person, enabled=False)
        make_api_key(name="ended", owner=self.person, key_hash="revoked-1")
        words = self.words(self.person)
        assert "asleep does not work now" in words
        assert "ended" not in words

    def test_others_without_a_key_are_told_whom_to_ask(self) -> None:
        assert "ask the person who runs this gateway" in self.words(self.person)


class PoolTests(HomeTestCase):
    def test_staff_see_how_the_pool_is(self) -> None:
        now = timezone.now()
        make_account(health=Account.Health.ALIVE, gift_credits=60, credits_at=now)
        make_account(health=Account.Health.EXPIRED)
        words = self.words(self.staff)
        assert "2 accounts in the pool 60 credits now alive 1 expired 1 Enough for about" in words
        assert "1 account is ill." in words

    def test_staff_who_may_not_see_accounts_see_no_pool(self) -> None:
        make_account(health=Account.Health.ALIVE)
        helper = User.objects.create_user("helper", is_staff=True)
        words = self.words(helper)
        assert "Pool" not in words
        assert "Getting started" not in words
