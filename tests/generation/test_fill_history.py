"""The scratch history: plausible, summed up, and never put among real generations."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.test import TestCase

from accounts.models import Account, AccountEvent, ApiKey, CreditSnapshot
from generation.history import Wanted, history_page
from generation.models import Generation, GenerationEvent, Media, UsageHour
from generation.word_index import indexed_until
from tests.factories import make_generation
from tests.generation.browsing import STAFF


def fill(**options: object) -> None:
    call_command("fill_history", generations=300, accounts=22, keys=3, stdout=StringIO(), **options)


class FillHistoryTests(TestCase):
    def test_it_makes_rows_of_all_kinds_and_sums_them_up(self) -> None:
        fill()
        assert (Account.objects.count(), ApiKey.objects.count(), Generation.objects.count()) == (22, 3, 300)
        assert set(Account.objects.values_list("health", flat=True)) >= {"alive", "expired", "resting"}
        assert set(Generation.objects.values_list("status", flat=True)) <= {"succeeded", "failed", "cancelled"}
        assert UsageHour.objects.aggregate(Sum("generations"))["generations__sum"] == 300
        for model in (AccountEvent, CreditSnapshot, GenerationEvent, Media):
            assert model.objects.exists()
        times = list(Generation.objects.order_by("pk").values_list("created_at", flat=True))
        assert times == sorted(times)

    def test_its_prompts_can_be_searched_and_some_are_pinned_or_thrown_away(self) -> None:
        fill()
        newest = Generation.objects.newest_pk()
        assert indexed_until() == newest
        rows = Generation.objects.filter(deleted_at=None)
        for words in ("lighthouse", "水墨画", "zeppelin", "麒麟踏雪"):
            found = history_page(viewer=STAFF, wanted=Wanted(words=words), size=300).generations
            assert {each.pk for each in found} == {each.pk for each in rows if words in each.prompt} != set()
        for model in (Generation, Media):
            assert model._default_manager.filter(pinned_at=None, deleted_at=None).exists()
        pinned, thrown_away = Generation.objects.exclude(pinned_at=None), Generation.objects.exclude(deleted_at=None)
        assert pinned.count() + thrown_away.count() > 0

    def test_it_leaves_a_database_with_generations_alone(self) -> None:
        make_generation()
        with pytest.raises(CommandError, match="no scratch database"):
            fill()
        assert Generation.objects.count() == 1
        fill(add=True)
        assert Generation.objects.count() == 301
        make_generation()  # its primary key is a new one on every database
        assert Generation.objects.count() == 302
