"""One tile of the gallery: a file, what stands for a file that is not here, or a generation without files.

Pure but for the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from generation.media_states import media_state, missing_in_words, small_picture_path
from generation.models import Generation, Media
from generation.services import media_path, preview_path

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
    state = media_state(media)
    face: Face = state if state != "stored" else "video" if media.kind == Generation.Kind.VIDEO else "picture"
    return _FACES[face](media, f"{label} ({number})" if number else label, number)


def _stored(media: Media, label: str, number: str) -> Tile:
    is_video = media.kind == Generation.Kind.VIDEO
    full = media_path(media)
    return Tile(
        id=media.public_id,
        face="video" if is_video else "picture",
        label=label,
        icon="film" if is_video else "image",
        thumbnail=small_picture_path(media),
        full=full,
        preview="" if is_video else preview_path(media),
        width=media.width or _SIDE_PX,
        height=media.height or _SIDE_PX,
        length=_length(media.duration_s),
        number=number,
        is_pinned=media.pinned_at is not None,
    )


def _placeholder(face: Face, icon: str) -> Callable[[Media, str, str], Tile]:
    def draw(media: Media, label: str, number: str) -> Tile:
        note = missing_in_words(media)
        return Tile(
            id=media.public_id,
            face=face,
            label=f"{label}: {note}",
            note=note,
            icon=icon,
            thumbnail=small_picture_path(media),
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
        "fetching": _placeholder("fetching", "download"),
        "missing": _placeholder("missing", "image-off"),
        "removed": _placeholder("removed", "file-x"),
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
