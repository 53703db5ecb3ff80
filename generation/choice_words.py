"""Why an account was chosen, and why the others were not, in a person's words and language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.choice import Behind, Edge, Hurdle
from accounts.decisions import Decision, Group
from accounts.display import clock
from accounts.models import Account

# What put the chosen one first; a test keeps all three complete.
CHOSEN: Mapping[str, Promise] = MappingProxyType(
    {
        Edge.ONLY_ONE: gettext_lazy("no other could take it"),
        Edge.PRIORITY: gettext_lazy("it has the highest priority"),
        Edge.HAS_CREDITS: gettext_lazy("it has the credits, the next one would need today's gift first"),
        Edge.KEEPS_PAID: gettext_lazy("its gift credits pay for it, so that paid ones are kept"),
        Edge.GIFT_LAPSES_FIRST: gettext_lazy("its gift credits lapse first"),
        Edge.FEWEST_LEASES: gettext_lazy("it serves the fewest generations at the time"),
        Edge.SMALLEST_BALANCE: gettext_lazy("it has the smallest balance that pays for it; larger ones are kept"),
        Edge.LONGEST_UNUSED: gettext_lazy("it was not used for the longest time"),
        Edge.EQUAL: gettext_lazy("others would have done as well"),
    }
)
# Why an account that could take it was not taken.
STOOD_BEHIND: Mapping[str, Promise] = MappingProxyType(
    {
        Behind.LOWER_PRIORITY: gettext_lazy("lower priority"),
        Behind.NEEDS_GIFT: gettext_lazy("would need today's gift first"),
        Behind.WOULD_SPEND_PAID: gettext_lazy("would spend paid credits"),
        Behind.LAPSES_LATER: gettext_lazy("its gift credits lapse later, or not at all"),
        Behind.MORE_LEASES: gettext_lazy("served more generations at the time"),
        Behind.LARGER_BALANCE: gettext_lazy("its larger balance is kept for dearer work"),
        Behind.USED_LATER: gettext_lazy("was used more recently"),
        Behind.EQUAL: gettext_lazy("would have done as well"),
    }
)
# Why an account could not take it.
COULD_NOT: Mapping[str, Promise] = MappingProxyType(
    {
        Hurdle.EXPIRED: gettext_lazy("its login has expired"),
        Hurdle.RESTING: gettext_lazy("rests"),
        Hurdle.BARRED: gettext_lazy("may not use this model and size"),
        Hurdle.NO_CREDITS: gettext_lazy("has too few credits"),
        Hurdle.FULL: gettext_lazy("serves as many generations as it may"),
        Hurdle.TRIAL: gettext_lazy("failed lately: one generation at a time, and that one is under way"),
        Hurdle.REFUSED_BEFORE: gettext_lazy("has refused this generation before"),
        Hurdle.OTHER_KEY: gettext_lazy("this API key may not use it"),
    }
)


def chosen_because(decision: Mapping[str, Any], *, at: datetime) -> str:
    """`its gift credits lapse first, at 23:59`; "" where nobody was chosen or it is not known."""
    why = str(decision.get("why", ""))
    words = str(CHOSEN.get(why, why.replace("_", " ")))
    lapses_at = parse_datetime(str(decision.get("lapses_at", "")))
    if lapses_at is None:
        return words
    return _("%(reason)s, at %(time)s") % {"reason": words, "time": clock(lapses_at, at=at)}


def passed_over_because(group: Group, fact: str | int | None, *, at: datetime) -> str:
    """Why one account of a group was not chosen; without `fact` why all of them were not."""
    why = group["why"]
    words = str(COULD_NOT.get(why) or STOOD_BEHIND.get(why) or why.replace("_", " "))
    until = parse_datetime(fact) if isinstance(fact, str) else None
    if why == Hurdle.RESTING and group.get("reason"):
        words = _("%(what)s: %(reason)s") % {"what": words, "reason": _rest_reason(group["reason"])}
    if until is not None:
        return _("%(what)s, until %(time)s") % {"what": words, "time": clock(until, at=at)}
    if why == Hurdle.NO_CREDITS and isinstance(fact, int):
        return ngettext(
            "has %(has)d credit, %(needs)d are needed", "has %(has)d credits, %(needs)d are needed", fact
        ) % {"has": fact, "needs": group.get("needs", 0)}
    return words


def _rest_reason(reason: str) -> str:
    return str(Account.RestReason(reason).label) if reason in Account.RestReason.values else reason


def passed_over_rows(decision: Decision, *, at: datetime) -> list[dict[str, Any]]:
    """Each account that was passed over with its reason; those without a name as one row a reason."""
    rows: list[dict[str, Any]] = []
    for group in decision["passed_over"]:
        for account_id, name, fact in group["accounts"]:
            rows.append({"id": account_id, "name": name, "why": passed_over_because(group, fact, at=at)})
        if more := group.get("more", 0):
            name = _others(more) if group["accounts"] else _accounts(more)
            rows.append({"id": None, "name": name, "why": passed_over_because(group, None, at=at)})
    return rows


def _others(count: int) -> str:
    return ngettext("%(count)d other", "%(count)d others", count) % {"count": count}


def _accounts(count: int) -> str:
    return ngettext("%(count)d account", "%(count)d accounts", count) % {"count": count}
