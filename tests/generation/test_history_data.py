"""Pages of the history: each filter, alone and together, and paging without a gap."""

from __future__ import annotations

import itertools
import random
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from accounts.models import Account, ApiKey
from generation.history import Wanted, history_clients, history_news, history_page
from generation.models import Generation, Media
from generation.seeking import Patience
from generation.viewing import Viewer
from tests.factories import make_account, make_api_key, make_generation
from tests.generation.browsing import STAFF, walk

Status = Generation.Status
NOON = timezone.make_aware(datetime(2026, 11, 20, 12))
DAYS = 6


class HistoryTestCase(TestCase):
    accounts: list[Account]
    keys: list[ApiKey]
    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        chance = random.Random(7)
        cls.person = User.objects.create_user("person")
        cls.accounts = [make_account() for _ in range(2)]
        cls.keys = [make_api_key(), make_api_key(owner=cls.person), make_api_key(owner=cls.person)]
        for number in range(120):
            at = NOON + timedelta(days=number // 20, seconds=number)
            generation = make_generation(
                created_at=at,
                kind=chance.choice(("image", "image", "image", "video")),
                model=chance.choice(("jimeng-4.5", "jimeng-4.0", "jimeng-3.1")),
                status=chance.choice((*Status.values, Status.SUCCEEDED, Status.SUCCEEDED)),
                account=chance.choice((*cls.accounts, None)),
                api_key=chance.choice((*cls.keys, None)),
                client_name=chance.choice(("OpenAI", "n8n", "")),
                pinned_at=at if chance.random() < 0.2 else None,
                deleted_at=at if chance.random() < 0.2 else None,
            )
            for position in range(chance.randrange(3)):
                Media.objects.create(
                    generation=generation,
                    position=position,
                    kind="image",
                    deleted_at=at if chance.random() < 0.2 else None,
                    removed_at=at if chance.random() < 0.2 else None,
                )

    def naive(self, wanted: Wanted, *, only: Viewer = STAFF) -> list[Generation]:
        """What is wanted, by reading all rows."""
        rows = Generation.objects.select_related("api_key").prefetch_related("media").order_by("-pk")
        return [row for row in rows if _is_wanted(row, wanted) and (only.sees_all or _owner(row) == only.user_id)]


def _owner(row: Generation) -> int | None:
    return row.api_key.owner_id if row.api_key else None


def _is_wanted(row: Generation, wanted: Wanted) -> bool:
    day = timezone.localdate(row.created_at)
    in_trash = row.deleted_at or any(each.deleted_at and not each.removed_at for each in row.media.all())
    return all(
        (
            wanted.kind in ("", row.kind),
            wanted.model in ("", row.model),
            wanted.status in ("", row.status),
            wanted.account_id in (0, row.account_id),
            wanted.key_id in (0, row.api_key_id),
            wanted.client in ("", row.client_name),
            wanted.since is None or day >= wanted.since,
            wanted.until is None or day <= wanted.until,
            not wanted.pinned or row.pinned_at,
            not wanted.failed or row.status == Status.FAILED,
            in_trash if wanted.trash else not row.deleted_at,
        )
    )


class FilterTests(HistoryTestCase):
    def filters(self) -> list[dict[str, Any]]:
        return [
            {},
            {"kind": "video"},
            {"model": "jimeng-3.1"},
            *({"status": status} for status in Status),
            {"account_id": self.accounts[0].pk},
            {"key_id": self.keys[1].pk},
            {"client": "n8n"},
            {"since": date(2026, 11, 22)},
            {"until": date(2026, 11, 22)},
            {"since": date(2026, 11, 21), "until": date(2026, 11, 21)},
            {"pinned": True},
            {"failed": True},
            {"trash": True},
        ]

    def test_each_filter_and_each_two_find_what_they_say_without_gap_or_repetition(self) -> None:
        person = Viewer.of(self.person)
        alone = self.filters()
        for one, other in itertools.combinations(alone, 2):
            with self.subTest(one | other):
                assert walk(size=15, **one | other) == self.naive(Wanted(**one | other))
        for one in alone:
            with self.subTest(one, viewer=person):
                assert walk(viewer=person, **one) == self.naive(Wanted(**one), only=person)

    def test_a_search_that_has_time_for_one_step_only_goes_on_where_it_stopped(self) -> None:
        for one in self.filters():
            filters = one | {"client": "OpenAI", "kind": "image"}
            with self.subTest(filters):
                assert walk(is_hasty=True, size=3, **filters) == self.naive(Wanted(**filters))

    def test_what_nothing_has_finds_nothing(self) -> None:
        nothing: list[dict[str, Any]] = [
            *({"status": "xyz"}, {"kind": "\0"}, {"client": "no\0body"}, {"model": "'; --"}),
            *({"account_id": 999}, {"key_id": 2**70}, {"status": "queued", "failed": True}),
            *({"since": date.max}, {"until": date.min}, {"since": date(2026, 11, 24), "until": date(2026, 11, 22)}),
        ]
        for filters in nothing:
            with self.subTest(filters):
                assert walk(**filters) == []
        assert len(walk(since=date.min, until=date.max)) == len(walk())


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
