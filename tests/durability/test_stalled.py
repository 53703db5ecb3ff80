"""An engine that stands still is told of by the process beside it, and alerts of live accounts arrive."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.live import Gateway, Sandbox, images_body, wait_until
from tests.receivers import Got, Receiver

STALLED_S = 8
MAKE_CHANNEL = """
from accounts.models import AlertChannel
from accounts.channels import channel_aim
channel = AlertChannel(name="ops", format="webhook")
channel_aim(channel, target="{url}/in", secret="")
channel.save()
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def told(receiver: Receiver, kind: str) -> list[Got]:
    return [got for got in list(receiver.got) if got.json["type"] == f"alert.{kind}"]


def test_a_stalled_engine_is_told_of_by_the_standby_and_so_is_its_return(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], receiver: Receiver
) -> None:
    first = new_gateway(new_sandbox(), JIMENG_STALLED_S=str(STALLED_S))
    first.add_accounts(["sb-stalled"])
    first.manage("shell", "-c", MAKE_CHANNEL.format(url=receiver.url))
    first.start()
    second, third = first.twin(), first.twin()
    second.start()
    third.start()
    try:
        age_s = httpx.get(f"{second.url}/readyz", trust_env=False).json()["beat_age_s"]
        assert 0 <= age_s < STALLED_S
        (worker,) = first.worker_pids()
        os.kill(worker, signal.SIGSTOP)
        try:
            wait_until(lambda: told(receiver, "engine_stalled"), timeout_s=30, what="the stalled engine is told of")
            assert httpx.get(f"{second.url}/readyz", trust_env=False).json()["beat_age_s"] >= STALLED_S
        finally:
            os.kill(worker, signal.SIGCONT)
        wait_until(lambda: len(told(receiver, "engine_stalled")) == 2, timeout_s=30, what="its return is told")
    finally:
        second.close()
        third.close()
    raised, over = told(receiver, "engine_stalled")
    assert (raised.json["data"]["phase"], over.json["data"]["phase"]) == ("raised", "over")
    assert raised.json["data"]["detail"]["holder"].endswith(f":{worker}")
    assert first.rows("SELECT count(*) FROM accounts_delivery WHERE event = 'alert.engine_stalled'") == [(2,)]
    assert first.rows("SELECT DISTINCT attempts FROM accounts_delivery") == [(1,)]  # nothing went out twice


def test_an_account_that_expires_is_told_within_seconds(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], receiver: Receiver
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.5", "--media-scale", "0.05")
    gateway = new_gateway(sandbox)
    gateway.add_accounts(["sb-expires", "sb-remains"])
    gateway.manage("shell", "-c", MAKE_CHANNEL.format(url=receiver.url))
    key = gateway.new_key()
    gateway.start()
    sandbox.account("sb-expires", faults="expired")
    for number in range(2):  # one of them goes to the account that has expired
        asked = httpx.post(
            f"{gateway.url}/v1/images/generations",
            json=images_body(prompt=f"told {number}"),
            headers={"Authorization": f"Bearer {key}"},
            timeout=60,
            trust_env=False,
        )
        assert asked.status_code == 200
    wait_until(lambda: told(receiver, "account_expired"), timeout_s=15, what="the expired login is told of")
    (got,) = told(receiver, "account_expired")
    assert got.json["data"]["about"] == "…ires"
    assert "sb-expires" not in got.body.decode()
    assert "Traceback" not in gateway.log_text()
