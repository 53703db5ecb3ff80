"""What API keys have used: from the sums by hour and from the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import TestCase, override_settings

from accounts.models import ApiKey
from generation.key_usage import PERIODS, KeyUsage, keys_usage
from generation.models import Generation, UsageHour
from tests.factories import make_api_key, make_generation

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Status = Generation.Status


def summed(key: ApiKey, hour: datetime, **over: object) -> UsageHour:
    """Two pictures of 3 credits each."""
    fields = {
        "hour": hour,
        "api_key_id": key.pk,
        "model": "jimeng-4.5",
        "kind": "image",
        "status": "succeeded",
        "generations": 2,
        "credits": 6,
        "waited_s": 1.0,
        "waited_max_s": 1.0,
        "ran_s": 9.0,
    }
    return UsageHour.objects.create(**fields | over)


def ended(key: ApiKey, at: datetime, **over: object) -> Generation:
    return make_generation(**{"api_key": key, "created_at": at, "finished_at": at, "credits_estimated": 3} | over)


@override_settings(TIME_ZONE="Asia/Shanghai")
class KeyUsageTests(TestCase):
    def setUp(self) -> None:
        self.key = make_api_key()

    def today(self, at: datetime = NOON) -> KeyUsage:
        return keys_usage([self.key.pk], at=at)[self.key.pk]["today"]

    def test_without_sums_the_rows_are_counted(self) -> None:
        ended(self.key, NOON)
        ended(self.key, NOON, kind="video", credits_estimated=10)
        ended(self.key, NOON, status=Status.FAILED)  # nothing spent
        ended(self.key, NOON, status=Status.CANCELLED)
        make_generation(api_key=self.key, status=Status.QUEUED, created_at=NOON, credits_estimated=3)
        ended(make_api_key(), NOON)
        assert self.today() == KeyUsage(generations=5, images=1, videos=1, failed=1, credits=16)

    def test_sums_and_rows_are_joined_where_the_newest_hour_begins(self) -> None:
        for hours in (3, 2):
            summed(self.key, NOON - timedelta(hours=hours))
            ended(self.key, NOON - timedelta(hours=hours) + timedelta(minutes=5))
        # Of the newest hour only the row counts: its sum may be of a part of it.
        assert self.today() == KeyUsage(generations=3, images=3, credits=9)

    def test_periods_are_days_in_the_time_zone_of_the_gateway(self) -> None:
        midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # in Shanghai
        for hours_before in (0, 1, 6 * 24, 6 * 24 + 1, 29 * 24, 29 * 24 + 1):
            summed(self.key, midnight - timedelta(hours=hours_before))
        summed(make_api_key(), NOON)
        found = keys_usage([self.key.pk], at=NOON, periods=PERIODS)[self.key.pk]
        assert {period: usage.generations for period, usage in found.items()} == {
            "today": 2,
            "7_days": 6,
            "30_days": 10,
        }

    def test_many_keys_are_asked_for_at_once(self) -> None:
        keys = [self.key, *(make_api_key() for _ in range(20))]
        for key in keys:
            ended(key, NOON)
            summed(key, NOON - timedelta(hours=1), status="failed", error_code="timed_out")
        summed(self.key, NOON - timedelta(minutes=60) + timedelta(hours=1))
        with self.assertNumQueries(4):
            found = keys_usage([key.pk for key in keys], at=NOON + timedelta(minutes=1), periods=PERIODS)
        usage = KeyUsage(generations=3, images=1, failed=2, credits=9)
        assert all(each == dict.fromkeys(PERIODS, usage) for each in found.values())
