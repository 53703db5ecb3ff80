"""The pool now: how many accounts are well, what they have, and what lapses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.admin.cells import HEALTH_COLOURS
from accounts.display import Colour
from accounts.models import Account, Alert, AlertKind
from accounts.shanghai import day_of
from generation.forecast import PoolForecast, forecast_sentence, pool_forecast

Health = Account.Health
ALERTS_SHOWN = 8
_FIELDS = (
    *("name", "enabled", "health", "rest_until", "rest_reason", "failures_in_a_row", "login_expires_at"),
    *("checked_in_on", "check_in_due_at", "check_in_result"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many of a kind; `query` of the list of accounts that shows them."""

    words: str
    count: int
    query: str
    colour: Colour = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    health: list[Count]
    questions: dict[str, Count]
    forecast: PoolForecast  # of the accounts that can serve today
    sentence: str  # the forecast in words
    size: int


def pool(*, at: datetime) -> Pool:
    """Two queries."""
    rows = list(Account.objects.in_pool().only(*_FIELDS))
    forecast = pool_forecast(at=at)
    return Pool(
        health=_health(rows, at),
        questions=_questions(rows, at),
        forecast=forecast,
        sentence=forecast_sentence(forecast),
        size=len(rows),
    )


def _state(account: Account, at: datetime) -> str:
    if not account.enabled:
        return "off"
    resting = account.health == Health.RESTING
    return "rested" if resting and account.rest_until is not None and account.rest_until <= at else account.health


def _health(rows: Sequence[Account], at: datetime) -> list[Count]:
    found = Counter(_state(row, at) for row in rows)
    known = [
        Count(words=str(health.label), count=found[health], query=f"health={health}", colour=HEALTH_COLOURS[health])
        for health in (Health.ALIVE, Health.UNKNOWN, Health.RESTING, Health.EXPIRED)
    ]
    return [
        *known,
        Count(words=_("rested: on trial"), count=found["rested"], query="health=rested", colour="info"),
        Count(words=_("disabled"), count=found["off"], query="state=off"),
    ]


def _questions(rows: Sequence[Account], at: datetime) -> dict[str, Count]:
    """By the value of the list's own filter (accounts.admin.filters); a test compares both."""
    soon, today = at + timedelta(days=settings.JIMENG_LOGIN_WARN_DAYS), day_of(at)
    on = [row for row in rows if row.enabled]
    alive = [row for row in on if row.health != Health.EXPIRED]
    counts = {
        "ill": (_("ill"), [row for row in on if _is_ill(row, at)]),
        "expiring": (
            _("login expires soon"),
            [
                row
                for row in rows
                if row.health != Health.EXPIRED and row.login_expires_at is not None and row.login_expires_at <= soon
            ],
        ),
        "no_gift": (_("no check-in today"), [row for row in alive if row.checked_in_on != today]),
    }
    return {
        state: Count(words=words, count=len(found), query=f"source=operator&state={state}")
        for state, (words, found) in counts.items()
    }


def _is_ill(row: Account, at: datetime) -> bool:
    return row.failures_in_a_row > 0 or _state(row, at) in (Health.EXPIRED, Health.RESTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """`account_id` None: it is not about an account."""

    words: str
    label: str
    since: datetime
    count: int
    account_id: int | None


def open_alerts() -> list[OpenAlert]:
    """The newest of those that are still so. One query."""
    rows = Alert.objects.filter(resolved_at__isnull=True).exclude(kind=AlertKind.TEST).order_by("-last_at")
    return [
        OpenAlert(
            words=row.get_kind_display(),
            label=row.label,
            since=row.first_at,
            count=row.count,
            account_id=_account_of(row.subject),
        )
        for row in rows[:ALERTS_SHOWN]
    ]


def _account_of(subject: str) -> int | None:
    kind, _separator, number = subject.partition(":")
    return int(number) if kind == "account" and number.isdigit() else None
