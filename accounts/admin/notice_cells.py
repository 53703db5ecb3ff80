"""What the admin says about alerts and deliveries. Queries nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.alert_words import headline
from accounts.display import Colour, ago, badge, clock, moment
from accounts.models import AlertKind, Delivery

Progress = Delivery.Status
PROGRESS_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {Progress.WAITING: "info", Progress.DELIVERED: "success", Progress.FAILED: "danger"}
)
# Events for the webhooks of API keys.
EVENTS: Mapping[str, Promise] = MappingProxyType(
    {
        "image.completed": gettext_lazy("pictures finished"),
        "image.failed": gettext_lazy("pictures failed"),
        "video.completed": gettext_lazy("video finished"),
        "video.failed": gettext_lazy("video failed"),
    }
)


def event_words(delivery: Delivery) -> str:
    """What a message tells, in a few words."""
    area, _dot, kind = delivery.event.partition(".")
    if area == "alert" and kind in AlertKind.values:
        words = headline(kind, delivery.subject)
        return _("Over: %(title)s") % {"title": words} if delivery.payload.get("phase") == "over" else words
    return str(EVENTS.get(delivery.event, delivery.event))


def receiver(delivery: Delivery) -> str:
    """Who gets it, and where that is, without what would let others write there."""
    if delivery.channel is not None:
        return f"{delivery.channel.name} · {delivery.channel.target_label}"
    return _("webhook of %(key)s") % {"key": delivery.api_key}


def progress(delivery: Delivery, *, at: datetime) -> SafeString:
    if delivery.progress == Progress.WAITING and delivery.last_error:
        return badge(_("to be tried again"), "warning", hint=error_words(delivery))
    return badge(delivery.get_progress_display(), PROGRESS_COLOURS[delivery.progress], hint=error_words(delivery))


def when(delivery: Delivery, *, at: datetime) -> SafeString | str:
    """When it arrived, or when it is tried next; "" if it was given up."""
    if delivery.delivered_at is not None:
        return ago(delivery.delivered_at, at=at)
    if delivery.due_at is None:
        return ""
    return _("now") if delivery.due_at <= at else _("next try at %(time)s") % {"time": clock(delivery.due_at, at=at)}


def error_words(delivery: Delivery) -> str:
    return problem_words(delivery.last_error)


def problem_words(noted: str | None) -> str:
    """What was noted in English, in the current language where it is one of our own sentences."""
    return _(noted) if noted else ""


def rows(deliveries: Iterable[Delivery], *, at: datetime) -> list[dict[str, Any]]:
    """For the panel below a channel."""
    return [
        {
            "made": moment(each.created_at),
            "words": event_words(each),
            "progress": progress(each, at=at),
            "when": when(each, at=at),
            "attempts": each.attempts,
            "error": error_words(each),
        }
        for each in deliveries
    ]
