"""What the gallery shows of generations: tiles, one for each file, and rows of the table.

Pure but for language and time. All that templates need is worked out here once: a page has a hundred tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.display import cut
from generation.history import Wanted
from generation.models import Generation, Media
from generation.services import media_path, preview_path, thumbnail_path
from generation.templatetags.generation_extras import STATUS_COLOURS, seconds
from generation.wording import error_in_words

# picture, video: stored. fetching: it comes. missing: perhaps Jimeng has it. removed: on purpose. Others have no files.
Face = Literal["picture", "video", "fetching", "missing", "removed", "open", "ended"]

WORDS_CHARS: Final = 1200  # of a prompt, which may have 32,000; its page shows all of it
_LABEL_CHARS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One file, or a generation that has none. `id`: public id of the one or the other.

    `label`: for those who hear the page. `note`: state or reason, instead of a picture. `length`: of a video, "0:05".
    `number`: "2/4" when there are several.
    """

    id: str
    face: Face
    label: str
    note: str = ""
    icon: str = ""
    thumbnail: str = ""
    full: str = ""
    preview: str = ""
    width: int = 0
    height: int = 0
    length: str = ""
    number: str = ""
    is_pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One generation with what is to be seen of it. `mark`: changes when it must be drawn anew; `since`: it began."""

    id: str
    href: str
    tiles: Sequence[Tile]
    day: date
    words: str
    is_cut: bool
    model: str
    size: str
    state: str
    colour: str
    reason: str
    key: str
    account: str
    credits: int
    took: str
    at: datetime
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
    tiles = [_file_tile(media, label, len(files)) for media in shown]
    if not files:
        note = state if is_open or not reason else reason
        tiles = [_bare_tile(generation, f"{label} ({state})", note)]
    local = timezone.localtime(generation.created_at)
    account = generation.account
    return Entry(
        id=generation.public_id,
        href=reverse("generation:detail", args=[generation.public_id]),
        tiles=tiles,
        day=local.date(),
        words=generation.prompt[:WORDS_CHARS],
        is_cut=len(generation.prompt) > WORDS_CHARS,
        model=generation.model,
        size=size_in_words(generation, files),
        state=state,
        colour=STATUS_COLOURS[generation.status],
        reason=reason,
        key=generation.api_key.name if generation.api_key else "",
        account=(str(account) if account else generation.account_label),
        credits=generation.credits_estimated,
        took=_took(generation),
        at=generation.created_at,
        when=f"{local:%Y-%m-%d %H:%M}",
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


# --- tiles ------------------------------------------------------------------------------------------


def _file_tile(media: Media, label: str, count: int) -> Tile:
    number = f"{media.position + 1}/{count}" if count > 1 else ""
    if media.removed_at is not None or (media.removed_why and not media.file):
        face: Face = "removed"
    elif media.file:
        face = "video" if media.kind == Generation.Kind.VIDEO else "picture"
    else:
        face = "missing" if media.fetch_due_at is None else "fetching"
    return _FACES[face](media, f"{label} ({number})" if number else label, number)


def _stored(media: Media, label: str, number: str) -> Tile:
    is_video = media.kind == Generation.Kind.VIDEO
    has_picture = not is_video or bool(media.thumbnail)
    full = media_path(media)
    return Tile(
        id=media.public_id,
        face="video" if is_video else "picture",
        label=label,
        icon="film" if is_video else "image",
        thumbnail=thumbnail_path(media) if has_picture else "",
        full=full,
        preview="" if is_video else preview_path(media),
        width=media.width or 0,
        height=media.height or 0,
        length=_length(media.duration_s),
        number=number,
        is_pinned=media.pinned_at is not None,
    )


def _placeholder(face: Face, icon: str, note: Callable[[Media], str]) -> Callable[[Media, str, str], Tile]:
    def draw(media: Media, label: str, number: str) -> Tile:
        return Tile(
            id=media.public_id,
            face=face,
            label=f"{label}: {note(media)}",
            note=note(media),
            icon=icon,
            thumbnail=thumbnail_path(media) if media.thumbnail else "",  # kept when the policy removed the file
            width=media.width or 0,
            height=media.height or 0,
            number=number,
            is_pinned=media.pinned_at is not None,
        )

    return draw


_FACES: Final[dict[Face, Callable[[Media, str, str], Tile]]] = {
    "picture": _stored,
    "video": _stored,
    "fetching": _placeholder("fetching", "download", lambda media: _("its file is being fetched")),
    "missing": _placeholder("missing", "image-off", lambda media: _("its file is not here; look for it again")),
    "removed": _placeholder("removed", "file-x", lambda media: str(media.get_removed_why_display())),
}


def _bare_tile(generation: Generation, label: str, note: str) -> Tile:
    is_open = generation.finished_at is None
    icons = {Generation.Status.FAILED: "circle-alert", Generation.Status.CANCELLED: "ban"}
    icon = "loader" if is_open else icons.get(Generation.Status(generation.status), "image-off")
    return Tile(id=generation.public_id, face="open" if is_open else "ended", label=label, note=note, icon=icon)


def _length(duration_s: float | None) -> str:
    """`0:05`."""
    if duration_s is None:
        return ""
    minutes, rest = divmod(round(duration_s), 60)
    return f"{minutes}:{rest:02d}"
