"""What the tests of the watcher start from: an upstream that is asked, on a clock that does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.db import OperationalError

from generation.engine.timing import Forecaster
from generation.engine.watcher import Follow, Watcher
from generation.upstream.answers import Item, Record
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login

LOGIN = Login(sessionid="s" * 32, web_id="7" * 19, uid_tt="f" * 32)
RENEWED = Login(sessionid="n" * 32, web_id="7" * 19, uid_tt="f" * 32)


def item(number: int, url: str = "https://cdn.test/x") -> Item:
    return Item(
        item_id=str(number),
        kind="image",
        url=url,
        uri="",
        width=None,
        height=None,
        format="",
        cover_url="",
        duration_s=None,
        expires_at=None,
    )


def record(record_id: str, state: Any = "running", items: tuple[Item, ...] = ()) -> Record:
    return Record(
        record_id=record_id,
        submit_id="",
        state=state,
        status=0,
        fail_code="",
        fail_message="",
        items=items,
        total=None,
        finished=None,
        queue_position=None,
        queue_length=None,
        forecast_s=None,
        queue_s=None,
        finished_at=None,
    )


class Upstream:
    """Holds records and is asked for them; `asked`: (seconds since the start, ids, login)."""

    def __init__(self) -> None:
        self.known: dict[str, Record] = {}
        self.second_way: dict[str, Record] = {}
        self.failures: list[Exception] = []
        self.asked: list[tuple[float, list[str], Login]] = []
        self.asked_second: list[list[str]] = []
        self.begun = asyncio.get_running_loop().time()

    async def records(
        self, login: Login, *, record_ids: Sequence[str] = (), with_images: bool = True
    ) -> dict[str, Record]:
        self.asked.append((asyncio.get_running_loop().time() - self.begun, sorted(record_ids), login))
        if self.failures:
            raise self.failures.pop(0)
        return {key: self.known[key] for key in record_ids if key in self.known}

    async def history_records(self, login: Login, record_ids: Sequence[str]) -> dict[str, Record]:
        self.asked_second.append(list(record_ids))
        return {key: self.second_way[key] for key in record_ids if key in self.second_way}


class Following:
    """A watcher on an upstream, on a clock that does not wait."""

    def __init__(self) -> None:
        self.upstream = Upstream()
        self.noted: list[tuple[int, FailureKind]] = []
        self.reloads: list[int] = []
        self.broken = False
        self.watcher = Watcher(
            self.upstream,
            Forecaster(),
            reload_login=self.reload,
            on_failure=self.note,
            lost_after_s=60.0,
        )

    async def reload(self, account_id: int) -> Login | None:
        self.reloads.append(account_id)
        return RENEWED

    async def note(self, account_id: int, failure: UpstreamFailure) -> None:
        if self.broken:
            raise OperationalError("database is locked")
        self.noted.append((account_id, failure.kind))

    def follow(self, record_id: str, *, account_id: int = 1, forecast_s: float = 10.0) -> Follow:
        return self.watcher.follow(account_id, LOGIN, record_id, kind="image", key="k", forecast_s=forecast_s)

    def failing(self, kind: FailureKind, *, times: int = 1, retry_after_s: float | None = None) -> None:
        self.upstream.failures = [UpstreamFailure(kind, retry_after_s=retry_after_s) for _ in range(times)]

    @property
    def pauses(self) -> list[float]:
        times = [at for at, _, _ in self.upstream.asked]
        return [round(later - earlier, 3) for earlier, later in pairwise(times)]


async def waited(seconds: float) -> None:
    await asyncio.sleep(seconds)
