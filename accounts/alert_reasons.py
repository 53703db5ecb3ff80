"""Why an alert is said, as a sentence in the current language, by its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.display import clock
from accounts.models import AlertKind

Detail = Mapping[str, Any]
CODE_CHARS = 60


def reason(kind: str, detail: Detail, *, at: datetime) -> str:
    """Why it is said, as a sentence; "" if nothing is known."""
    return REASONS[kind](detail, at)


def _code(detail: Detail) -> str:
    return str(detail.get("code") or "")[:CODE_CHARS]


def _instant(detail: Detail, name: str, at: datetime) -> str:
    found = parse_datetime(str(detail.get(name) or ""))
    return clock(found, at=at) if found is not None else ""


def _expired(detail: Detail, at: datetime) -> str:
    code = _code(detail)
    if code == "unreadable":
        return _("Its stored sessionid cannot be decrypted with the keys of JIMENG_ENCRYPTION_KEYS.")
    return _("Jimeng does not accept it any more (code %(code)s).") % {"code": code} if code else ""


def _expiring(detail: Detail, at: datetime) -> str:
    end = _instant(detail, "ends_at", at)
    return _("It ends at about %(time)s.") % {"time": end} if end else ""


def _held(detail: Detail, at: datetime) -> str:
    code, until = _code(detail), _instant(detail, "until", at)
    parts = [
        _("Jimeng refused a generation for risk control (code %(code)s).") % {"code": code} if code else "",
        _("It is left alone until %(time)s.") % {"time": until} if until else "",
    ]
    return " ".join(filter(None, parts))


def _low(detail: Detail, at: datetime) -> str:
    return _("%(credits)s credits are left that can be used; the limit is %(limit)s.") % {
        "credits": detail.get("credits", "?"),
        "limit": detail.get("limit", "?"),
    }


def _empty(detail: Detail, at: datetime) -> str:
    words: tuple[tuple[str, str | Promise], ...] = (
        ("expired", _("expired: %(count)s")),
        ("resting", _("resting: %(count)s")),
        ("dry", _("out of credits: %(count)s")),
        ("waiting", _("generations that wait: %(count)s")),
    )
    counts = [str(text) % {"count": detail[name]} for name, text in words if detail.get(name)]
    return _("Accounts in the pool: %(accounts)s.") % {"accounts": detail.get("accounts", 0)} + (
        " " + " · ".join(counts) if counts else ""
    )


def _stalled(detail: Detail, at: datetime) -> str:
    return _("It gave no sign of life for %(seconds)s s. It ran as %(holder)s.") % {
        "seconds": detail.get("silent_s", "?"),
        "holder": detail.get("holder", "?"),
    }


def _test(detail: Detail, at: datetime) -> str:
    return _("Somebody sent this to see whether it arrives.")


# By kind; a test keeps it complete.
REASONS: Mapping[str, Callable[[Detail, datetime], str]] = MappingProxyType(
    {
        AlertKind.ACCOUNT_EXPIRED: _expired,
        AlertKind.ACCOUNT_EXPIRING: _expiring,
        AlertKind.RISK_HOLD: _held,
        AlertKind.CREDITS_LOW: _low,
        AlertKind.POOL_EMPTY: _empty,
        AlertKind.ENGINE_STALLED: _stalled,
        AlertKind.TEST: _test,
    }
)
