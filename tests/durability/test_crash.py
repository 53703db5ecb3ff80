"""Power cuts: the gateway is killed at random moments of many generations, and nothing is paid twice or lost."""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable

import httpx

from tests.live import Gateway, Sandbox, images_body, wait_until

KILLS = 30
SEED = 20261122
REQUESTS_A_ROUND = 4
ACCOUNTS = [f"sb-crash{number:02d}" for number in range(6)]


class Asking:
    """Clients that ask and do not mind being cut off."""

    def __init__(self, gateway: Gateway, key: str) -> None:
        self._url = f"{gateway.url}/v1/images/generations"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._threads: list[threading.Thread] = []

    def start(self, prompt: str) -> None:
        thread = threading.Thread(target=self._ask, args=(prompt,), daemon=True)
        thread.start()
        self._threads.append(thread)

    def _ask(self, prompt: str) -> None:
        # The server may be killed: what was stored goes on after the restart.
        with contextlib.suppress(httpx.HTTPError):
            httpx.post(
                self._url, json=images_body(prompt=prompt, n=1), headers=self._headers, timeout=60, trust_env=False
            )

    def join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=60)


def all_are_final(gateway: Gateway) -> bool:
    still_open: int = gateway.rows("SELECT count(*) FROM generation_generation WHERE finished_at IS NULL")[0][0]
    return still_open == 0


def test_thirty_kills_lose_nothing_and_pay_nothing_twice(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    chance = random.Random(SEED)
    # A submission takes its time, so that kills hit it before its work, between its work and its answer, and after.
    sandbox = new_sandbox(
        "--image-seconds", "0.4-1.2", "--submit-seconds", "0.5", "--media-scale", "0.05", "--seed", str(SEED)
    )
    gateway = new_gateway(
        sandbox, JIMENG_SUBMIT_GRACE_S="1.5", JIMENG_ACCOUNT_CONCURRENCY="3", JIMENG_GRACEFUL_TIMEOUT_S="5"
    )
    gateway.add_accounts(ACCOUNTS)
    key = gateway.new_key()
    asking = Asking(gateway, key)
    stop = threading.Event()
    for kill in range(KILLS):
        gateway.start()
        for number in range(REQUESTS_A_ROUND):
            asking.start(f"picture {kill}-{number}")
        stop.wait(chance.uniform(0.0, 1.6))  # the random moment
        gateway.kill()
    gateway.start()
    wait_until(lambda: all_are_final(gateway), timeout_s=120, what="every generation is final")
    asking.join()

    ledger = sandbox.ledger()
    rows = gateway.rows("SELECT public_id, status, error_code, submit_id, prompt FROM generation_generation")
    assert len(rows) >= KILLS
    by_prompt = Counter(each["prompt"] for each in ledger["submissions"])
    assert ledger["duplicate_submits"] == 0
    assert ledger["violations"] == []
    assert [prompt for prompt, times in by_prompt.items() if times != 1] == []
    assert Counter(row[1] for row in rows) == {"succeeded": len(rows)}
    # exactly one submission for each generation, and the other way round
    assert sorted(row[4] for row in rows) == sorted(by_prompt)
    assert {row[3] for row in rows} == {each["submit_id"].replace("-", "") for each in ledger["submissions"]}
    # every paid picture is there, as a file
    stored = gateway.rows(
        "SELECT g.public_id, m.file FROM generation_generation g JOIN generation_media m ON m.generation_id = g.id"
    )
    assert {row[0] for row in rows} == {row[0] for row in stored}
    assert all(name and (gateway.data_dir / "media" / name).stat().st_size > 0 for _, name in stored)
    assert gateway.rows("SELECT count(*) FROM accounts_lease")[0][0] == 0
    events = dict(gateway.rows("SELECT kind, count(*) FROM generation_generationevent GROUP BY kind"))
    # Kills that hit a submission: it was found again by its submit_id, or had surely not arrived.
    assert events.get("found", 0) + events.get("requeued", 0) > 0
    log = gateway.log_text()
    assert "Resuming open generations" in log  # it was written to
    for secret in (*ACCOUNTS, key, "x-signature=", "sid_guard=", "sessionid=", "/media/med_"):
        assert secret not in log
    print(f"\nevents: {events}")
    print(f"{KILLS} kills, {len(rows)} generations, {sum(by_prompt.values())} submissions, 0 lost, 0 twice")
