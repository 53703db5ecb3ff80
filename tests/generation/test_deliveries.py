"""The engine's courier: sends what is due, holds nobody up, and writes down what became of it."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

from django.utils import timezone

from accounts.models import Delivery
from accounts.services import channel_test
from generation.engine.deliveries import Courier, deliver_now
from jimeng_site.database import in_database
from tests.accounts.channels import make_channel
from tests.committing import CommittingTestCase
from tests.receivers import Receiver, Reply


class CourierTests(CommittingTestCase):
    async def test_what_is_due_is_sent_and_settled(self) -> None:
        with Receiver() as good, Receiver(Reply(status=500)) as bad:
            await in_database(self.write, good.url, bad.url)
            await Courier().run()
        arrived, failed = await in_database(lambda: list(Delivery.objects.order_by("pk")))
        assert (arrived.progress, arrived.attempts, arrived.last_error) == ("delivered", 1, "")
        assert (failed.progress, failed.last_error) == ("failed", "HTTP status 500")

    def write(self, *urls: str) -> None:
        for url in urls:
            channel_test(channel=make_channel(target=url), at=timezone.now())

    async def test_a_slow_receiver_holds_up_nobody_else(self) -> None:
        with Receiver() as slow, Receiver() as quick:
            slow.hold = threading.Event()
            await in_database(self.write, *[slow.url] * 3, *[quick.url] * 12)
            running = asyncio.create_task(Courier().run())
            async with asyncio.timeout(20):
                while len(quick.got) < 12:
                    await asyncio.sleep(0.02)
            assert not running.done()
            slow.hold.set()
            await running
        assert await in_database(Delivery.objects.filter(progress="delivered").count) == 15

    async def test_what_was_under_way_when_it_stopped_is_sent_again(self) -> None:
        with Receiver() as slow:
            slow.hold = threading.Event()
            await in_database(self.write, slow.url)
            running = asyncio.create_task(Courier().run())
            async with asyncio.timeout(20):
                while not slow.got:
                    await asyncio.sleep(0.02)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            row = await in_database(Delivery.objects.get)
            assert row.due_at is not None
            assert (row.progress, row.due_at > timezone.now()) == ("waiting", True)
            slow.hold.set()
            await in_database(lambda: Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1)))
            await Courier().run()
        assert [got.headers["webhook-id"] for got in slow.got] == [row.message_id] * 2
        assert (await in_database(Delivery.objects.get)).progress == "delivered"

    def test_a_thread_of_its_own_needs_no_engine(self) -> None:
        with Receiver() as receiver:
            self.write(receiver.url)
            ((parcel, error),) = deliver_now()
        assert error == ""
        assert receiver.got[0].headers["webhook-id"] == parcel.message_id
        assert Delivery.objects.get().progress == "delivered"

    def test_an_unexpected_answer_of_ours_puts_it_off(self) -> None:
        self.write("http://127.0.0.1:9/")
        Delivery.objects.update(payload={"kind": "nonsense"}, event="alert.risk_hold")
        with self.assertLogs("generation.engine.deliveries", level="ERROR"):
            deliver_now()
        row = Delivery.objects.get()
        assert (row.progress, row.last_error) == ("waiting", "Something of ours broke: see the log.")
