"""The week with the gateway: its own engine, from the door of generations down to the upstream client."""

from __future__ import annotations

import asyncio
from functools import partial

from accounts import services as accounts
from accounts.api_keys import api_key_mint
from accounts.errors import GatewayError
from accounts.models import Account, ApiKey
from bench.week.outcomes import Diary
from bench.week.script import Wish
from bench.week.transport import HOST, SandboxTransport
from bench.week.world import World, prompt_of
from generation import services as generations
from generation.engine import runtime
from generation.engine.pace import Pace
from generation.services import Ask, Caller
from generation.specs import Spec, image_spec, video_spec
from generation.upstream.client import UpstreamClient
from jimeng_site.database import in_database, lanes_close, lanes_open

PATIENCE_S = 3 * 3600.0  # of the clients: longer than any deadline of the engine
# Nothing happens outside of this process, so the looks that are safety nets may be rare.
PACE = Pace(intake_s=300.0, sweep_alone_s=60.0, probes_s=15.0, housekeeping_s=60.0, duties_at_least_s=30.0)


async def run(world: World) -> Diary:
    """Live through the week. The database must be empty and migrated."""
    lanes_open(1)
    client = UpstreamClient(
        base_url=f"http://{HOST}",
        imagex_url=f"http://{HOST}",
        upload_scheme="http",
        transport=SandboxTransport(world.sandbox),
    )
    key = await in_database(_prepare, world)
    await runtime.start(client=client, pace=PACE)
    try:
        return await _live(world, key)
    finally:
        await runtime.stop()
        lanes_close()


def _prepare(world: World) -> ApiKey:
    for name, sessionid in world.sessionids.items():
        accounts.account_add(sessionid=sessionid, name=name)
    key, _ = api_key_mint(name="week")
    return key


async def _live(world: World, key: ApiKey) -> Diary:
    diary = Diary(world)
    happening = asyncio.create_task(world.carry_out(_renew))
    asking = []
    for wish in world.script.wishes:
        await world.until(wish.at_s)
        asking.append(asyncio.create_task(_ask(wish, key, diary)))
    await asyncio.gather(happening, *asking)
    await world.until(world.script.length_s)
    return diary


async def _renew(name: str, sessionid: str) -> None:
    """The operator pastes a new sessionid."""
    account = await in_database(partial(Account.objects.get, name=name))
    await in_database(accounts.account_replace_sessionid, account=account, sessionid=sessionid)


async def _ask(wish: Wish, key: ApiKey, diary: Diary) -> None:
    try:
        ask = Ask(spec=spec_of(wish), requested={"prompt": prompt_of(wish)})
        submission = await generations.generation_submit(ask=ask, caller=Caller(api_key=key, client="week"))
        finished = await generations.generation_wait(submission.generations, timeout_s=PATIENCE_S)
        generations.raise_if_failed(finished)
    except GatewayError as error:
        diary.note(wish, code=error.code, detail=error.detail)
    else:
        diary.note(wish)


def spec_of(wish: Wish) -> Spec:
    if wish.seconds:
        return video_spec(
            model=wish.model, prompt=prompt_of(wish), seconds=wish.seconds, resolution=wish.resolution, ratio="16:9"
        )
    return image_spec(model=wish.model, prompt=prompt_of(wish), count=1, resolution=wish.resolution)
