"""What this person has made on the page: cards of the last requests, and the last prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from generation.live_progress import ProgressWords, progress_at_load
from generation.media_links import media_path, preview_path
from generation.media_states import MediaState, media_state, missing_in_words, small_picture_path
from generation.models import Generation, Media
from generation.pages.asking import CLIENT
from generation.pages.create_options import about
from generation.querysets import GenerationQuerySet
from generation.viewing import Viewer, generations_of, parts_of
from generation.wording import error_in_words, said_beyond, spending_in_words

OPERATION: Final = "page"
CARDS: Final = 6
STREAMS: Final = 2  # a browser keeps six connections to a server in all of its tabs: open cards beyond are polled
PROMPTS: Final = 10
_LOOKED_AT: Final = 400  # newest requests of all pages: a person's own are looked for among these
_PROMPT_SHOWN_CHARS: Final = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A result in a card. `url`: "" where it is not stored, and then `note` says why.

    `small_url`, `large_url`: as a screen shows it.
    """

    public_id: str
    is_video: bool
    state: MediaState
    note: str = ""
    url: str = ""
    small_url: str = ""
    large_url: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One request. `progress` None: all is over. `failures`: (reason, what was spent).

    `is_polled`: how far it is, is asked for again and again, not streamed.
    """

    public_id: str
    prompt: str
    model: str
    is_video: bool
    price: str
    created_at: datetime
    progress: ProgressWords | None
    files: Sequence[File]
    failures: Sequence[tuple[str, str]]
    is_polled: bool = False


def client_of(username: str) -> str:
    """As a program would call itself: its name is what lists are filtered by, and what follows says who."""
    return f"{CLIENT}/{username}"


def cards_of(viewer: Viewer, client: str) -> list[Card]:
    """The last requests, newest first."""
    groups: dict[str, list[Generation]] = {}
    for row in _mine(viewer, client).prefetch_related("media"):
        name = row.group_id or row.public_id
        if name not in groups and len(groups) == CARDS:
            break
        groups.setdefault(name, []).insert(0, row)
    cards = [_card(rows) for rows in groups.values()]
    polled = [each.public_id for each in cards if each.progress is not None][STREAMS:]
    return [replace(each, is_polled=each.public_id in polled) for each in cards]


def card_of(viewer: Viewer, public_id: str, *, is_polled: bool = False) -> Card:
    """Of the request that this generation is a part of. Raises UnknownGeneration."""
    return replace(_card(parts_of(viewer, public_id)), is_polled=is_polled)


def new_card_of(viewer: Viewer, client: str, public_id: str) -> Card:
    """Of what was just asked for, to stand before the cards that are there: these may hold streams."""
    others = [each for each in cards_of(viewer, client) if each.public_id != public_id]
    return card_of(viewer, public_id, is_polled=sum(each.progress is not None for each in others) >= STREAMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt that was used before, and by which generation last."""

    public_id: str
    text: str
    short: str


def prompts_of(viewer: Viewer, client: str) -> list[Prompt]:
    """The last different ones, newest first."""
    found: dict[str, str] = {}
    for public_id, text in _mine(viewer, client).values_list("public_id", "prompt"):
        if text.strip():
            found.setdefault(text, public_id)
        if len(found) == PROMPTS:
            break
    return [
        Prompt(public_id=public_id, text=text, short=" ".join(text[:_PROMPT_SHOWN_CHARS].split()))
        for text, public_id in found.items()
    ]


def _mine(viewer: Viewer, client: str) -> GenerationQuerySet:
    newest = Generation.objects.filter(operation=OPERATION).order_by("-pk").values_list("pk", flat=True)[:_LOOKED_AT]
    rows = generations_of(viewer).filter(pk__in=list(newest), client=client, deleted_at__isnull=True)
    return rows.order_by("-pk")


def _card(rows: Sequence[Generation]) -> Card:
    first = rows[0]
    failed = [row for row in rows if row.status in (Generation.Status.FAILED, Generation.Status.CANCELLED)]
    return Card(
        public_id=first.public_id,
        prompt=first.prompt,
        model=first.model,
        is_video=first.kind == Generation.Kind.VIDEO,
        price=about(sum(row.credits_estimated for row in rows)),
        created_at=first.created_at,
        progress=progress_at_load(rows) if any(row.finished_at is None for row in rows) else None,
        files=[_file(each) for row in rows for each in row.media.all() if each.deleted_at is None],
        failures=list({_failure(row): None for row in failed}),
    )


def _failure(row: Generation) -> tuple[str, str]:
    reason = error_in_words(row.error_code) if row.error_code else _("cancelled")
    said = said_beyond(row.error_code, row.error_detail) if row.error_code else ""
    return (f"{reason} ({said})" if said else reason), spending_in_words(row)


def _file(media: Media) -> File:
    is_video = media.kind == Generation.Kind.VIDEO
    state, small_url = media_state(media), small_picture_path(media)
    if state != "stored":
        return File(public_id=media.public_id, is_video=is_video, state=state, note=missing_in_words(media))
    return File(
        public_id=media.public_id,
        is_video=is_video,
        state=state,
        url=media_path(media),
        small_url=small_url,
        large_url=preview_path(media) if small_url else "",
        width=media.width,
        height=media.height,
    )
