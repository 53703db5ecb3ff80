"""What a failure means and what can be done about it: for the page of a generation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generation.late import may_come_late
from generation.models import Generation
from generation.wording import error_in_words, said_beyond, spending, spending_in_words

Step = Literal["change", "again", "accounts", "look", "key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """`steps`: what helps, the best first."""

    text: Promise
    steps: tuple[Step, ...]


_WAIT: Final = gettext_lazy("It waited for an account until its time was up. Ask again when there is less to do.")
# By `Generation.error_code`: all that a generation can end with; a test keeps it complete.
ADVICE: Final[Mapping[str, Advice]] = MappingProxyType(
    {
        "content_policy_violation": Advice(
            text=gettext_lazy("Words or pictures of the request are not allowed at Jimeng. Say it in other words."),
            steps=("change",),
        ),
        "accounts_busy": Advice(text=_WAIT, steps=("again", "accounts")),
        "insufficient_quota": Advice(
            text=gettext_lazy("Credits come with the daily check-in or by buying some. Another model may cost less."),
            steps=("accounts", "change"),
        ),
        "no_accounts": Advice(
            text=gettext_lazy("Someone has to add or enable an account that may serve this, or the API key's rules."),
            steps=("accounts",),
        ),
        "upstream_login_expired": Advice(
            text=gettext_lazy("The login has to be renewed before anything can be made with it."), steps=("accounts",)
        ),
        "upstream_unreachable": Advice(
            text=gettext_lazy("Jimeng or the way there was down. Ask again in a while."), steps=("again",)
        ),
        "upstream_protocol_error": Advice(
            text=gettext_lazy("Jimeng has changed something, or was out of order. If it goes on, tell the operator."),
            steps=("again",),
        ),
        "generation_failed": Advice(
            text=gettext_lazy("This happens at Jimeng now and then. Another try may work, or other words."),
            steps=("again", "change"),
        ),
        "generation_cancelled": Advice(text=gettext_lazy("It can be asked for again at any time."), steps=("again",)),
        "outcome_unknown": Advice(
            text=gettext_lazy(
                "The connection broke at the worst moment. It is never sent again, so as not to pay twice."
            ),
            steps=("look", "again"),
        ),
        "result_unavailable": Advice(text=gettext_lazy("The file is tried again by itself."), steps=("look",)),
        "timed_out": Advice(
            text=gettext_lazy("Jimeng took longer than the gateway waits. The result may still come."),
            steps=("look", "again"),
        ),
        "invalid_value": Advice(
            text=gettext_lazy("Jimeng does not take this combination. Change it and ask again."), steps=("change",)
        ),
    }
)
_UNKNOWN: Final = Advice(text=gettext_lazy("Ask again, or change something first."), steps=("again", "change"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`said`: Jimeng's own words, "" if it gave none."""

    reason: str
    advice: str
    spent: str
    said: str
    steps: tuple[Step, ...]


def trouble_of(row: Generation) -> Trouble | None:
    """None: nothing went wrong."""
    if row.status == Generation.Status.CANCELLED:
        code = "generation_cancelled"
    elif row.status == Generation.Status.FAILED:
        code = row.error_code
    else:
        return None
    advice = ADVICE.get(code, _UNKNOWN)
    can_look = may_come_late(row) and row.deleted_at is None
    reason = error_in_words(code)
    return Trouble(
        reason=reason[:1].upper() + reason[1:],
        advice=str(advice.text),
        spent=spending_in_words(row),
        said=said_beyond(code, row.error_detail),
        steps=tuple(step for step in advice.steps if step != "look" or can_look),
    )


def cost_in_words(row: Generation) -> str:
    """What it costs by the price list, and whether that is spent."""
    words = {
        "yes": gettext_lazy("%(count)d credits, spent"),
        "maybe": gettext_lazy("%(count)d credits, perhaps spent"),
        "no": gettext_lazy("%(count)d credits, not spent"),
    }
    if row.status in Generation.OPEN and spending(row) == "no":
        return _("%(count)d credits, not spent yet") % {"count": row.credits_estimated}
    return words[spending(row)] % {"count": row.credits_estimated}
