"""The sandbox's world: its settings, accounts, records of submissions, and the ledger of what was charged."""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from generation.sandbox.faults import Fault, FaultSet, parse_faults, parse_sessionid
from generation.sandbox.orders import Kind, Order
from generation.sandbox.records import Record
from generation.sandbox.uploads import Uploads

DEFAULT_GIFT_CREDITS = 10_000


@dataclass(slots=True)
class Settings:
    """How long things take (seconds) and how large pictures are; changeable at run time."""

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

    def seconds_of(self, kind: Kind) -> tuple[float, float]:
        """The shortest and the longest time that a submission of that kind takes, before the time scale."""
        return self.video_seconds if kind == "video" else self.image_seconds

    def forecast_s(self, kind: Kind) -> int:
        """The seconds that a submission of that kind is said to take."""
        mean_s = sum(self.seconds_of(kind)) / 2
        return round(mean_s * self.time_scale * self.forecast_factor)


class Account:
    """One upstream account: balance in credits, its ledger, its faults, and what it showed of itself."""

    def __init__(self, name: str, faults: list[Fault], seed: int) -> None:
        digest = hashlib.sha256(name.encode()).digest()
        self.name = name
        self.user_id = _user_id(name)
        self.answers_in_string = digest[6] % 2 == 0
        self.refuses_second_gift = digest[7] % 2 == 0
        self.web_id = ""
        self.uid_tt = ""
        self.gift_credits = 0
        self.gift_day = ""
        self.entries: list[dict[str, Any]] = []
        self.records: dict[str, Record] = {}
        self.by_submit_id: dict[str, Record] = {}
        self.running: list[Record] = []
        self.calls: Counter[str] = Counter()
        self._chance = random.Random(f"{seed}-{name}")  # noqa: S311 - repeatable on purpose
        self.faults = FaultSet([], self._chance)
        self.set_faults(faults)
        credits_fault = self.faults.get("credits")
        empty = self.faults.get("nocredits") or self.faults.get("nocredits-daily")
        start = int(credits_fault.number(0)) if credits_fault else 0 if empty else DEFAULT_GIFT_CREDITS
        self.book(start, "Start")

    def set_faults(self, faults: list[Fault]) -> None:
        """Replace the faults; the balance stays."""
        self.faults = FaultSet(faults, self._chance)

    def book(self, amount_credits: int, title: str) -> None:
        """Add a positive or negative amount to the balance and the ledger. Zero leaves no entry."""
        if not amount_credits:
            return
        self.gift_credits += amount_credits
        kind = 1 if amount_credits > 0 else 2
        self.entries.append(
            {"title": title, "amount": abs(amount_credits), "create_time": int(time.time()), "history_type": kind}
        )

    def settle(self, now: float) -> None:
        """Refund what failed by now (Unix seconds) and forget as running what has ended."""
        still: list[Record] = []
        for record in self.running:
            if record.ready_at > now:
                still.append(record)
            elif record.fail_code:
                record.refunded_credits = record.charged_credits
                self.book(record.charged_credits, "Refund")
        self.running = still


def _user_id(name: str) -> str:
    """`alice.2` is a second login of the user `alice`: what is behind a last dot, if it is a number, says which."""
    user, _, number = name.rpartition(".")
    digest = hashlib.sha256((user if user and number.isdecimal() else name).encode()).digest()
    return str(int.from_bytes(digest[:6], "big") + 10**15)


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

    def __init__(self, settings: Settings, sessionids: list[str]) -> None:
        self.settings = settings
        self._given = asdict(settings)
        self._sessionids = list(sessionids)
        self._begin()

    def _begin(self) -> None:
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

    def add_account(self, sessionid: str) -> Account:
        """The account of a sessionid, made on first sight. ValueError for a fault that does not exist."""
        account = self.accounts.get(sessionid)
        if account is None:
            name, faults = parse_sessionid(sessionid)
            taken = sum(other.name.partition("~")[0] == name for other in self.accounts.values())
            account = Account(f"{name}~{taken + 1}" if taken else name, faults, self.settings.seed)
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

    def change_account(self, sessionid: str, faults: str | None, credits_total: int | None) -> Account:
        """Set faults and balance at run time. ValueError for a fault that does not exist."""
        account = self.add_account(sessionid)
        if faults is not None:
            account.set_faults(parse_faults(faults))
        if credits_total is not None:
            account.book(credits_total - account.gift_credits, "Set")
        return account

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
        account.book(-record.charged_credits, order.kind.capitalize())
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
        for account in self.accounts.values():
            account.settle(now)
        return {
            "submissions": [
                {**record.told(now), "input_md5s": [self.uploads.md5_of(uri) for uri in record.order.input_uris]}
                for record in self.records
            ],
            "accounts": {
                account.name: {"balance": account.gift_credits, "ledger": account.entries}
                for account in self.accounts.values()
            },
            "duplicate_submits": self.counts.duplicate_submits,
            "violations": self.counts.violations,
            "downloads": self.counts.downloads,
        }

    def account_pages(self, now: float) -> dict[str, Any]:
        """Every account by name: balance in credits, ledger, calls by endpoint, and how many submissions run."""
        for account in self.accounts.values():
            account.settle(now)
        return {
            account.name: {
                "balance": account.gift_credits,
                "ledger": account.entries,
                "calls": dict(account.calls),
                "running": len(account.running),
            }
            for account in self.accounts.values()
        }
