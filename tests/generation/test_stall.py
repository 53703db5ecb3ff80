"""The pulse of the engine, and who notices when it stops."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.models import Alert, Delivery
from generation.engine.heartbeat import beat_every_s, beat_write
from generation.engine.stall import StallWatch, check_every_s
from generation.engine.watch_pool import PoolWatch
from generation.models import EngineBeat, Generation
from jimeng_site.watchdog import Watchdog
from tests.accounts.channels import make_channel, told
from tests.committing import CommittingTestCase
from tests.factories import make_account, make_generation
from tests.receivers import Receiver

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
STALLED = timedelta(seconds=120)
CHECK = timedelta(seconds=15)


def beat(at: datetime, holder: str = "host:1") -> None:
    beat_write(holder=holder, started_at=at, at=at, waiting=1, following=2)


@override_settings(JIMENG_STALLED_S=STALLED.total_seconds())
class StallTests(TestCase):
    def setUp(self) -> None:
        self.watch = StallWatch(watching_since=NOW)

    def test_the_beat_is_one_row(self) -> None:
        beat(NOW)
        beat(NOW + CHECK, "host:2")
        assert EngineBeat.objects.values_list("holder", "beat_at").get() == ("host:2", NOW + CHECK)

    def test_a_beat_costs_two_queries(self) -> None:
        beat(NOW)
        with self.assertNumQueries(2):  # the beat, and whether it had stalled
            beat(NOW + CHECK)

    def test_silence_that_is_seen_twice_is_told_once(self) -> None:
        make_account()
        beat(NOW)
        at = NOW + STALLED
        assert not self.watch.look(at=at)
        assert [self.watch.look(at=at + CHECK * n) for n in (1, 2, 3)] == [True] * 3
        alert = Alert.objects.get()
        assert (alert.kind, alert.count, alert.detail) == (
            "engine_stalled",
            1,
            {"holder": "host:1", "silent_s": 135},
        )

    def test_a_machine_that_slept_and_beats_again_is_well(self) -> None:
        make_account()
        beat(NOW)
        woken = NOW + timedelta(hours=8)
        assert not self.watch.look(at=woken)
        beat(woken + timedelta(seconds=1))
        assert not self.watch.look(at=woken + CHECK)
        assert not Alert.objects.exists()

    def test_a_beat_of_before_its_own_start_proves_nothing(self) -> None:
        make_account()
        beat(NOW - timedelta(days=1))
        looks = [self.watch.look(at=NOW + CHECK * n) for n in range(1, 8)]
        assert looks == [False] * 7

    def test_an_engine_that_never_began_is_noticed(self) -> None:
        make_account()
        self.watch.look(at=NOW + STALLED)
        assert self.watch.look(at=NOW + STALLED + CHECK)

    def test_a_gateway_without_accounts_and_requests_has_nothing_to_do(self) -> None:
        beat(NOW)
        for n in range(3):
            assert not self.watch.look(at=NOW + STALLED + CHECK * n)
        make_generation(status=Generation.Status.QUEUED)
        self.watch.look(at=NOW + STALLED * 2)
        assert self.watch.look(at=NOW + STALLED * 2 + CHECK)

    def test_the_next_beat_ends_it(self) -> None:
        make_account()
        make_channel(target="http://127.0.0.1:9/")
        for n in range(2):
            self.watch.look(at=NOW + STALLED + CHECK * n)
        beat(NOW + STALLED * 2)
        assert Alert.objects.get().resolved_at == NOW + STALLED * 2
        assert [phase for *_, phase in told()] == ["raised", "over"]

    def test_a_healthy_engine_costs_the_watchdog_one_query(self) -> None:
        make_account()
        beat(NOW)
        with self.assertNumQueries(1):
            self.watch.look(at=NOW + CHECK)

    def test_beats_and_looks_are_far_quicker_than_the_patience(self) -> None:
        for stalled_s, wanted in ((120, (10, 15)), (8, (2, 2))):
            with override_settings(JIMENG_STALLED_S=stalled_s):
                assert (beat_every_s(), check_every_s()) == wanted


class WatchdogTests(CommittingTestCase):
    def test_its_thread_sends_what_the_engine_does_not(self) -> None:
        make_account()
        with Receiver() as receiver, override_settings(JIMENG_STALLED_S=0.4):
            make_channel(target=receiver.url)
            dog = Watchdog()
            with self.assertLogs("jimeng_site.watchdog", level="ERROR"):
                dog.start()
                wait_for(lambda: receiver.got)
                wait_for(lambda: Delivery.objects.filter(progress="delivered").exists())
            dog.stop()
        (got,) = receiver.got
        assert got.json["type"] == "alert.engine_stalled"
        assert not any(thread.name == "watchdog" for thread in threading.enumerate())


class PoolWatchTests(TestCase):
    def setUp(self) -> None:
        make_channel()
        self.watch = PoolWatch()

    def look(self, *seconds: int) -> None:
        for each in seconds:
            self.watch.look(at=NOW + timedelta(seconds=each))

    def open_kinds(self) -> set[str]:
        return set(Alert.objects.filter(resolved_at__isnull=True).values_list("kind", flat=True))

    def test_a_fresh_install_is_silent(self) -> None:
        self.look(0, 30, 60, 90, 120)
        assert not Alert.objects.exists()

    def test_an_empty_pool_is_told_after_a_minute_and_its_end_as_well(self) -> None:
        account = make_account(health="expired", gift_credits=500)
        self.look(0, 30)
        assert "pool_empty" not in self.open_kinds()
        self.look(60)
        assert "pool_empty" in self.open_kinds()
        assert Alert.objects.get(kind="pool_empty").detail["expired"] == 1
        type(account).objects.update(health="alive")
        self.look(90)
        assert self.open_kinds() == set()
        assert ("our webhook", "pool_empty", "over") in told()

    def test_a_short_rest_is_not_an_empty_pool(self) -> None:
        make_account(health="resting", rest_until=NOW + timedelta(seconds=50), gift_credits=500)
        self.look(0, 30, 60, 90, 120)
        assert not Alert.objects.exists()

    def test_generations_that_wait_for_nobody_are_told(self) -> None:
        make_generation(status=Generation.Status.QUEUED)
        self.look(0, 30, 60)
        assert Alert.objects.get().detail["waiting"] == 1

    def test_low_credits_are_told_and_resolved(self) -> None:
        account = make_account(health="alive", gift_credits=99)
        self.look(0)
        assert self.open_kinds() == {"credits_low"}
        assert Alert.objects.get().detail == {"credits": 99, "limit": 100}
        type(account).objects.update(gift_credits=100)
        self.look(30)
        assert self.open_kinds() == set()

    def test_unknown_balances_and_a_limit_of_nothing_are_no_alert(self) -> None:
        make_account(health="alive")
        self.look(0)
        make_account(health="alive", gift_credits=5)
        with override_settings(JIMENG_ALERT_CREDITS_BELOW=0):
            self.look(30)
        assert not Alert.objects.exists()

    def test_a_healthy_pool_costs_few_queries(self) -> None:
        for _ in range(5):
            make_account(health="alive", gift_credits=500)
        self.look(0)
        with self.assertNumQueries(
            6
        ):  # accounts; is either open; what is open of accounts; channels; what is to be repeated
            self.look(30)


def wait_for(condition: object) -> None:
    until = timezone.now() + timedelta(seconds=20)
    ticks = threading.Event()
    while not condition():  # type: ignore[operator]
        assert timezone.now() < until
        ticks.wait(0.05)
