"""What an alert says, in the current language: what, which account, why, since when, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypedDict

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.alert_reasons import reason
from accounts.display import moment
from accounts.models import Alert, AlertKind

Phase = Literal["raised", "again", "over"]


class AlertFacts(TypedDict):
    """`Delivery.payload` of a message to a channel. Instants in ISO; `at`: when it was written."""

    kind: str
    phase: Phase
    subject: str
    label: str
    detail: dict[str, str | float | None]
    count: int
    since: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An alert in words. `url`: where to look, "" when no public address is known. `urgency`: 1 to 5, 5 the highest."""

    title: str
    lines: tuple[str, ...]
    url: str
    link_text: str
    urgency: int
    is_over: bool

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


# What is so, by kind, with the name of what it is about; tests keep these complete.
HEADLINES: Mapping[str, Promise] = MappingProxyType(
    {
        AlertKind.ACCOUNT_EXPIRED: gettext_lazy("the login of %(name)s has expired"),
        AlertKind.ACCOUNT_EXPIRING: gettext_lazy("the login of %(name)s expires soon"),
        AlertKind.RISK_HOLD: gettext_lazy("risk control holds %(name)s"),
        AlertKind.CREDITS_LOW: gettext_lazy("the pool's credits are low"),
        AlertKind.POOL_EMPTY: gettext_lazy("no account can serve"),
        AlertKind.ENGINE_STALLED: gettext_lazy("the engine has stalled"),
        AlertKind.TEST: gettext_lazy("a test of the channel %(name)s"),
    }
)
# What is to be done.
ADVICE: Mapping[str, Promise] = MappingProxyType(
    {
        AlertKind.ACCOUNT_EXPIRED: gettext_lazy("Log in at Jimeng again and give the account its new sessionid."),
        AlertKind.ACCOUNT_EXPIRING: gettext_lazy("Renew the login before it ends, so that nothing has to wait."),
        AlertKind.RISK_HOLD: gettext_lazy(
            "Nothing has to be done: it rests and is tried again later. Use it less if it happens often."
        ),
        AlertKind.CREDITS_LOW: gettext_lazy("Buy credits, add accounts, or wait for the daily gift."),
        AlertKind.POOL_EMPTY: gettext_lazy("Requests are refused or wait. Renew logins, add accounts or credits."),
        AlertKind.ENGINE_STALLED: gettext_lazy(
            "Look at its log, and restart the gateway: what was paid for is resumed."
        ),
        AlertKind.TEST: gettext_lazy("Nothing has to be done: alerts arrive here."),
    }
)
URGENCY: Mapping[str, int] = MappingProxyType(
    {
        AlertKind.ACCOUNT_EXPIRED: 4,
        AlertKind.ACCOUNT_EXPIRING: 3,
        AlertKind.RISK_HOLD: 3,
        AlertKind.CREDITS_LOW: 3,
        AlertKind.POOL_EMPTY: 5,
        AlertKind.ENGINE_STALLED: 5,
        AlertKind.TEST: 2,
    }
)


def message_of(facts: AlertFacts) -> Message:
    """The message for people. Times are in the gateway's time zone."""
    since, at = datetime.fromisoformat(facts["since"]), datetime.fromisoformat(facts["at"])
    title = headline(facts["kind"], facts["label"])
    is_over = facts["phase"] == "over"
    lines = [reason(facts["kind"], facts["detail"], at=at)] if not is_over else []
    if is_over:
        title = _("Over: %(title)s") % {"title": title}
        lines.append(_("It lasted %(time)s, since %(since)s.") % {"time": timesince(since, at), "since": moment(since)})
    elif facts["kind"] != AlertKind.TEST:
        lines.append(_since(facts, since))
    if not is_over:
        lines.append(str(ADVICE[facts["kind"]]))
    return Message(
        title=" ".join((_("Jimeng gateway: %(title)s") % {"title": title}).split()),  # of a mail: one line
        lines=tuple(line for line in lines if line),
        url=link(facts["subject"]),
        link_text=_("Open the admin"),
        urgency=2 if is_over else URGENCY[facts["kind"]],
        is_over=is_over,
    )


def _since(facts: AlertFacts, since: datetime) -> str:
    words = _("Still so, since %(since)s.") if facts["phase"] == "again" else _("Since %(since)s.")
    return words % {"since": moment(since)}


def link(subject: str) -> str:
    """The page that shows what an alert is about; "" when the gateway does not know its own address."""
    return settings.PUBLIC_BASE_URL + page_path(subject) if settings.PUBLIC_BASE_URL else ""


def page_path(subject: str) -> str:
    kind, _colon, number = subject.partition(":")
    if kind == "account" and number.isdigit():
        return reverse("admin:accounts_account_change", args=[number])
    return reverse("admin:accounts_account_changelist") if kind == "pool" else reverse("admin:index")


def headline(kind: str, label: str) -> str:
    """What is so, in a few words."""
    return str(HEADLINES[kind]) % {"name": label}


def sentence(alert: Alert) -> str:
    """The headline of a row, for lists."""
    words = headline(alert.kind, alert.label)
    return words if alert.label and words.startswith(alert.label) else words[:1].upper() + words[1:]
