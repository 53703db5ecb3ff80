"""Badges, durations and sizes, for the admin and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts import display
from accounts.display import Colour
from generation.models import Generation, GenerationEvent
from generation.wording import error_in_words

register = template.Library()

Status = Generation.Status
STATUS_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        Status.QUEUED: "plain",
        Status.RUNNING: "info",
        Status.SUBMITTING: "warning",  # the only state in which nobody knows whether credits are spent
        Status.SUBMITTED: "primary",
        Status.SUCCEEDED: "success",
        Status.FAILED: "danger",
        Status.CANCELLED: "plain",
    }
)
_SHORT_ID_CHARS = 12

EVENT_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        GenerationEvent.Kind.CREATED: "plain",
        GenerationEvent.Kind.CLAIMED: "info",
        GenerationEvent.Kind.SUBMITTING: "warning",
        GenerationEvent.Kind.SUBMITTED: "primary",
        GenerationEvent.Kind.FOUND: "primary",
        GenerationEvent.Kind.REQUEUED: "warning",
        GenerationEvent.Kind.SUCCEEDED: "success",
        GenerationEvent.Kind.FAILED: "danger",
        GenerationEvent.Kind.CANCELLED: "plain",
        GenerationEvent.Kind.DOWNGRADED: "warning",
        GenerationEvent.Kind.MEDIA_STORED: "success",
        GenerationEvent.Kind.LATE_SOUGHT: "info",
        GenerationEvent.Kind.LATE_FOUND: "success",
        GenerationEvent.Kind.PINNED: "primary",
        GenerationEvent.Kind.UNPINNED: "plain",
        GenerationEvent.Kind.DELETED: "warning",
        GenerationEvent.Kind.RESTORED: "info",
        GenerationEvent.Kind.FILES_REMOVED: "warning",
    }
)


@register.filter
def status_badge(generation: Generation) -> SafeString:
    hint = error_in_words(generation.error_code) if generation.error_code else ""
    return display.badge(generation.get_status_display(), STATUS_COLOURS[generation.status], hint=hint)


@register.filter
def status_colour(generation: Generation) -> Colour:
    return STATUS_COLOURS[generation.status]


@register.filter
def error_words(code: str) -> str:
    return error_in_words(code)


@register.filter
def duration(generation: Generation) -> str:
    """From the request to its end, or until now: `8.4 s`, `3 min 20 s`."""
    end = generation.finished_at or timezone.now()
    return seconds((end - generation.created_at).total_seconds())


@register.filter
def span_words(value_s: float | None) -> str:
    """A time in seconds; nothing for None."""
    return display.NOTHING if value_s is None else seconds(value_s)


@register.filter
def percent(share: float | None) -> str:
    """0…1 as `97.3 %` or `100 %`; nothing for None."""
    return display.NOTHING if share is None else f"{100 * share:.1f}".removesuffix(".0") + " %"


def seconds(value_s: float) -> str:
    if value_s < 60:
        return _("%(seconds)s s") % {"seconds": f"{value_s:.1f}"}
    minutes, rest = divmod(round(value_s), 60)
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def ago(instant: datetime | None) -> SafeString | str:
    return display.ago(instant, at=timezone.now())


@register.filter
def moment(instant: datetime | None) -> str:
    return display.moment(instant)


@register.filter
def short_id(public_id: str) -> str:
    """Enough of a public id to tell generations apart."""
    return f"{public_id[:_SHORT_ID_CHARS]}…"


@register.filter
def shorten(text: str, chars: int) -> str:
    return display.cut(text, chars)


@register.filter
def size(size_bytes: int | None) -> str:
    return display.NOTHING if size_bytes is None else filesizeformat(size_bytes)
