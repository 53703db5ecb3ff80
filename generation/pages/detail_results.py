"""Result files and input pictures of a generation, as rows for its page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.utils.translation import gettext as _

from accounts.display import clock, moment
from generation.media_states import MediaState, media_state, small_picture_path
from generation.models import Generation, InputImage, Media
from generation.services import media_path, preview_path
from generation.templatetags.generation_extras import seconds, size
from generation.wording import input_name, input_origin

_SHORT_HASH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """`path`: "" where there is no file, as in all states but the first two. `shown`: as large as a screen shows it."""

    media: Media
    state: Literal["stored", "trash", "removed", "fetching", "missing"]
    number: int
    path: str
    download: str
    shown: str
    poster: str
    is_picture: bool
    facts: Sequence[str]
    sha_short: str
    is_pinned: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRow:
    """A picture that was given: what it is for, its facts, and where it came from."""

    position: int
    name: str
    facts: str
    origin: str
    is_stored: bool


def result_rows(files: Iterable[Media], *, at: datetime) -> list[ResultRow]:
    return [_result(media, at) for media in files]


def _result(media: Media, at: datetime) -> ResultRow:
    state = _state(media)
    has_file = state in ("stored", "trash")
    is_picture = media.kind == Generation.Kind.IMAGE
    path = media_path(media) if has_file else ""
    return ResultRow(
        media=media,
        state=state,
        number=media.position + 1,
        path=path,
        download=f"{path}&download=1",
        shown=preview_path(media) if has_file and is_picture else path,
        poster=small_picture_path(media) if has_file and not is_picture else "",
        is_picture=is_picture,
        facts=_facts(media),
        sha_short=media.sha256[:_SHORT_HASH],
        is_pinned=media.pinned_at is not None,
        why=_why(media, state, at),
    )


def _state(media: Media) -> Literal["trash"] | MediaState:
    state = media_state(media)
    return "trash" if state == "stored" and media.deleted_at is not None else state


def _facts(media: Media) -> list[str]:
    facts = [f"{media.width} × {media.height}"] if media.width and media.height else []
    if media.duration_s:
        facts.append(seconds(media.duration_s))
    if media.content_type:
        facts.append(media.content_type.rpartition("/")[2].upper())
    return [*facts, size(media.size_bytes)] if media.size_bytes else facts


def _why(media: Media, state: str, at: datetime) -> str:
    """Why there is no file, or none much longer; "" where there is one."""
    match state:
        case "removed":
            return f"{media.get_removed_why_display() or _('removed')} · {moment(media.removed_at)}"
        case "trash":
            return _("In the trash since %(time)s.") % {"time": moment(media.deleted_at)}
        case "fetching" if media.fetch_attempts and media.fetch_due_at is not None:
            known = {"count": media.fetch_attempts, "time": clock(media.fetch_due_at, at=at)}
            return _("%(count)d attempts failed; the next one is at %(time)s.") % known
        case "fetching":
            return _("It is being fetched from Jimeng.")
        case "missing":
            return _("It could not be fetched from Jimeng.")
    return ""


def input_rows(generation: Generation, pictures: Iterable[InputImage]) -> list[InputRow]:
    return [
        InputRow(
            position=picture.position,
            name=input_name(generation, picture.position),
            facts=f"{picture.width} × {picture.height} · {size(picture.size_bytes)}",
            origin=input_origin(picture),
            is_stored=bool(picture.file),
        )
        for picture in pictures
    ]
