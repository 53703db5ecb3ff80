"""What happened to a generation, step by step, as rows for templates: the admin's and the page's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.display import moment
from generation.models import Generation, GenerationEvent
from generation.templatetags.generation_extras import EVENT_COLOURS, seconds
from generation.wording import sentence


def timeline(
    generation: Generation, events: Iterable[GenerationEvent], *, names_accounts: bool = True
) -> list[dict[str, Any]]:
    """Each event with its time, the time since the request, who was involved, and what it means.

    `names_accounts`: whether the reader may know which accounts there are.
    """
    return [
        {
            "account": event.account if names_accounts else None,
            "instant": event.at,
            "at": moment(event.at),
            "after": "+" + seconds(max(0.0, (event.at - generation.created_at).total_seconds())),
            "colour": EVENT_COLOURS[event.kind],
            "sentence": sentence(event, names_accounts=names_accounts),
        }
        for event in events
    ]
