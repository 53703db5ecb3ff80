"""Alerts: who is told, when, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import TestCase, override_settings

from accounts.models import Alert, AlertKind
from accounts.services import alert_raise, alerts_prune, alerts_repeat, alerts_resolve
from tests.accounts.channels import make_channel, told

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
QUIET = timedelta(hours=6)
HELD = AlertKind.RISK_HOLD


def hold(at: datetime = NOW, subject: str = "account:7", **detail: Any) -> None:
    alert_raise(kind=HELD, subject=subject, label="studio", at=at, **detail)


def release(at: datetime, **over: Any) -> int:
    return alerts_resolve(kinds=[HELD], subject="account:7", at=at, **over)


@override_settings(JIMENG_ALERT_QUIET_S=QUIET.total_seconds())
class AlertTests(TestCase):
    def setUp(self) -> None:
        make_channel(name="ours")

    def test_the_first_is_told_at_once(self) -> None:
        hold(code="1310")
        assert told() == [("ours", "risk_hold", "raised")]
        alert = Alert.objects.get()
        assert (alert.told_at, alert.count, alert.detail) == (NOW, 1, {"code": "1310"})

    def test_the_same_again_is_one_row_and_is_told_once(self) -> None:
        for minutes in range(5):
            hold(NOW + timedelta(minutes=minutes))
        alert = Alert.objects.get()
        assert (alert.count, alert.first_at, alert.last_at) == (5, NOW, NOW + timedelta(minutes=4))
        assert len(told()) == 1

    def test_what_is_still_so_after_the_quiet_time_is_told_again(self) -> None:
        hold()
        hold(NOW + QUIET)
        hold(NOW + QUIET + timedelta(minutes=1))
        assert [phase for *_, phase in told()] == ["raised", "again"]

    def test_an_open_alert_is_repeated_without_being_raised_again(self) -> None:
        hold()
        assert alerts_repeat(at=NOW + QUIET - timedelta(seconds=1)) == 0
        assert alerts_repeat(at=NOW + QUIET) == 1
        assert alerts_repeat(at=NOW + QUIET + timedelta(minutes=1)) == 0
        assert [phase for *_, phase in told()] == ["raised", "again"]

    def test_other_subjects_and_kinds_are_other_alerts(self) -> None:
        hold()
        hold(subject="account:8")
        alert_raise(kind=AlertKind.ACCOUNT_EXPIRED, subject="account:7", at=NOW)
        assert Alert.objects.count() == 3
        assert len(told()) == 3

    def test_its_end_is_told_once_to_those_who_were_told(self) -> None:
        hold()
        assert release(NOW + timedelta(hours=1)) == 1
        assert release(NOW + timedelta(hours=2)) == 0
        assert [phase for *_, phase in told()] == ["raised", "over"]
        assert Alert.objects.get().resolved_at == NOW + timedelta(hours=1)

    def test_its_end_can_go_untold(self) -> None:
        hold()
        release(NOW + timedelta(hours=1), tell=False)
        assert [phase for *_, phase in told()] == ["raised"]

    def test_what_flaps_is_told_once_and_its_end_once(self) -> None:
        for minutes in range(0, 60, 10):
            hold(NOW + timedelta(minutes=minutes))
            release(NOW + timedelta(minutes=minutes + 5))
        assert [phase for *_, phase in told()] == ["raised", "over"]
        assert Alert.objects.count() == 6

    def test_what_came_back_and_stays_is_told_after_the_quiet_time(self) -> None:
        hold()
        release(NOW + timedelta(minutes=5))
        hold(NOW + timedelta(minutes=10))
        assert alerts_repeat(at=NOW + timedelta(hours=5)) == 0
        assert alerts_repeat(at=NOW + QUIET) == 1
        release(NOW + QUIET + timedelta(minutes=1))
        assert [phase for *_, phase in told()] == ["raised", "over", "raised", "over"]

    def test_old_alerts_that_are_over_are_forgotten(self) -> None:
        hold()
        hold(subject="account:8")
        release(NOW + timedelta(hours=1))
        assert alerts_prune(older_than=NOW) == 0
        assert alerts_prune(older_than=NOW + timedelta(days=90)) == 1
        assert Alert.objects.get().subject == "account:8"


class ChannelChoiceTests(TestCase):
    def test_only_channels_that_want_the_kind_are_told(self) -> None:
        make_channel(name="all")
        make_channel(name="held", kinds=["risk_hold", "pool_empty"])
        make_channel(name="credits", kinds=["credits_low"])
        make_channel(name="off", enabled=False)
        hold()
        assert {name for name, *_ in told()} == {"all", "held"}

    def test_an_alert_that_nobody_wanted_is_told_when_somebody_does(self) -> None:
        hold()
        assert Alert.objects.get().told_at is None
        assert alerts_repeat(at=NOW) == 0
        make_channel(name="late")
        assert alerts_repeat(at=NOW + timedelta(minutes=1)) == 1
        assert told() == [("late", "risk_hold", "raised")]

    def test_an_end_that_follows_no_message_is_not_told(self) -> None:
        hold()
        make_channel(name="late")
        release(NOW + timedelta(minutes=1))
        assert told() == []
