"""The timeline of an account: its own events and its generations, newest first, a page at a time."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.event_words import EVENT_COLOURS, sentence
from accounts.models import Account, AccountEvent
from accounts.renewals import ACTOR as RENEWAL_LINK

STEPS_SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Either something that happened to the account, in words, or a generation that it served."""

    at: datetime
    pk: int
    colour: str = "plain"
    words: str = ""
    actor: str = ""  # a user's name; "": the gateway itself
    generation: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`older`: the query of the next page, "" if this is the last. `is_first`: nothing is newer."""

    steps: list[Step]
    older: str
    is_first: bool


def timeline(account: Account, query: QueryDict) -> Timeline:
    """A page of it: two look-ups by index, whatever the length of the history.

    The query names the oldest event and the oldest generation that were shown, by primary key.
    """
    events_before, generations_before = _number(query.get("event")), _number(query.get("generation"))
    events, generations = account.events.order_by("-pk"), account.generations.order_by("-pk")
    if events_before is not None:
        events = events.filter(pk__lt=events_before)
    if generations_before is not None:
        generations = generations.filter(pk__lt=generations_before)
    most = STEPS_SHOWN + 1
    both = heapq.merge(
        map(_of_event, events[:most]),
        (Step(at=each.created_at, pk=each.pk, generation=each) for each in generations.defer("spec")[:most]),
        key=lambda step: step.at,
        reverse=True,
    )
    steps = list(both)
    shown = steps[:STEPS_SHOWN]
    return Timeline(
        steps=shown,
        older=_query(shown, events_before, generations_before) if len(steps) > STEPS_SHOWN else "",
        is_first=events_before is None and generations_before is None,
    )


def _of_event(event: AccountEvent) -> Step:
    actor = _("renewal link") if event.actor == RENEWAL_LINK else event.actor
    return Step(at=event.at, pk=event.pk, colour=EVENT_COLOURS[event.kind], words=sentence(event), actor=actor)


def _query(shown: list[Step], events_before: int | None, generations_before: int | None) -> str:
    events = [step.pk for step in shown if step.generation is None]
    generations = [step.pk for step in shown if step.generation is not None]
    places = {
        "event": events[-1] if events else events_before,
        "generation": generations[-1] if generations else generations_before,
    }
    return urlencode({name: pk for name, pk in places.items() if pk is not None})


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None
