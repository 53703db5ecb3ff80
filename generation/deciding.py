"""Why this account? The choice as it was stored with a generation; for one that waits, as it would be made now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.services import Decision, LeaseAnswer
from generation.choice_words import chosen_because, passed_over_rows
from generation.models import Generation, GenerationEvent
from generation.outlook import generation_outlook
from generation.wording import error_in_words


def choice_panel(generation: Generation, events: Sequence[GenerationEvent], *, at: datetime) -> dict[str, Any] | None:
    """Heading, summary and rows for the template; None: no choice was made, or none is stored."""
    if generation.status == Generation.Status.QUEUED:
        return _outlook(generation_outlook(generation, at=at), at=at)
    decided = [event for event in events if "decision" in event.detail]
    return _stored(decided[-1], at=at) if decided else None


def _stored(event: GenerationEvent, *, at: datetime) -> dict[str, Any]:
    decision: Decision = event.detail["decision"]
    if "why" not in decision:
        heading, summary = _("Why no account?"), error_in_words(str(event.detail.get("code", "")))
    else:
        heading = _("Why this account?")
        summary = f"{event.detail.get('account', '')}: {chosen_because(decision, at=at)}"
    return {"heading": heading, "summary": summary, "rows": passed_over_rows(decision, at=at)}


def _outlook(answer: LeaseAnswer, *, at: datetime) -> dict[str, Any]:
    if answer.account is not None:
        summary = _("The account %(account)s could take it now.") % {"account": answer.account.name}
    elif answer.refusal is not None:
        summary = error_in_words(answer.refusal.code)
    else:
        summary = _("Nobody can take it now; it is served as soon as somebody can and it is its turn.")
    decision: Decision = answer.decision or {"passed_over": []}
    return {"heading": _("Why does it wait?"), "summary": summary, "rows": passed_over_rows(decision, at=at)}
