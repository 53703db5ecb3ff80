"""One upstream account as the sandbox keeps it."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from typing import Any

from generation.sandbox.faults import Fault, FaultSet
from generation.sandbox.records import Record
from generation.sandbox.wallet import Source, Wallet, end_of_day

DEFAULT_GIFT_CREDITS = 10_000
_OTHER_SOURCES: tuple[Source, ...] = ("purchase", "vip")


class Account:
    """One upstream account: balance in credits, its ledger, its faults, and what it showed of itself."""

    def __init__(self, name: str, faults: list[Fault], seed: int, now: float) -> None:
        digest = hashlib.sha256(name.encode()).digest()
        self.name = name
        self.user_id = _user_id(name)
        self.answers_in_string = digest[6] % 2 == 0
        self.refuses_second_gift = digest[7] % 2 == 0
        self.web_id = ""
        self.uid_tt = ""
        self.wallet = Wallet()
        self.gift_day = ""
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
        self.wallet.put("gift", start, "Start", now, lapses_at=self.set_gifts_lapse_at(now))
        for source in _OTHER_SOURCES:
            fault = self.faults.get(source)
            self.wallet.put(source, int(fault.number(0)) if fault else 0, "Start", now)

    def set_faults(self, faults: list[Fault]) -> None:
        """Replace the faults; the balance stays."""
        self.faults = FaultSet(faults, self._chance)

    def set_gifts_lapse_at(self, now: float) -> float:
        """When gift credits lapse that are there from the start or were set now (Unix seconds, infinite for never)."""
        return end_of_day(now) if self.faults.get("lapses") else float("inf")

    def settle(self, now: float) -> None:
        """Refund what failed by now (Unix seconds), let lapse what has, and forget as running what has ended."""
        ended = [record for record in self.running if record.ready_at <= now]
        self.running = [record for record in self.running if record.ready_at > now]
        for record in sorted(ended, key=lambda record: record.ready_at):
            if record.fail_code:
                self.wallet.lapse(record.ready_at)
                record.refunded_credits = record.charged_credits
                self.wallet.give_back(record.taken, "Refund", record.ready_at)
        self.wallet.lapse(now)

    def told(self, now: float) -> dict[str, Any]:
        """Balance in credits by source, what lapses when (Unix seconds) and has lapsed, and the ledger."""
        self.settle(now)
        wallet = self.wallet
        return {
            "balance": wallet.total,
            "gift": wallet.of("gift"),
            "purchase": wallet.of("purchase"),
            "vip": wallet.of("vip"),
            "lapsing": [{"credits": lot.credits, "at": int(lot.lapses_at)} for lot in wallet.lapsing],
            "lapsed": wallet.lapsed_credits,
            "ledger": wallet.entries,
        }


def _user_id(name: str) -> str:
    """`alice.2` is a second login of the user `alice`: what is behind a last dot, if it is a number, says which."""
    user, _, number = name.rpartition(".")
    digest = hashlib.sha256((user if user and number.isdecimal() else name).encode()).digest()
    return str(int.from_bytes(digest[:6], "big") + 10**15)
