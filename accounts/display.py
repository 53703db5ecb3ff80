"""Small pieces that the admin and the pages show: badges, times, cut texts. Pure but for the current language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

Colour = Literal["plain", "info", "primary", "success", "warning", "danger"]
NOTHING = "–"

# The colours of unfold's own labels, so that its style sheet has them.
_CLASSES: Mapping[Colour, str] = MappingProxyType(
    {
        "plain": "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200",
        "info": "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400",
        "primary": "bg-primary-100 text-primary-700 dark:bg-primary-500/20 dark:text-primary-400",
        "success": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
        "warning": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
        "danger": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    }
)


def badge(text: str | Promise, colour: Colour, *, hint: str = "") -> SafeString:
    return format_html('<span class="jm-badge rounded-default {}" title="{}">{}</span>', _CLASSES[colour], hint, text)


def two_lines(first: str | Promise, second: str | Promise = "") -> SafeString:
    """A cell with a smaller line below; the line is left out when it is empty."""
    if not second:
        return format_html('<span class="jm-cell">{}</span>', first)
    return format_html('<span class="jm-cell">{}<small class="text-subtle">{}</small></span>', first, second)


def moment(instant: datetime | None) -> str:
    """Date and time to the second, in the gateway's time zone; the same in every language."""
    return NOTHING if instant is None else f"{timezone.localtime(instant):%Y-%m-%d %H:%M:%S}"


def grouped(number: int) -> str:
    """`20,000`, as the reader's language writes it."""
    return number_format(number, use_l10n=True, force_grouping=True)


def clock(instant: datetime, *, at: datetime) -> str:
    """`14:32` today, `11-23 14:32` on other days."""
    local = timezone.localtime(instant)
    return f"{local:%H:%M}" if local.date() == timezone.localtime(at).date() else f"{local:%m-%d %H:%M}"


def ago(instant: datetime | None, *, at: datetime) -> SafeString | str:
    """How long ago, with the exact time as a hint."""
    if instant is None:
        return NOTHING
    if (at - instant).total_seconds() < 60:
        words = _("just now")
    else:
        words = _("%(time)s ago") % {"time": timesince(instant, at, depth=1)}
    return format_html(
        '<time class="whitespace-nowrap" datetime="{}" title="{}">{}</time>',
        instant.isoformat(),
        moment(instant),
        words,
    )


def cut(text: str, chars: int) -> str:
    """The beginning of a text, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= chars else flat[: chars - 1].rstrip() + "…"
