"""What the gallery shows of generations: each with its tiles, by day.

Pure but for language and time. All that templates need is worked out here once: a page has a hundred tiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.display import cut
from generation.history import Wanted
from generation.models import Generation, Media
from generation.pages.tiles import Tile, bare_tile, file_tile
from generation.templatetags.generation_extras import STATUS_COLOURS, seconds
from generation.wording import error_in_words, spending

WORDS_CHARS: Final = 4000  # of a prompt, which may have 32,000; its page shows all of it
_LABEL_CHARS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One generation with what is to be seen of it. `credits`: None when it is over and nothing was spent.

    `mark`: changes when it must be drawn anew.
    """

    id: str
    href: str
    tiles: Sequence[Tile]
    day: date
    label: str
    words: str
    facts: str
    model: str
    size: str
    state: str
    colour: str
    reason: str
    key: str
    account: str
    credits: int | None
    took: str
    iso: str
    when: str
    clock: str
    is_open: bool
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Generations of one day. `heading`: "" when the page before ended in it."""

    day: date
    heading: str
    entries: list[Entry]

    @property
    def iso(self) -> str:
        return self.day.isoformat()


def sections(entries: Iterable[Entry], *, today: date, after: str = "") -> list[Section]:
    """By day, in their order. `after`: the day (ISO) that is shown last above."""
    found: list[Section] = []
    for entry in entries:
        if not found or found[-1].day != entry.day:
            is_shown = not found and entry.day.isoformat() == after
            found.append(Section(day=entry.day, heading="" if is_shown else day_in_words(entry.day, today), entries=[]))
        found[-1].entries.append(entry)
    return found


def day_in_words(day: date, today: date) -> str:
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return date_format(day, "DATE_FORMAT")


def entries_of(generations: Iterable[Generation], *, wanted: Wanted) -> list[Entry]:
    """Those of which something is to be seen under these filters."""
    entries = (_entry(generation, wanted) for generation in generations)
    return [entry for entry in entries if entry.tiles]


def _entry(generation: Generation, wanted: Wanted) -> Entry:
    files = list(generation.media.all())
    shown = [media for media in files if _is_shown(media, wanted)]
    state = generation.get_status_display()
    reason = error_in_words(generation.error_code) if generation.error_code else ""
    label = cut(generation.prompt, _LABEL_CHARS)
    is_open = generation.finished_at is None
    tiles = [file_tile(media, label, len(files)) for media in shown]
    if not files:
        note = state if is_open or not reason else reason
        tiles = [bare_tile(generation, f"{label} ({state})", note)]
    local = timezone.localtime(generation.created_at)
    account = generation.account
    size, when = size_in_words(generation, files), f"{local:%Y-%m-%d %H:%M}"
    return Entry(
        id=generation.public_id,
        href=reverse("generation:detail", args=[generation.public_id]),
        tiles=tiles,
        day=local.date(),
        label=label,
        words=generation.prompt if len(generation.prompt) <= WORDS_CHARS else generation.prompt[:WORDS_CHARS] + "…",
        facts=" · ".join(filter(None, (generation.model, size, when))),
        model=generation.model,
        size=size,
        state=state,
        colour=STATUS_COLOURS[generation.status],
        reason=reason,
        key=generation.api_key.name if generation.api_key else "",
        account=(str(account) if account else generation.account_label),
        credits=generation.credits_estimated if is_open or spending(generation) != "no" else None,
        took=_took(generation),
        iso=local.isoformat(timespec="seconds"),
        when=when,
        clock=f"{local:%H:%M}",
        is_open=is_open or any(tile.face == "fetching" for tile in tiles),
        mark="-".join((generation.status, *(f"{tile.face}{'*' if tile.is_pinned else ''}" for tile in tiles))),
    )


def _is_shown(media: Media, wanted: Wanted) -> bool:
    if wanted.trash:
        return media.deleted_at is not None and media.removed_at is None
    return media.deleted_at is None and (not wanted.pinned or media.pinned_at is not None)


def _took(generation: Generation) -> str:
    if generation.finished_at is None:
        return ""
    return seconds((generation.finished_at - generation.created_at).total_seconds())


def size_in_words(generation: Generation, files: Sequence[Media]) -> str:
    """`2048×2048`, `1280×720 · 5 s`: as made where that is known, else as asked."""
    first = next((media for media in files if media.width and media.height), None)
    spec = generation.spec
    width, height = (first.width, first.height) if first else (spec.get("width"), spec.get("height"))
    words = f"{width}×{height}" if width and height else str(spec.get("resolution", ""))
    if spec.get("seconds"):
        words += f" · {_('%(seconds)s s') % {'seconds': spec['seconds']}}"
    return words
