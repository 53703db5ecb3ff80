"""One tile of the gallery: a file, what stands for a file that is not here, or a generation without files.

Pure but for the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from django.utils.translation import gettext as _

from generation.models import Generation, Media
from generation.services import media_path, preview_path, thumbnail_path

# picture, video: stored. fetching: it comes. missing: perhaps Jimeng has it. removed: on purpose. Others have no files.
Face = Literal["picture", "video", "fetching", "missing", "removed", "open", "ended"]

_SIDE_PX = 320  # where a size is not known


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

    @property
    def css(self) -> str:
        return f"tile is-{self.face}{' is-pinned' if self.is_pinned else ''}"

    @property
    def has_marks(self) -> bool:
        return bool(self.face == "video" or self.number or self.is_pinned)


def file_tile(media: Media, label: str, count: int) -> Tile:
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
        width=media.width or _SIDE_PX,
        height=media.height or _SIDE_PX,
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
            width=media.width or _SIDE_PX,
            height=media.height or _SIDE_PX,
            number=number,
            is_pinned=media.pinned_at is not None,
        )

    return draw


_FACES: Final[Mapping[Face, Callable[[Media, str, str], Tile]]] = MappingProxyType(
    {
        "picture": _stored,
        "video": _stored,
        "fetching": _placeholder("fetching", "download", lambda media: _("its file is being fetched")),
        "missing": _placeholder("missing", "image-off", lambda media: _("its file is not here; look for it again")),
        "removed": _placeholder("removed", "file-x", lambda media: str(media.get_removed_why_display())),
    }
)


def bare_tile(generation: Generation, label: str, note: str) -> Tile:
    """Of a generation that has no files: its state or the reason."""
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
