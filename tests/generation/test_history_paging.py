"""Pages of the history: without a gap, to the end, and what is new meanwhile."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from generation.history import Wanted, history_clients, history_news, history_page
from generation.history_filters import narrowed
from generation.models import Generation
from generation.seeking import Patience, Source
from generation.viewing import Viewer, key_ids_of
from tests.factories import make_generation, make_media
from tests.generation.browsing import NOON, STAFF, HistoryTestCase, walk


class PagingTests(HistoryTestCase):
    def test_a_page_has_all_that_is_shown_in_five_queries(self) -> None:
        with self.assertNumQueries(5):  # newest, candidates, conditions, rows, media
            page = history_page(viewer=STAFF, wanted=Wanted())
            for each in page.generations:
                assert str(each.account) + str(each.api_key) + str(list(each.media.all()))

    def test_the_last_page_knows_that_it_is_the_last_one(self) -> None:
        count = len(walk())
        page = history_page(viewer=STAFF, wanted=Wanted(), size=count)
        assert (len(page.generations), page.before) == (count, "")

    def test_a_full_page_before_nothing_but_the_trash_is_the_last_one(self) -> None:
        newest = [row.pk for row in self.naive(Wanted())[:10]]
        Generation.objects.exclude(pk__in=newest).update(deleted_at=NOON)
        page = history_page(viewer=STAFF, wanted=Wanted(), size=10)
        assert ([each.pk for each in page.generations], page.before) == (newest, "")

    def test_what_was_emptied_is_not_in_the_trash_any_more(self) -> None:
        bare, emptied = make_generation(deleted_at=NOON), make_generation(deleted_at=NOON)
        make_media(generation=emptied, content=b"", deleted_at=NOON, removed_at=NOON, removed_why="trash")
        page = history_page(viewer=STAFF, wanted=Wanted(trash=True), size=1)
        assert [each.pk for each in page.generations] == [bare.pk]

    def test_a_cursor_holds_when_its_generation_was_deleted_meanwhile(self) -> None:
        first = history_page(viewer=STAFF, wanted=Wanted(), size=10)
        Generation.objects.filter(public_id=first.before).update(deleted_at=NOON)
        second = history_page(viewer=STAFF, wanted=Wanted(), size=10, before=first.before)
        assert first.generations[:-1] + second.generations == self.naive(Wanted())[:19]

    def test_a_cursor_that_was_never_given_ends_the_list(self) -> None:
        for before in ("gen_000000000000000000000000", "\0", "' OR 1=1", "x" * 10_000, "1"):
            with self.subTest(before):
                page = history_page(viewer=STAFF, wanted=Wanted(), before=before)
                assert (page.generations, page.before) == ([], "")

    def test_a_page_says_how_far_it_looked_when_its_time_was_over(self) -> None:
        over = Patience(seconds=0.0)
        rare: dict[str, Any] = {
            "kind": "image",
            "client": "n8n",
            "model": "jimeng-3.1",
            "account_id": self.accounts[0].pk,
        }
        page = history_page(viewer=STAFF, wanted=Wanted(**rare), size=3, patience=over)
        rest = walk(size=3, **rare)[len(page.generations) :]
        assert page.searched_until is not None
        assert page.searched_until == Generation.objects.get(public_id=page.before).created_at
        assert all(each.created_at < page.searched_until for each in rest)

    def test_somebody_without_keys_sees_nothing(self) -> None:
        stranger = Viewer.of(User.objects.create_user("stranger"))
        assert walk(viewer=stranger) == []
        assert history_clients(viewer=stranger) == []
        assert history_news(viewer=stranger, wanted=Wanted(), after="") == []


class SourceTests(HistoryTestCase):
    def test_little_by_little_each_source_names_all_that_meet_its_condition(self) -> None:
        for wanted, person in (
            (Wanted(kind="video"), STAFF),
            (Wanted(trash=True), STAFF),
            (Wanted(trash=True), Viewer.of(self.person)),
        ):
            keys = None if person.sees_all else key_ids_of(person)
            asked = narrowed(wanted, key_ids=keys)
            assert asked is not None
            meeting = {row.pk for row in self.naive(wanted, only=person)}
            for source in asked.sources:
                with self.subTest(wanted, source=source):
                    assert meeting <= set(self.named(source))

    def named(self, source: Source) -> list[int]:
        found: list[int] = []
        high = Generation.objects.newest_pk() + 1
        while high > 1:
            hits = source(low=1, high=high, most=3)
            assert all(hits.until <= pk < high for pk in hits.pks)
            found += hits.pks
            high = hits.until
        assert found == sorted(set(found), reverse=True)
        return found


class NewsTests(HistoryTestCase):
    def test_news_are_what_is_newer_and_wanted(self) -> None:
        wanted = Wanted(kind="image")
        shown = self.naive(wanted)
        assert history_news(viewer=STAFF, wanted=wanted, after=shown[9].public_id) == shown[:9]
        assert history_news(viewer=STAFF, wanted=wanted, after=shown[9].public_id, most=4) == shown[:4]
        assert history_news(viewer=STAFF, wanted=wanted, after=shown[0].public_id) == []
        assert history_news(viewer=STAFF, wanted=wanted, after="", most=5) == shown[:5]
        assert history_news(viewer=STAFF, wanted=wanted, after="nobody") == []


class ClientTests(HistoryTestCase):
    def test_clients_are_named_once_and_in_order(self) -> None:
        make_generation(client_name="curl")
        assert history_clients(viewer=STAFF) == ["OpenAI", "curl", "n8n"]
        assert history_clients(viewer=Viewer.of(self.person)) == ["OpenAI", "n8n"]
