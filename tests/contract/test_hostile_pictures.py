"""Hostile images through the front door: each is a 400 in time, the forbidden server sees nobody, nothing is spent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx

from tests.generation.hostile_urls import HOSTILE, Hostile, Stage
from tests.generation.picture_servers import ForbiddenServer, PictureServer
from tests.live import Gateway, Sandbox

LIMIT_S = 25.0
CASES = [case for case in HOSTILE if not case.needs_names]


async def refusals(url: str, key: str, stage: Stage) -> dict[str, tuple[int, str, str | None, float]]:
    """Status, code, parameter and seconds of each, all asked at the same time."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:

        async def ask(case: Hostile) -> tuple[str, tuple[int, str, str | None, float]]:
            began = time.monotonic()
            body = {"prompt": case.name, "images": [case.value(stage)]}
            answer = await client.post("/v1/images/compositions", json=body)
            error = answer.json()["error"]
            return case.name, (answer.status_code, error["code"], error["param"], time.monotonic() - began)

        return dict(await asyncio.gather(*(ask(case) for case in CASES)))


def test_hostile_images_reach_nobody_and_cost_nothing(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    assert len(CASES) >= 40
    sandbox = new_sandbox()
    with ForbiddenServer() as forbidden, PictureServer() as pictures:
        gateway = new_gateway(sandbox, JIMENG_FETCH_ALLOW_HOSTS=pictures.netloc)
        gateway.add_accounts(["sb-careful-one"])
        gateway.start()
        stage = Stage(pictures=pictures, forbidden_port=forbidden.port)
        answers = asyncio.run(refusals(gateway.url, gateway.new_key(), stage))
        assert forbidden.visits() == 0
    wrong = {name: told for name, told in answers.items() if told[:3] != (400, "invalid_value", "images")}
    assert wrong == {}
    assert max(took_s for *_, took_s in answers.values()) < LIMIT_S
    assert sandbox.ledger()["submissions"] == []
    assert gateway.rows("SELECT count(*) FROM generation_generation") == [(0,)]
