"""The scratch history: plausible, summed up, and never put among real generations."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.test import TestCase

from accounts.models import Account, AccountEvent, ApiKey, CreditSnapshot
from generation.models import Generation, GenerationEvent, Media, UsageHour
from tests.factories import make_generation


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

    def test_it_leaves_a_database_with_generations_alone(self) -> None:
        make_generation()
        with pytest.raises(CommandError, match="no scratch database"):
            fill()
        assert Generation.objects.count() == 1
        fill(add=True)
        assert Generation.objects.count() == 301
        make_generation()  # its primary key is a new one on every database
        assert Generation.objects.count() == 302
