"""Pure: what the choice of an account knows of a generation and of each account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.funds import Funds
from accounts.rotation import DAILY_GIFT_CREDITS


@dataclass(frozen=True, slots=True)
class Need:
    """`model_key`: "model/resolution"."""

    cost_credits: int
    model_key: str


@dataclass(slots=True, kw_only=True)
class Candidate:
    """An account as the choice sees it. `funds` None: not known, worth a try. `free`: how many more it may take."""

    account_id: int
    name: str
    priority: int
    funds: Funds | None
    gift_due: bool
    """Today's gift was not asked for yet: it comes when a submission is refused for want of credits."""
    leases: int
    free: int
    on_trial: bool
    last_used_at: datetime | None
    usable_at: datetime | None
    """None: now. Otherwise it rests until then."""
    rest_reason: str
    expired: bool
    barred: Mapping[str, datetime]

    def can_pay(self, cost_credits: int) -> bool:
        if self.funds is None or self.funds.total >= cost_credits:
            return True
        return self.gift_due and self.funds.total + DAILY_GIFT_CREDITS >= cost_credits

    def lend(self, cost_credits: int, *, at: datetime) -> None:
        self.leases += 1
        self.free -= 1
        self.last_used_at = at
        if self.funds is not None:
            self.funds = self.funds.less(cost_credits)
