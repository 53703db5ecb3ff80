"""What is here of a result file: one answer for all pages."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext as _

from generation.media_links import thumbnail_path
from generation.models import Generation, Media

# stored: here. removed: on purpose. fetching: it comes. missing: perhaps Jimeng has it.
MediaState = Literal["stored", "removed", "fetching", "missing"]


def media_state(media: Media) -> MediaState:
    if media.is_removed:
        return "removed"
    if media.file:
        return "stored"
    return "missing" if media.fetch_due_at is None else "fetching"


def missing_in_words(media: Media) -> str:
    """Why there is no file; "" where there is one."""
    match media_state(media):
        case "stored":
            return ""
        case "removed":
            return media.get_removed_why_display() or _("removed")
        case "fetching":
            return _("its file is being fetched")
        case "missing":
            return _("its file is not here; look for it again")


def small_picture_path(media: Media) -> str:
    """Signed; "" where there is none.

    Those of stored pictures are made when they are asked for; a poster is made with its video, or not at all. Both are
    kept when the policy removes the file.
    """
    is_made_when_asked = media.kind == Generation.Kind.IMAGE and media_state(media) == "stored"
    return thumbnail_path(media) if media.thumbnail or is_made_when_asked else ""
