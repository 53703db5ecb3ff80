"""What the admin says about ends of logins, renewal links and proxies. Queries nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.display import NOTHING, Colour, ago, badge, clock, moment, two_lines
from accounts.lifetimes import Source, login_end
from accounts.models import Account, RenewalLink
from accounts.renewals import ATTEMPTS_MAX, Condition, condition_of, words_of

SOURCES: Mapping[Source, str | Promise] = MappingProxyType(
    {
        "cookie": gettext_lazy("from its cookie"),
        "observed": gettext_lazy("as long as others lived"),
        "guess": gettext_lazy("a guess: 60 days"),
    }
)


def login_end_cell(account: Account, observed: timedelta | None, *, at: datetime, is_short: bool) -> SafeString | str:
    """`observed`: how long logins lived lately. `is_short`: how it is known is only told as a hint."""
    if account.health == Account.Health.EXPIRED:
        return _("has ended")
    end = login_end(account, observed)
    left = end.at - at
    words = _days_left(left, is_short=is_short)
    shown = (
        badge(words, "warning")
        if left < timedelta(days=settings.JIMENG_LOGIN_WARN_DAYS) and end.source != "guess"
        else words
    )
    source = SOURCES[end.source]
    hint = f"{moment(end.at)} · {source}"
    return format_html(
        '<span class="jm-short" title="{}">{}</span>', hint, shown if is_short else two_lines(shown, source)
    )


def _days_left(left: timedelta, *, is_short: bool) -> str:
    if left <= timedelta(0):
        return _("due, still alive")
    if left < timedelta(days=1):
        return _("less than a day left")
    if is_short:
        return ngettext("%(count)d day", "%(count)d days", left.days) % {"count": left.days}
    return ngettext("about %(count)d day left", "about %(count)d days left", left.days) % {"count": left.days}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyState:
    """`is_due`: a test is asked for and has not ended. `error`, `took`: of the last one; "" for none."""

    label: str
    is_due: bool
    took: str
    error: str
    tested_at: str


def proxy_state(account: Account) -> ProxyState:
    took_ms = account.proxy_test_ms
    return ProxyState(
        label=account.proxy_label,
        is_due=account.proxy_test_due_at is not None,
        took="" if took_ms is None else _("%(count)d ms") % {"count": took_ms},
        error=_(account.proxy_test_error) if account.proxy_test_error else "",
        tested_at="" if account.proxy_tested_at is None else moment(account.proxy_tested_at),
    )


def proxy(account: Account, *, at: datetime) -> SafeString | str:
    """The address without user name and password, and how its last test went."""
    if not account.proxy_label:
        return _("none: calls go straight")
    if account.proxy_tested_at is None:
        return two_lines(account.proxy_label, _("not tested yet"))
    state = proxy_state(account)
    result = badge(state.error, "danger") if state.error else badge(state.took, "success")
    return two_lines(account.proxy_label, format_html("{} {}", result, ago(account.proxy_tested_at, at=at)))


_CONDITIONS: Mapping[Condition, tuple[str | Promise, Colour]] = MappingProxyType(
    {
        "open": (gettext_lazy("open"), "info"),
        "checking": (gettext_lazy("being checked"), "primary"),
        "done": (gettext_lazy("used"), "success"),
        "dead": (gettext_lazy("ended"), "plain"),
    }
)


def link_rows(links: Sequence[RenewalLink], *, at: datetime) -> list[dict[str, Any]]:
    """Newest first, as given."""
    return [_link_row(link, at=at) for link in links]


def _link_row(link: RenewalLink, *, at: datetime) -> dict[str, Any]:
    is_used = link.state == RenewalLink.State.USED
    condition: Condition = "done" if is_used else condition_of(link, at=at)
    words, colour = _CONDITIONS[condition]
    return {
        "id": link.pk,
        "state": badge(words, colour),
        "when": moment(link.used_at) if is_used else _("until %(time)s") % {"time": clock(link.expires_at, at=at)},
        "attempts": f"{link.attempts} / {ATTEMPTS_MAX}",
        "problem": words_of(link.problem),
        "by": link.created_by or NOTHING,
        "is_revocable": not is_used,
    }
