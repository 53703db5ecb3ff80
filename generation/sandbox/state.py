"""The sandbox's world: its settings, clock, accounts, records of submissions, and the ledger of what was charged."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from generation.sandbox.accounts import Account
from generation.sandbox.faults import parse_faults, parse_sessionid
from generation.sandbox.orders import Kind, Order
from generation.sandbox.records import Record
from generation.sandbox.uploads import Uploads
from generation.sandbox.wallet import Source


@dataclass(slots=True)
class Settings:
    """How long things take (seconds), how large pictures are and what they cost; changeable at run time.

    `prices`: credits for one picture or video where they are not as published, by "jimeng-4.5/2k" or
    "jimeng-video-3.0/5" (seconds).
    """

    image_seconds: tuple[float, float] = (3.0, 3.0)
    video_seconds: tuple[float, float] = (12.0, 12.0)
    time_scale: float = 1.0
    forecast_factor: float = 1.0
    queue_seconds: float = 0.0
    submit_seconds: float = 0.0
    media_ttl: float = 7200.0
    media_scale: float = 1.0
    media_format: str = "webp"
    upload_token_ttl: float = 3600.0
    seed: int = 1
    closed: bool = False
    prices: dict[str, int] = field(default_factory=dict)

    def seconds_of(self, kind: Kind) -> tuple[float, float]:
        """The shortest and the longest time that a submission of that kind takes, before the time scale."""
        return self.video_seconds if kind == "video" else self.image_seconds

    def forecast_s(self, kind: Kind) -> int:
        """The seconds that a submission of that kind is said to take."""
        mean_s = sum(self.seconds_of(kind)) / 2
        return round(mean_s * self.time_scale * self.forecast_factor)


@dataclass(slots=True)
class Counts:
    """What the control pages tell in total."""

    duplicate_submits: int = 0
    downloads: int = 0
    answers: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    violations: list[dict[str, str]] = field(default_factory=list)


class World:
    """All that the sandbox remembers. Nothing outlives the process."""

    chance: random.Random
    secret: bytes
    accounts: dict[str, Account]
    records: list[Record]
    items: dict[str, tuple[Account, Record]]
    counts: Counts
    uploads: Uploads
    _by_name: dict[str, Account]
    _ahead_s: float

    def __init__(self, settings: Settings, sessionids: list[str]) -> None:
        self.settings = settings
        self._given = asdict(settings)
        self._sessionids = list(sessionids)
        self._begin()

    def _begin(self) -> None:
        self._ahead_s = 0.0
        self.chance = random.Random(self.settings.seed)  # noqa: S311 - repeatable on purpose
        self.secret = self.chance.randbytes(32)
        self.accounts = {}
        self.records = []
        self.items = {}
        self.counts = Counts()
        self.uploads = Uploads()
        self._by_name = {}
        self._record_number = 7_897_000_000_000 + self.chance.randrange(10**9)
        for sessionid in self._sessionids:
            self.add_account(sessionid)

    def reset(self) -> None:
        """Forget everything and return to the settings and accounts of the start."""
        for name, value in self._given.items():
            setattr(self.settings, name, value)
        self._begin()

    def now_s(self) -> float:
        """Unix seconds on the sandbox's own clock, by which work ends, credits lapse and addresses die.

        What callers tell of their clocks is held against the real time, however far this one was moved.
        """
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> float:
        """Move the sandbox's clock on, and its time. ValueError for backwards."""
        if not 0 <= seconds < math.inf:
            raise ValueError("the clock only goes on")
        self._ahead_s += seconds
        return self.now_s()

    def add_account(self, sessionid: str) -> Account:
        """The account of a sessionid, made on first sight. ValueError for a fault that does not exist."""
        account = self.accounts.get(sessionid)
        if account is None:
            name, faults = parse_sessionid(sessionid)
            taken = sum(other.name.partition("~")[0] == name for other in self.accounts.values())
            account = Account(f"{name}~{taken + 1}" if taken else name, faults, self.settings.seed, self.now_s())
            self.accounts[sessionid] = account
            self._by_name[account.name] = account
        return account

    def account_named(self, name: str) -> Account:
        """The account of that name, which exists."""
        return self._by_name[name]

    def count_call(self, path: str, account: str) -> None:
        """Count a call, in total and for the account of that name ("" for none)."""
        self.counts.calls[path] += 1
        if account:
            self._by_name[account].calls[path] += 1

    def find_account(self, sessionid: str) -> Account | None:
        """The account that a caller may use, None when it does not exist in a closed world."""
        if sessionid in self.accounts:
            return self.accounts[sessionid]
        return None if self.settings.closed else self.add_account(sessionid)

    def change_account(self, sessionid: str, faults: str | None, credits: dict[Source, int]) -> Account:
        """Set faults and balances at run time. ValueError for a fault that does not exist."""
        now = self.now_s()
        account = self.add_account(sessionid)
        account.settle(now)
        if faults is not None:
            account.set_faults(parse_faults(faults))
        for source, wanted in credits.items():
            lapses_at = account.set_gifts_lapse_at(now) if source == "gift" else float("inf")
            account.wallet.set(source, wanted, now, lapses_at=lapses_at)
        return account

    def priced(self, order: Order) -> Order:
        """The order at today's price."""
        variant = str(order.seconds) if order.kind == "video" else order.resolution
        price = self.settings.prices.get(f"{order.public_name}/{variant}", order.price_credits)
        return replace(order, price_credits=price)

    def submit(self, account: Account, order: Order, now: float) -> Record:
        """Charge and begin one order; the balance must be enough. `now` is in Unix seconds."""
        self._record_number += self.chance.randrange(1, 50)
        low, high = self.settings.seconds_of(order.kind)
        seconds = self.chance.uniform(low, high) * self.settings.time_scale
        record = Record.begin(
            record_id=str(self._record_number),
            account=account.name,
            order=order,
            seconds=seconds,
            queue_seconds=self.settings.queue_seconds,
            now=now,
            faults=account.faults,
            image_format=self.settings.media_format,
        )
        record.taken = account.wallet.take(record.charged_credits, order.kind.capitalize(), now)
        account.records[record.record_id] = record
        account.by_submit_id[order.submit_id] = record
        account.running.append(record)
        self.records.append(record)
        for item_id in record.item_ids:
            self.items[item_id] = (account, record)
        return record

    def violation(self, path: str, reason: str) -> None:
        """Remember what a caller did wrong. The reason never holds a sessionid."""
        self.counts.violations.append({"path": path, "reason": reason})

    def ledger(self, now: float) -> dict[str, Any]:
        """The whole truth about submissions and credits, as `GET /_control/ledger` tells it."""
        accounts = {account.name: account.told(now) for account in self.accounts.values()}
        return {
            "submissions": [
                {**record.told(now), "input_md5s": [self.uploads.md5_of(uri) for uri in record.order.input_uris]}
                for record in self.records
            ],
            "accounts": accounts,
            "duplicate_submits": self.counts.duplicate_submits,
            "violations": self.counts.violations,
            "downloads": self.counts.downloads,
        }

    def account_pages(self, now: float) -> dict[str, Any]:
        """Every account by name: its credits and ledger, calls by endpoint, and how many submissions run."""
        return {
            account.name: {
                **account.told(now),
                "calls": dict(account.calls),
                "running": len(account.running),
            }
            for account in self.accounts.values()
        }
