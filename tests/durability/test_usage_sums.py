"""A gateway that starts sums up what ended before it stopped."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from tests.live import Gateway, Sandbox, images_body, wait_until

SUMS = "SELECT model, status, generations, credits > 0, api_key_id FROM generation_usagehour"


def test_what_ended_before_a_stop_is_summed_up_after_the_start(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    gateway = new_gateway(new_sandbox("--image-seconds", "0.5", "--media-scale", "0.05"))
    gateway.add_accounts(["sb-usage"])
    headers = {"Authorization": f"Bearer {gateway.new_key()}"}
    gateway.start()
    answer = httpx.post(
        f"{gateway.url}/v1/images/generations", json=images_body(), headers=headers, timeout=60, trust_env=False
    )
    assert answer.status_code == 200
    gateway.terminate()
    gateway.start()
    rows = wait_until(lambda: gateway.rows(SUMS), timeout_s=20, what="the hour is summed up")
    assert rows == [("jimeng-4.5", "succeeded", 1, 1, 1)]
