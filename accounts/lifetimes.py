"""When logins end: as their cookie says, else as long as others lived, else a guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Literal

from django.apps import apps

if TYPE_CHECKING:
    from accounts.models import Account

Source = Literal["cookie", "observed", "guess"]

GUESSED = timedelta(days=60)  # what Jimeng's own cookie asks for (docs/upstream.md)
LOOKED_AT = 50  # ends of logins, the latest
ENOUGH = 3  # fewer say nothing
# A login that our own lost key cannot read has not ended.
_NO_ENDS = frozenset({"unreadable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginEnd:
    """When a login is expected to end, and from what that is known."""

    at: datetime
    source: Source


def login_end(account: Account, observed: timedelta | None) -> LoginEnd:
    """`observed`: of `observed_lifetime`, asked once for many accounts."""
    if account.login_expires_at is not None:
        return LoginEnd(at=account.login_expires_at, source="cookie")
    if observed is not None:
        return LoginEnd(at=account.login_since + observed, source="observed")
    return LoginEnd(at=account.login_since + GUESSED, source="guess")


def observed_lifetime() -> timedelta | None:
    """How long the pool's logins lived here: the median of those that ended lately. None: too few have ended."""
    ended = apps.get_model("accounts", "AccountEvent").objects.filter(kind="expired", account__source="operator")
    details = ended.order_by("-pk").values_list("detail", flat=True)[:LOOKED_AT]
    lived_s = [each["lived_s"] for each in details if _is_end(each)]
    return timedelta(seconds=median(lived_s)) if len(lived_s) >= ENOUGH else None


def _is_end(detail: dict[str, object]) -> bool:
    lived_s = detail.get("lived_s")
    return isinstance(lived_s, int | float) and lived_s > 0 and detail.get("code") not in _NO_ENDS
