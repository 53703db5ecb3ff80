"""The same gateway on PostgreSQL, where there is one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.live import Gateway, Sandbox, images_body, wait_until

REQUESTS = 30

pytestmark = pytest.mark.postgres


def test_requests_and_a_crash_on_postgresql(
    database_url: str, new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--image-seconds", "1.5", "--media-scale", "0.05")
    gateway = new_gateway(
        sandbox, DATABASE_URL=database_url, JIMENG_ACCOUNT_CONCURRENCY="5", JIMENG_SUBMIT_GRACE_S="1.5"
    )
    gateway.add_accounts([f"sb-postgres{number:02d}" for number in range(6)])
    key = gateway.new_key()
    gateway.start()

    def ask(number: int) -> int:
        try:
            return httpx.post(
                f"{gateway.url}/v1/images/generations",
                json=images_body(prompt=f"postgres {number}"),
                headers={"Authorization": f"Bearer {key}"},
                timeout=60,
                trust_env=False,
            ).status_code
        except httpx.HTTPError:
            return 0  # cut off by the kill

    def finished() -> int:
        with psycopg.connect(database_url) as database:
            row = database.execute(
                "SELECT count(*) FROM generation_generation WHERE status = 'succeeded' AND EXISTS "
                "(SELECT 1 FROM generation_media m WHERE m.generation_id = generation_generation.id AND m.file <> '')"
            ).fetchone()
        return 0 if row is None else int(row[0])

    with ThreadPoolExecutor(REQUESTS) as threads:
        assert list(threads.map(ask, range(REQUESTS))) == [200] * REQUESTS
        cut_off = [threads.submit(ask, REQUESTS + number) for number in range(REQUESTS)]
        wait_until(lambda: len(sandbox.ledger()["submissions"]) > REQUESTS + 5, timeout_s=20, what="some are submitted")
        gateway.kill()
        gateway.start()
        wait_until(lambda: finished() >= len(sandbox.ledger()["submissions"]), timeout_s=60, what="all are finished")
        assert {future.result() for future in cut_off} <= {0, 200}
    ledger = sandbox.ledger()
    prompts = [each["prompt"] for each in ledger["submissions"]]
    assert len(prompts) == len(set(prompts))
    assert ledger["duplicate_submits"] == 0
    assert ledger["violations"] == []
