"""Two processes empty the same outbox: every message goes out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live import Gateway, Sandbox
from tests.receivers import Receiver

MESSAGES = 200
FILL = """
from django.utils import timezone
from accounts.models import AlertChannel
from accounts.channels import channel_aim
from accounts.services import channel_test
for number in range(4):
    channel = AlertChannel(name=str(number), format="webhook")
    channel_aim(channel, target="{url}", secret="")
    channel.save()
    for _ in range({each}):
        channel_test(channel=channel, at=timezone.now())
"""
EMPTY = """
import os, pathlib, time
from accounts.models import Delivery
from generation.engine.deliveries import deliver_now
here = pathlib.Path("{folder}")
(here / f"ready-{{os.getpid()}}").touch()
while len(list(here.glob("ready-*"))) < 2:  # both begin at the same moment
    time.sleep(0.001)
while Delivery.objects.filter(progress="waiting").exists():
    deliver_now()
"""


def empty_together(gateway: Gateway) -> None:
    with Receiver() as receiver:
        gateway.manage("shell", "-c", FILL.format(url=receiver.url, each=MESSAGES // 4))
        with ThreadPoolExecutor(2) as both:
            program = EMPTY.format(folder=gateway.data_dir)
            list(both.map(lambda _: gateway.manage("shell", "-c", program), range(2)))
    sent = Counter(got.headers["webhook-id"] for got in receiver.got)
    assert len(sent) == MESSAGES
    assert set(sent.values()) == {1}


def test_on_sqlite(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> None:
    empty_together(new_gateway(new_sandbox()))


@pytest.mark.postgres
def test_on_postgresql(
    database_url: str, new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    empty_together(new_gateway(new_sandbox(), DATABASE_URL=database_url))
