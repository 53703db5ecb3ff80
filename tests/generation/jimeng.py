"""Jimeng as the tests of the engine script it, behind httpx.MockTransport; and the engine in front of it."""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from accounts.models import Account
from accounts.vault import decrypt
from generation.engine.caretaker import Caretaker
from generation.engine.desk import AccountDesk
from generation.engine.inputs import Inputs
from generation.engine.journal import Journal
from generation.engine.media import MediaFetcher
from generation.engine.timing import Forecaster, Sighting
from generation.engine.tools import Tools
from generation.engine.watcher import Watcher
from generation.upstream.client import UpstreamClient
from tests.factories import make_account, make_webp

SUBMIT, HISTORY = "/mweb/v1/aigc_draft/generate", "/mweb/v1/get_history_by_ids"
HISTORY_RECORDS = "/mweb/v1/get_history_records"
CREDITS, RECEIVE = "/commerce/v1/benefits/user_credit", "/commerce/v1/benefits/credit_receive"
ACCOUNT_INFO = "/passport/account/info/v2"
DONE = 50
Answer = httpx.Response | Exception
Step = Callable[["Jimeng", dict[str, Any]], Answer]


class Jimeng:
    """Takes what it is given and has it done at once, unless a script for the login says otherwise.

    `submitted`: (sessionid, submit_id) of every submission that reached it. `records`: by record id.
    """

    def __init__(self) -> None:
        self.submitted: list[tuple[str, str]] = []
        self.records: dict[str, dict[str, Any]] = {}
        self.scripts: dict[str, deque[Step]] = defaultdict(deque)
        self.balance: dict[str, int] = {}
        self.gift = 0
        self.gift_refusal: tuple[str, str] | None = None
        """`ret` and message with which today's gift is refused."""
        self.calls: list[str] = []
        self.silent: set[str] = set()
        self.broken: set[str] = set()  # calls in which something of ours breaks
        """Paths that answer HTTP 502."""
        self.finished_status = DONE
        self.fail_code = ""
        self.pictures = 1
        self.user_id = "4711"

    def script(self, account: Account, *steps: Step) -> None:
        """What happens to the next submissions with this account's login."""
        self.scripts[session_of(account)].extend(steps)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answer(self, request: httpx.Request) -> Answer:
        path = request.url.path
        if path in self.broken:
            raise RuntimeError("broken")
        if path in self.silent:
            return httpx.Response(502)
        if path.startswith("/picture/"):
            return httpx.Response(200, content=make_webp(), headers={"content-type": "image/webp"})
        session = re.findall(r"sessionid=([^;]+)", request.headers["cookie"])[0]
        body = json.loads(request.content)
        if path == SUBMIT:
            self.submitted.append((session, body["submit_id"]))
            script = self.scripts[session]
            return (script.popleft() if script else accept)(self, body)
        if path in (HISTORY, HISTORY_RECORDS):
            return self.history(body)
        if path == RECEIVE and self.gift_refusal is not None:
            ret, message = self.gift_refusal
            return httpx.Response(200, json={"ret": ret, "errmsg": message, "data": None})
        if path == RECEIVE:
            self.balance[session] = self.balance.get(session, 0) + self.gift
            return ok({"receive_quota": self.gift})
        if path == CREDITS:
            return ok({"credit": {"gift_credit": self.balance.get(session, 66), "purchase_credit": 0, "vip_credit": 0}})
        assert path == ACCOUNT_INFO
        return ok({"user_id": self.user_id, "screen_name": "cat"})

    def accept(self, submit_id: str) -> dict[str, Any]:
        record_id = str(7_000_000_000 + len(self.records))
        self.records[record_id] = {
            "history_record_id": record_id,
            "task": {"submit_id": submit_id, "status": 20},
            "forecast_generate_cost": 1,
        }
        return self.records[record_id]

    def history(self, body: dict[str, Any]) -> httpx.Response:
        wanted = {*body.get("history_ids", ()), *body.get("history_record_ids", ())}
        found = {key: self._state(record) for key, record in self.records.items() if key in wanted}
        for record in self.records.values():
            submit_id = record["task"]["submit_id"]
            if submit_id in body.get("submit_ids", ()):
                found[submit_id] = self._state(record)
        return ok(found)

    def _state(self, record: dict[str, Any]) -> dict[str, Any]:
        items = [picture(number) for number in range(self.pictures)] if self.finished_status != 30 else []
        return {**record, "status": self.finished_status, "fail_code": self.fail_code, "item_list": items}


def picture(number: int) -> dict[str, Any]:
    large = {"image_uri": f"tos/{number}", "image_url": f"https://cdn.test/picture/{number}.webp"}
    return {"common_attr": {"id": str(number)}, "image": {"large_images": [large]}}


def ok(content: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"ret": "0", "errmsg": "success", "data": content})


def session_of(account: Account) -> str:
    return decrypt(account.sessionid_encrypted)


# --- steps of a script ----------------------------------------------------------------------------


def accept(jimeng: Jimeng, body: dict[str, Any]) -> Answer:
    return ok({"aigc_data": jimeng.accept(body["submit_id"])})


def accept_and_drop(jimeng: Jimeng, body: dict[str, Any]) -> Answer:
    """It is paid for, and the answer never arrives."""
    jimeng.accept(body["submit_id"])
    return httpx.ReadError("reset")


def drop(jimeng: Jimeng, body: dict[str, Any]) -> Answer:
    """It never arrived, and nobody can tell."""
    return httpx.ReadError("reset")


def refuse(ret: str, message: str = "no") -> Step:
    return lambda jimeng, body: httpx.Response(200, json={"ret": ret, "errmsg": message, "data": None})


def unreachable(jimeng: Jimeng, body: dict[str, Any]) -> Answer:
    return httpx.ConnectError("refused")


def throttle(seconds: str) -> Step:
    return lambda jimeng, body: httpx.Response(429, headers={"retry-after": seconds})


# --- the engine -----------------------------------------------------------------------------------


@asynccontextmanager
async def engine(jimeng: Jimeng, *keys: str) -> AsyncIterator[Tools]:
    """All that a job works with. `keys`: work that is known to take no time, so that nobody waits for it."""
    client = UpstreamClient(
        base_url="https://upstream.test", imagex_url="https://imagex.test", transport=httpx.MockTransport(jimeng)
    )
    desk = AccountDesk()
    caretaker = Caretaker(client, on_freed=desk.nudge)
    forecaster = Forecaster()
    for key in keys or ("jimeng-4.5/2k/1", "jimeng-4.5/2k/2"):
        for _ in range(3):
            forecaster.learn(key, Sighting(running_s=0.0, ready_s=0.01))
    watcher = Watcher(
        client, forecaster, reload_login=caretaker.login, on_failure=caretaker.note_failure, lost_after_s=0.2
    )
    tools = Tools(
        client=client,
        journal=Journal(on_final=lambda ids: None, on_freed=desk.nudge, on_change=lambda ids: None),
        desk=desk,
        watcher=watcher,
        media=MediaFetcher(client),
        caretaker=caretaker,
        inputs=Inputs(client),
    )
    desk.start()
    try:
        yield tools
    finally:
        await desk.stop()
        await watcher.stop()
        await caretaker.stop()
        tools.media.close()
        await client.aclose()


def make_alive(**over: Any) -> Account:
    """An account in the pool that is known to live and to have credits."""
    fields: dict[str, Any] = {
        "health": Account.Health.ALIVE,
        "gift_credits": 66,
        "purchase_credits": 0,
        "vip_credits": 0,
    }
    return make_account(**fields | over)
