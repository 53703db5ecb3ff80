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
from accounts.funds import Funds
from accounts.models import Account, CreditSnapshot
from accounts.shanghai import day_of

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


def name(account: Account) -> SafeString:
    """With the end of its sessionid, its tags, and whether it is a caller's own."""
    foreign = account.get_source_display() if account.source == Account.Source.PASSTHROUGH else ""
    return two_lines(account.name, " · ".join(filter(None, [f"…{account.sessionid_tail}", foreign, *account.tags])))


def health(account: Account, *, at: datetime) -> SafeString:
    """The badge; below it why it is ill, since when, and until when."""
    badges = badge(account.get_health_display(), HEALTH_COLOURS[account.health])
    if not account.enabled:
        badges = format_html("<span>{} {}</span>", badges, badge(_("disabled"), "plain"))
    return two_lines(badges, " · ".join(filter(None, [rest_words(account, at=at), since_words(account, at=at)])))


def rest_words(account: Account, *, at: datetime) -> str:
    """Until when it rests and why; "" if it does not rest."""
    if account.health != Health.RESTING or account.rest_until is None:
        return ""
    if account.rest_until <= at:
        funds = account.funds(at=at)
        if funds is not None and not funds.total:
            return _("out of credits until the next gift")
        return _("rested: used again when needed")
    until = _("until %(time)s") % {"time": clock(account.rest_until, at=at)}
    return f"{until} · {account.get_rest_reason_display()}" if account.rest_reason else until


def since_words(account: Account, *, at: datetime) -> str:
    """Since when it is ill; "" if it is well or nobody knows."""
    if account.ill_since is None or account.health in (Health.ALIVE, Health.UNKNOWN):
        return ""
    return _("since %(time)s") % {"time": clock(account.ill_since, at=at)}


def _small(words: str) -> SafeString:
    return format_html('<small class="jm-short text-subtle">{}</small>', words)


def check_in(account: Account, *, at: datetime) -> SafeString | str:
    """What came of today's check-in (Shanghai day), or when it is due."""
    result = account.check_in_result
    if account.checked_in_on == day_of(at):
        words = _("+%(count)d") % {"count": account.check_in_credits} if account.check_in_credits else _("done")
        return two_lines(badge(words, "success", hint=account.get_check_in_result_display()))
    if result == Account.CheckInResult.FAILED and account.check_in_attempts:
        return two_lines(badge(_("failed"), "danger", hint=account.check_in_detail), cut(account.check_in_detail, 32))
    if account.check_in_due_at is not None and account.check_in_due_at > at:
        return _small(_("due %(time)s") % {"time": clock(account.check_in_due_at, at=at)})
    return _small(_("not yet today"))


def check_in_in_words(account: Account) -> str:
    """The last one and the next one, for the detail page."""
    last = NOTHING if account.checked_in_on is None else f"{account.checked_in_on:%Y-%m-%d}"
    if account.checked_in_on is not None and account.check_in_credits:
        last += " " + _("(+%(count)d)") % {"count": account.check_in_credits}
    words = _("last: %(last)s · next: %(next)s") % {"last": last, "next": moment(account.check_in_due_at)}
    if account.check_in_result != Account.CheckInResult.FAILED:
        return words
    return f"{words} · {account.get_check_in_result_display()}: {account.check_in_detail}".rstrip(": ")


def credits_left(account: Account, *, at: datetime) -> SafeString | str:
    funds = account.funds(at=at)
    if funds is None:
        return _small(_("not read yet"))
    return format_html('<span class="jm-short">{}</span>', two_lines(str(funds.total), lapse_shortly(funds, at=at)))


def lapse_shortly(funds: Funds, *, at: datetime) -> str:
    """For the list, where the balance stands above; "" as for `lapse_words`."""
    if funds.lapses_at is None or funds.gifts[0][1] != funds.total:
        return lapse_words(funds, at=at)
    return _("all lapse at %(time)s") % {"time": clock(funds.lapses_at, at=at)}


def lapse_words(funds: Funds, *, at: datetime) -> str:
    """When the first of the gift credits will lapse; "" if there are none or it is not known."""
    if funds.lapses_at is None:
        return ""
    return _("%(count)d gift lapse at %(time)s") % {
        "count": funds.gifts[0][1],
        "time": clock(funds.lapses_at, at=at),
    }


def credits_in_words(account: Account, *, at: datetime) -> SafeString | str:
    """The whole balance on one line, for the detail page."""
    funds = account.funds(at=at)
    if funds is None:
        return _("Not read yet: the next probe reads it.")
    parts = [
        _("%(count)d gift") % {"count": account.gift_credits or 0},
        _("%(count)d bought") % {"count": account.purchase_credits or 0},
        _("%(count)d member") % {"count": account.vip_credits or 0},
    ]
    if account.spent_since_read:
        parts.append(_("about %(count)d spent since it was read") % {"count": account.spent_since_read})
    read = (account.gift_credits or 0) + (account.purchase_credits or 0) + (account.vip_credits or 0)
    if lapsed := max(0, read - account.spent_since_read) - funds.total:
        parts.append(_("%(count)d lapsed since") % {"count": lapsed})
    lapses = lapse_words(funds, at=at)
    return two_lines(f"{funds.total}", " · ".join([*parts, lapses] if lapses else parts))


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
