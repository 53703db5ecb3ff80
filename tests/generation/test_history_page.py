"""The gallery: a tile for each file, what is said where there is none, who sees what, and how it goes on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import connection
from django.template.loader import render_to_string
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation.models import Generation, Media
from tests.factories import make_account, make_api_key, make_generation, make_media

HOSTILE = "<script>alert(1)</script>\"><img src=x onerror=alert(2)> & 'so'"


def tile_ids(html: str) -> list[str]:
    """Public ids of the tiles, in the order of the page."""
    return re.findall(r'<article class="tile[^>]* data-id="(\w+)"', html)


class _PageTests(TestCase):
    def setUp(self) -> None:
        self.staff = get_user_model().objects.create_user("operator", is_staff=True)
        self.client.force_login(self.staff)

    def page(self, path: str = "/history/", *, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code)
        return answer.content.decode()


class GridTests(_PageTests):
    def test_it_is_for_people_who_are_logged_in(self) -> None:
        self.client.logout()
        for path in ("/history/", "/history/rows/", "/history/news/"):
            assert self.client.get(path).headers["location"] == f"/login/?next={path}"

    def test_there_is_a_tile_for_each_file_in_order_newest_generation_first(self) -> None:
        old, new = make_generation(prompt="old"), make_generation(prompt="new")
        second, first = make_media(generation=old, position=1), make_media(generation=old, position=0)
        video = make_media(generation=new, kind="video", content_type="video/mp4", duration_s=65.4)
        html = self.page()
        assert tile_ids(html) == [video.public_id, first.public_id, second.public_id]
        assert 'width="64" height="48" loading="lazy"' in html  # nothing jumps
        assert "1:05" in html
        assert html.count(f'href="/history/{old.public_id}/"') == 2
        assert "1/2" in html

    def test_without_files_it_says_why(self) -> None:
        make_generation(prompt="gone wrong", status="failed", error_code="content_policy_violation")
        waiting = make_generation(prompt="in line", status="queued")
        html = self.page()
        assert "rejected by Jimeng&#x27;s content filter" in html
        assert "gone wrong" in html
        assert tile_ids(html)[0] == waiting.public_id
        assert html.count("data-open") == 1

    def test_a_file_that_is_not_here_has_a_placeholder_that_says_so(self) -> None:
        now, owner = timezone.now(), make_generation()
        make_media(generation=owner, content=b"", fetch_due_at=now)
        make_media(generation=owner, content=b"")
        make_media(generation=owner, removed_at=now, removed_why="retention")
        html = self.page()
        faces = re.findall(r'class="tile is-(\w+)', html)
        assert faces == ["fetching", "missing", "removed"]
        for words in ("is being fetched", "look for it again", "removed by the retention policy"):
            assert words in html
        assert "/media/" not in html

    def test_deleted_files_are_in_the_trash_only(self) -> None:
        owner = make_generation()
        kept = make_media(generation=owner)
        thrown = make_media(generation=owner, deleted_at=timezone.now())
        assert tile_ids(self.page()) == [kept.public_id]
        assert thrown.public_id in tile_ids(self.page("/history/?trash=1"))
        assert kept.public_id not in tile_ids(self.page("/history/?trash=1"))

    def test_hostile_words_are_shown_as_words(self) -> None:
        key = make_api_key(name=HOSTILE)
        make_media(generation=make_generation(prompt=HOSTILE, api_key=key, client_name="<b>"))
        make_generation(prompt=HOSTILE, status="failed", error_code="<u>")
        for path in ("/history/", "/history/?view=table", f"/history/?q={HOSTILE}", "/history/?client=<b>"):
            html = self.page(path)
            assert "&lt;script&gt;" in html
            for raw in ("<script>alert", "<img src=x", "<b>", "<u>"):
                assert raw not in html, (path, raw)

    def test_nothing_yet_says_how_to_begin(self) -> None:
        html = self.page()
        assert "Nothing here yet" in html
        assert "http://testserver/v1/images/generations" in html
        assert "The trash is empty" in self.page("/history/?trash=1")
        assert "Nothing matches" in self.page("/history/?q=nothing")

    def test_its_queries_do_not_grow_with_what_it_shows(self) -> None:
        key, account = make_api_key(), make_account()

        def queries(path: str) -> int:
            with CaptureQueriesContext(
                connection,
            ) as seen:
                self.page(path)
            return len(seen)

        make_media(generation=make_generation(api_key=key, account=account))
        paths = ("/history/", "/history/?view=table", "/history/rows/")
        before = {path: queries(path) for path in paths}
        for _ in range(39):
            owner = make_generation(api_key=key, account=account)
            for position in range(3):
                make_media(generation=owner, position=position)
        assert {path: queries(path) for path in paths} == before


class TableTests(_PageTests):
    def test_there_is_a_row_for_each_generation_with_what_came_of_it(self) -> None:
        key, account = make_api_key(name="studio"), make_account(name="red")
        done = make_generation(prompt="a cat", api_key=key, account=account, credits_estimated=7)
        Generation.objects.filter(pk=done.pk).update(finished_at=done.created_at + timedelta(seconds=200))
        for _ in range(2):
            make_media(generation=done)
        html = self.page("/history/?view=table")
        assert html.count('<tr class="entry"') == 1
        for words in ("studio", "red", "3 min 20 s", ">7<", "64×48", "jimeng-4.5", "succeeded"):
            assert words in html, words
        assert html.count("data-shot") == 2

    def test_credits_stand_only_where_they_were_spent_or_may_be_yet(self) -> None:
        make_generation(status="failed", error_code="content_policy_violation", credits_estimated=41)
        make_generation(status="failed", error_code="generation_failed", credits_estimated=42, history_record_id="1")
        make_generation(status="queued", credits_estimated=43)
        html = self.page("/history/?view=table")
        assert [f">{credits}<" in html for credits in (41, 42, 43)] == [False, True, True]


class EndlessTests(_PageTests):
    def test_a_link_leads_to_older_ones_and_a_fragment_holds_them(self) -> None:
        made = [make_generation(prompt=f"number {number}") for number in range(45)]
        html = self.page("/history/?kind=image")
        last = tile_ids(html)[-1]
        assert last == made[5].public_id
        assert f'href="/history/?kind=image&amp;before={last}"' in html
        rest = [each.public_id for each in reversed(made[:5])]
        assert tile_ids(self.page(f"/history/?kind=image&before={last}")) == rest
        more = re.search(r'class="older" hx-get="([^"]+)"', html)
        assert more is not None
        fragment = self.page(more[1].replace("&amp;", "&"))
        assert tile_ids(fragment) == rest
        assert "<html" not in fragment
        assert 'class="day"' not in fragment  # it is still the same day

    def test_a_search_that_is_not_over_says_how_far_it_is_and_goes_on(self) -> None:
        context = {"older_href": "/history/?q=a&before=gen_1", "more_href": "/history/rows/?q=a&before=gen_1"}
        html = render_to_string("pages/_more.html", context | {"looked_back_to": datetime(2026, 3, 1, tzinfo=UTC)})
        assert "Looked back to March 1, 2026; looking further…" in html
        assert 'hx-get="/history/rows/?q=a&amp;before=gen_1" hx-trigger="revealed"' in html

    def test_each_day_has_one_heading(self) -> None:
        now = timezone.now()
        for days in (400, 1, 1, 0):
            make_generation(created_at=now - timedelta(days=days))
        headings = re.findall(r'<h2 class="day"[^>]*>([^<]+)<', self.page())
        assert headings[:2] == ["Today", "Yesterday"]
        assert len(headings) == 3

    def test_what_is_no_cursor_is_the_beginning(self) -> None:
        made = make_generation()
        for before in ("nonsense", "gen_'--", "%00"):
            assert tile_ids(self.page(f"/history/?before={before}")) == [made.public_id]
        assert tile_ids(self.page("/history/rows/?day=<b>&before=x")) == [made.public_id]


class RoleTests(_PageTests):
    def test_others_see_what_their_own_keys_asked_for(self) -> None:
        kim = get_user_model().objects.create_user("kim")
        own = make_generation(prompt="of Kim", api_key=make_api_key(name="kim's", owner=kim))
        make_generation(
            prompt="of somebody", api_key=make_api_key(name="secret name"), account=make_account(name="red")
        )
        self.client.force_login(kim)
        for path in ("/history/", "/history/?view=table", "/history/rows/", "/history/news/", "/history/?account=1"):
            html = self.page(path)
            assert own.public_id in html
            assert "of somebody" not in html
            assert "secret name" not in html
            assert "filter-account" not in html
        assert "Ignored" not in self.page()


class FileTests(_PageTests):
    def test_a_removed_file_keeps_its_small_picture(self) -> None:
        media = make_media(removed_at=timezone.now(), removed_why="retention", thumbnail="thumbs/a.webp")
        Media.objects.filter(pk=media.pk).update(file="")
        html = self.page()
        assert "variant=thumbnail" in html
        assert "data-full" not in html
        assert "removed by the retention policy" in html
