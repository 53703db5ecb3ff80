"""What the admin says about an account: health, credits, errors. Queries nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from types import MappingProxyType
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.display import NOTHING, Colour, ago, badge, clock, cut, moment, two_lines
from accounts.models import Account, CreditSnapshot

Health = Account.Health
HEALTH_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        Health.UNKNOWN: "info",
        Health.ALIVE: "success",
        Health.RESTING: "warning",
        Health.EXPIRED: "danger",
    }
)
_ERROR_CHARS = 32


def health(account: Account, *, at: datetime) -> SafeString:
    colour = HEALTH_COLOURS[account.health]
    return two_lines(badge(account.get_health_display(), colour), rest_words(account, at=at))


def rest_words(account: Account, *, at: datetime) -> str:
    """Until when it rests and why; "" if it does not rest."""
    if account.health != Health.RESTING or account.rest_until is None:
        return ""
    if account.rest_until <= at:
        return _("rested: used again when needed")
    until = _("until %(time)s") % {"time": clock(account.rest_until, at=at)}
    return f"{until} · {account.get_rest_reason_display()}" if account.rest_reason else until


def credits_left(account: Account, *, at: datetime) -> SafeString | str:
    if account.credits is None:
        return two_lines(NOTHING, _("not read yet"))
    return two_lines(str(account.credits), lapse_words(account, at=at))


def lapse_words(account: Account, *, at: datetime) -> str:
    """When gift credits will lapse; "" if there are none or it is not known."""
    if not account.gift_credits or account.gift_expires_at is None or account.gift_expires_at <= at:
        return ""
    return _("%(count)d gift lapse at %(time)s") % {
        "count": account.gift_credits,
        "time": clock(account.gift_expires_at, at=at),
    }


def credits_in_words(account: Account, *, at: datetime) -> SafeString | str:
    """The whole balance on one line, for the detail page."""
    if account.credits is None:
        return _("Not read yet: the next probe reads it.")
    parts = [
        _("%(count)d gift") % {"count": account.gift_credits or 0},
        _("%(count)d bought") % {"count": account.purchase_credits or 0},
        _("%(count)d member") % {"count": account.vip_credits or 0},
    ]
    if account.spent_since_read:
        parts.append(_("about %(count)d spent since it was read") % {"count": account.spent_since_read})
    lapses = lapse_words(account, at=at)
    return two_lines(f"{account.credits}", " · ".join([*parts, lapses] if lapses else parts))


def last_error(account: Account, *, at: datetime) -> SafeString | str:
    """Short, for the list; the whole text is the hint."""
    if account.last_error_at is None:
        return NOTHING
    words = account.last_error_detail or account.last_error_code
    return two_lines(
        format_html('<span title="{}">{}</span>', error_in_words(account), cut(words, _ERROR_CHARS)),
        ago(account.last_error_at, at=at),
    )


def error_in_words(account: Account) -> str:
    if account.last_error_at is None:
        return NOTHING
    said = " · ".join(filter(None, [account.last_error_code, account.last_error_detail]))
    return f"{moment(account.last_error_at)} · {said}"


def barred(account: Account, *, at: datetime) -> SafeString | str:
    """The models and resolutions that are not tried for a while."""
    until = {key: parse_datetime(value) for key, value in account.barred.items()}
    lines = [(key, clock(end, at=at)) for key, end in sorted(until.items()) if end is not None and end > at]
    return format_html_join("", '<span class="jm-cell">{} → {}</span>', lines) or NOTHING


def snapshot_rows(snapshots: Sequence[CreditSnapshot]) -> list[dict[str, Any]]:
    """Newest first; `change` is against the balance before, None for the oldest."""
    totals = [each.gift + each.purchase + each.vip for each in snapshots]
    return [
        {
            "at": moment(each.at),
            "gift": each.gift,
            "purchase": each.purchase,
            "vip": each.vip,
            "total": total,
            "change": None if older is None else f"{total - older:+d}",
        }
        for each, total, older in zip_longest(snapshots, totals, totals[1:])
    ]
