"""Filters of the history, alone and together."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from generation.history import Wanted
from generation.models import Generation
from generation.viewing import Viewer
from tests.generation.browsing import HistoryTestCase, walk

Status = Generation.Status


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
