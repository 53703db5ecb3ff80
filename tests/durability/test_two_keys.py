"""Two API keys, one greedy: the other's requests keep their share, and all are served in the end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.live import Gateway, Sandbox, images_body, wait_until

GREEDY, MODEST = 60, 6
PLACES = 4  # generations at once in the whole pool


def waiting(gateway: Gateway) -> int:
    count: int = gateway.rows("SELECT count(*) FROM generation_generation WHERE status = 'queued'")[0][0]
    return count


def test_a_modest_key_keeps_its_share_beside_a_greedy_one(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.4", "--media-scale", "0.05")
    gateway = new_gateway(sandbox, JIMENG_ACCOUNT_CONCURRENCY="2")
    gateway.add_accounts(["sb-share1", "sb-share2"])
    greedy, modest = gateway.new_key("greedy"), gateway.new_key("modest")
    gateway.start()

    def ask(key: str, name: str) -> int:
        return httpx.post(
            f"{gateway.url}/v1/images/generations",
            json=images_body(prompt=name),
            headers={"Authorization": f"Bearer {key}"},
            timeout=120,
            trust_env=False,
        ).status_code

    with ThreadPoolExecutor(GREEDY + MODEST) as threads:
        answers = [threads.submit(ask, greedy, f"greedy {number}") for number in range(GREEDY)]
        wait_until(lambda: waiting(gateway) > GREEDY / 2, timeout_s=30, what="the greedy key fills the queue")
        before = gateway.rows("SELECT count(*) FROM generation_generation WHERE claimed_at IS NOT NULL")[0][0]
        answers += [threads.submit(ask, modest, f"modest {number}") for number in range(MODEST)]
        assert [answer.result() for answer in answers] == [200] * (GREEDY + MODEST)

    claimed, done = (
        [
            prompt.partition(" ")[0]
            for (prompt,) in gateway.rows(f"SELECT prompt FROM generation_generation ORDER BY {by}")
        ]
        for by in ("claimed_at, id", "finished_at")
    )
    last_claim = GREEDY + MODEST - claimed[::-1].index("modest")
    last_done = GREEDY + MODEST - done[::-1].index("modest")
    print(f"\nclaimed before the modest key asked: {before}; its last one was the {last_claim}. to be claimed,")
    print(f"the {last_done}. to be done, of {GREEDY + MODEST}")
    # From when it asks, it gets every other place at least: 6 of its own and as many of the greedy one's, and those
    # that were claimed while its requests were on their way.
    assert last_claim <= before + 2 * MODEST + 2 * PLACES
    assert last_done <= before + 2 * MODEST + 3 * PLACES
    # While both waited, neither had more than its half of the places.
    first_claim = claimed.index("modest")
    shared = claimed[first_claim:last_claim]
    assert shared.count("greedy") <= MODEST + PLACES
    assert sandbox.ledger()["duplicate_submits"] == 0
