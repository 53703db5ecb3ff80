"""The week as the original service lives it: any of the logins by chance, one try, and any refusal is the answer."""

from __future__ import annotations

import asyncio
import random
import uuid
from contextlib import suppress

from accounts import vault
from bench.week.gateway import spec_of
from bench.week.outcomes import Diary
from bench.week.script import Wish
from bench.week.transport import HOST, SandboxTransport
from bench.week.world import World
from generation.specs import SEED_MIN
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import UpstreamFailure, record_failure
from generation.upstream.signing import Login

LOOK_EVERY_S = 5.0


async def run(world: World, *, seed: int) -> Diary:
    diary = Diary(world)
    chance = random.Random(f"choice-{seed}")
    transport = SandboxTransport(world.sandbox)
    client = UpstreamClient(base_url=f"http://{HOST}", imagex_url=f"http://{HOST}", transport=transport)
    async with client:
        happening = asyncio.create_task(world.carry_out(_nothing_more))
        asking = []
        for wish in world.script.wishes:
            await world.until(wish.at_s)
            login = _login(world, chance.choice([*world.sessionids]))
            asking.append(asyncio.create_task(_ask(client, login, wish, diary)))
        await asyncio.gather(happening, *asking)
        await world.until(world.script.length_s)
    return diary


async def _nothing_more(_name: str, _sessionid: str) -> None:
    """The clients' lists hold the new sessionid from now on."""


def _login(world: World, name: str) -> Login:
    web_id, uid_tt = vault.device_of(vault.fingerprint(name))
    return Login(sessionid=world.sessionids[name], web_id=web_id, uid_tt=uid_tt)


async def _ask(client: UpstreamClient, login: Login, wish: Wish, diary: Diary) -> None:
    try:
        await _generate(client, login, wish)
    except UpstreamFailure as failure:
        diary.note(wish, code=failure.code, detail=failure.message)
    else:
        diary.note(wish)


async def _generate(client: UpstreamClient, login: Login, wish: Wish) -> None:
    """Take the gift if there are no credits, submit once, look until it is done. Raises UpstreamFailure."""
    if (await client.credits(login)).total <= 0:
        with suppress(UpstreamFailure):
            await client.receive_credits(login)
    accepted = await client.submit(login, spec_of(wish), submit_id=str(uuid.uuid4()), seed=SEED_MIN)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        record = (await client.records(login, record_ids=[accepted.record_id])).get(accepted.record_id)
        if record is not None and record.state == "failed":
            raise record_failure(record)
        if record is not None and record.state == "complete":
            return
