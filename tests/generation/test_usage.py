"""Sums by hour: made from the rows, made again at any time, and what is read from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from generation.engine.sums import UsageSums
from generation.models import Generation, UsageHour
from generation.usage import (
    Sums,
    hour_of,
    usage_by,
    usage_by_hour,
    usage_of,
    usage_rebuild,
    usage_sum_hour,
    usage_total,
)
from tests.factories import make_account, make_api_key, make_generation

Status = Generation.Status
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_ended(*, at: datetime, waited_s: float = 2.0, ran_s: float = 30.0, **over: object) -> Generation:
    """A generation that Jimeng accepted and that ended at `at`."""
    accepted_at = at - timedelta(seconds=ran_s)
    fields = {
        "created_at": accepted_at - timedelta(seconds=waited_s),
        "submitted_at": accepted_at,
        "finished_at": at,
        "credits_estimated": 5,
        "history_record_id": "77",
    }
    return make_generation(**fields | over)


class SumTests(TestCase):
    def test_one_hour_is_summed_by_who_what_and_how_it_ended(self) -> None:
        key, account = make_api_key(), make_account()
        make_ended(at=NOON, api_key=key, account=account, waited_s=1.5)
        make_ended(at=NOON + timedelta(minutes=59, seconds=59), api_key=key, account=account, waited_s=4.5)
        make_ended(at=NOON, status=Status.FAILED, error_code="generation_failed")
        make_ended(at=NOON + timedelta(hours=1), api_key=key)  # of the next hour
        usage_sum_hour(hour=NOON)
        assert UsageHour.objects.filter(hour=NOON).count() == 2
        both = UsageHour.objects.get(status="succeeded")
        assert (both.api_key_id, both.account_id, both.model, both.kind) == (key.pk, account.pk, "jimeng-4.5", "image")
        assert (both.hour, both.generations, both.credits) == (NOON, 2, 10)
        assert both.waited_s == pytest.approx(6.0, abs=0.01)
        assert both.waited_max_s == pytest.approx(4.5, abs=0.01)
        assert both.ran_s == pytest.approx(60.0, abs=0.01)

    def test_only_what_jimeng_accepted_has_cost_credits(self) -> None:
        make_ended(at=NOON, status=Status.FAILED, error_code="accounts_busy", history_record_id="", submitted_at=None)
        usage_sum_hour(hour=NOON)
        row = UsageHour.objects.get()
        assert (row.generations, row.credits, row.waited_s, row.ran_s) == (1, 0, 0.0, 0.0)

    def test_an_hour_made_twice_is_the_same_hour(self) -> None:
        make_ended(at=NOON)
        usage_sum_hour(hour=NOON)
        make_ended(at=NOON + timedelta(minutes=1))
        usage_sum_hour(hour=NOON)
        assert UsageHour.objects.get().generations == 2

    def test_a_rebuild_makes_the_hours_that_have_something_and_leaves_others(self) -> None:
        gone = NOON - timedelta(days=50)
        make_ended(at=gone)
        usage_sum_hour(hour=gone)
        Generation.objects.all().delete()
        make_ended(at=NOON)
        make_ended(at=NOON + timedelta(days=3))
        ends = list(usage_rebuild())
        assert ends == [NOON + timedelta(hours=1), NOON + timedelta(days=3, hours=1)]
        assert list(UsageHour.objects.order_by("hour").values_list("hour", flat=True)) == [
            gone,
            NOON,
            NOON + timedelta(days=3),
        ]

    def test_the_command_takes_a_day_and_refuses_rubbish(self) -> None:
        make_ended(at=NOON)
        out = StringIO()
        call_command("usage_rebuild", since="2026-11-21", stdout=out)
        assert not UsageHour.objects.exists()
        call_command("usage_rebuild", since="2026-11-20", stdout=out)
        assert UsageHour.objects.get().hour == NOON
        with pytest.raises(CommandError, match="neither a day nor a time"):
            call_command("usage_rebuild", since="yesterday", stdout=out)


class DutyTests(TestCase):
    def test_the_first_run_fills_in_what_a_pause_left_out(self) -> None:
        now = timezone.now()
        make_ended(at=NOON)
        usage_sum_hour(hour=NOON)
        make_ended(at=NOON + timedelta(minutes=50))  # ended after the sums of its hour were made, before the stop
        make_ended(at=NOON + timedelta(hours=7))
        make_ended(at=now)
        async_to_sync(UsageSums().run)()
        assert list(UsageHour.objects.order_by("hour").values_list("hour", "generations")) == [
            (NOON, 2),
            (NOON + timedelta(hours=7), 1),
            (hour_of(now), 1),
        ]

    def test_later_runs_make_the_current_hour_and_the_one_before(self) -> None:
        now = timezone.now()
        sums = UsageSums()
        async_to_sync(sums.run)()
        make_ended(at=now)
        make_ended(at=hour_of(now) - timedelta(seconds=1))
        make_ended(at=hour_of(now) - timedelta(hours=5))
        async_to_sync(sums.run)()
        assert list(UsageHour.objects.order_by("hour").values_list("hour", flat=True)) == [
            hour_of(now) - timedelta(hours=1),
            hour_of(now),
        ]


class ReadingTests(TestCase):
    def setUp(self) -> None:
        self.keys = [make_api_key(), make_api_key()]
        for number, key in enumerate(self.keys):
            for _ in range(number + 1):
                make_ended(at=NOON + timedelta(hours=number), api_key=key, waited_s=1.0 + number)
        make_ended(at=NOON, status=Status.FAILED, error_code="timed_out", model="jimeng-3.1")
        list(usage_rebuild())

    def test_every_hour_is_there_even_without_anything(self) -> None:
        hours = usage_by_hour(since=NOON - timedelta(hours=1), until=NOON + timedelta(hours=2, minutes=5))
        assert [(each.succeeded, each.failed) for _, each in hours] == [(0, 0), (1, 1), (2, 0), (0, 0)]
        assert hours[0][0] == NOON - timedelta(hours=1)

    def test_the_whole_is_weighted_by_what_succeeded(self) -> None:
        total = usage_total(usage_by_hour(since=NOON, until=NOON + timedelta(hours=1)))
        assert (total.succeeded, total.failed, total.credits, total.total) == (3, 1, 20, 4)
        assert total.waited_s == pytest.approx((1 + 2 + 2) / 3, abs=0.01)
        assert total.waited_max_s == pytest.approx(2.0, abs=0.01)
        assert total.success_rate == 0.75
        assert Sums().success_rate is None

    def test_who_spends_most_comes_first(self) -> None:
        found = usage_by("api_key_id", since=NOON, most=3)
        wanted = [(self.keys[1].pk, 10), (self.keys[0].pk, 5)]
        assert [(key, each.credits) for key, each in found] == wanted
        assert [model for model, _ in usage_by("model", since=NOON, most=9)] == ["jimeng-4.5", "jimeng-3.1"]
        assert usage_by("model", since=NOON + timedelta(hours=1), most=9)[0][1].succeeded == 2

    def test_one_of_them_alone(self) -> None:
        found = usage_of("api_key_id", self.keys[1].pk, since=NOON)
        assert (found.succeeded, found.failed, found.credits) == (2, 0, 10)
        assert usage_of("model", "jimeng-3.1", since=NOON).failed == 1
        assert usage_of("model", "jimeng-3.1", since=NOON + timedelta(hours=1)) == Sums()
