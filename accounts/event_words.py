"""What happened to an account, in a person's words and language: one sentence for each kind of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.display import Colour
from accounts.models import Account, AccountEvent

Kind = AccountEvent.Kind
EVENT_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        Kind.ADDED: "primary",
        Kind.PROBED: "success",
        Kind.EXPIRED: "danger",
        Kind.RESTED: "warning",
        Kind.BARRED: "warning",
        Kind.RECOVERED: "success",
        Kind.WOKEN: "info",
        Kind.CHECKED_IN: "success",
        Kind.CHECK_IN_FAILED: "danger",
        Kind.RENEWED: "primary",
        Kind.MERGED: "primary",
        Kind.ENABLED: "info",
        Kind.DISABLED: "plain",
        Kind.PROXY_TESTED: "info",
    }
)


def sentence(event: AccountEvent) -> str:
    """Facts that are missing are left out."""
    facts = {key: value for key, value in event.detail.items() if value not in (None, "")}
    return SENTENCES[event.kind](facts)


def _fixed(words: Promise) -> Callable[[dict[str, Any]], str]:
    return lambda facts: _said(str(words), facts)


def _expired(facts: dict[str, Any]) -> str:
    words = _("Its login has expired.")
    if "lived_s" in facts:
        days = round(facts["lived_s"] / 86_400)
        words += " " + ngettext("It had lasted %(count)d day.", "It had lasted %(count)d days.", days) % {"count": days}
    return _said(words, facts)


def _rested(facts: dict[str, Any]) -> str:
    reason = str(facts.get("reason", "?"))
    known = {"reason": dict(Account.RestReason.choices).get(reason, reason), "until": _time(facts.get("until"))}
    return _said(_("Rests until %(until)s: %(reason)s.") % known, facts)


def _barred(facts: dict[str, Any]) -> str:
    known = {"model": str(facts.get("model", "?")).replace("/", " · "), "until": _time(facts.get("until"))}
    return _said(_("Not tried for %(model)s until %(until)s: Jimeng refused it.") % known, facts)


def _checked_in(facts: dict[str, Any]) -> str:
    if facts.get("result") == Account.CheckInResult.ALREADY:
        return _("Checked in: today's gift had been received before.")
    if "credits" in facts:
        count = int(facts["credits"])
        words = ngettext("Checked in: %(count)d credit received.", "Checked in: %(count)d credits received.", count)
        return words % {"count": count}
    return _("Checked in.")


def _merged(facts: dict[str, Any]) -> str:
    if "name" not in facts:
        return _("Turned out to be the same Jimeng user as another account: both are one now.")
    return _("%(name)s turned out to be the same Jimeng user: both are one now, with the newer login.") % {
        "name": facts["name"]
    }


def _proxy_tested(facts: dict[str, Any]) -> str:
    if "error" in facts:
        return _("Its proxy was tested and failed: %(error)s.") % {"error": facts["error"]}
    if "ms" in facts:
        return _("Its proxy was tested: an answer after %(ms)d ms.") % {"ms": facts["ms"]}
    return _("Its proxy was tested.")


def _said(words: str, facts: dict[str, Any]) -> str:
    """A sentence and what Jimeng said about it."""
    said = " · ".join(str(facts[name]) for name in ("code", "text") if name in facts)
    return f"{words} ({said})" if said else words


def _time(text: Any) -> str:
    at = parse_datetime(text) if isinstance(text, str) else None
    return "?" if at is None else f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


# By kind of event; a test keeps it complete.
SENTENCES: Mapping[str, Callable[[dict[str, Any]], str]] = MappingProxyType(
    {
        Kind.ADDED: _fixed(gettext_lazy("Added.")),
        Kind.PROBED: _fixed(gettext_lazy("Probed: the login is alive.")),
        Kind.EXPIRED: _expired,
        Kind.RESTED: _rested,
        Kind.BARRED: _barred,
        Kind.RECOVERED: _fixed(gettext_lazy("Well again.")),
        Kind.WOKEN: _fixed(gettext_lazy("Woken: its rest and its failures are forgotten.")),
        Kind.CHECKED_IN: _checked_in,
        Kind.CHECK_IN_FAILED: _fixed(gettext_lazy("The check-in failed.")),
        Kind.RENEWED: _fixed(gettext_lazy("Its login was renewed.")),
        Kind.MERGED: _merged,
        Kind.ENABLED: _fixed(gettext_lazy("Enabled.")),
        Kind.DISABLED: _fixed(gettext_lazy("Disabled: nothing new is given to it.")),
        Kind.PROXY_TESTED: _proxy_tested,
    }
)
