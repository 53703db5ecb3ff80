"""Results taken home as one zip: read and sent piece by piece, so that it takes no memory however much is in it.

Nothing is compressed, as pictures and videos are already. With a folder as storage the length is known beforehand. What
is not there is named in `missing.txt`; a table of contents lies beside the files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Generator, Iterator
from dataclasses import dataclass
from typing import Final

from django.core.files.storage import FileSystemStorage, storages
from django.db.models import Q, QuerySet
from zipstream import ZipStream

from generation.archive_names import contents_table, entry_name, missing_list
from generation.keepsakes import in_batches
from generation.models import Media
from generation.stored import StoredFile, stored_is_kept, stored_open
from generation.viewing import Viewer, generations_of, key_ids_of

FILES_MAX: Final = 2000
PIECE_BYTES: Final = 256 * 1024
INDEX_NAME: Final = "index.csv"
MISSING_NAME: Final = "missing.txt"
_NEEDED: Final = (
    *("public_id", "position", "kind", "file", "content_type", "width", "height", "duration_s", "size_bytes"),
    *("removed_at", "generation__public_id", "generation__prompt", "generation__model", "generation__created_at"),
)


class TooManyFiles(Exception):
    """More than FILES_MAX."""


class FileChanged(OSError):
    """A file went away, or became another, after its length was told: the archive is cut off there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """`files`: those that were there, with their names in the archive. `length`: its bytes; None: not known."""

    files: tuple[tuple[str, Media], ...]
    missing: tuple[str, ...]
    length: int | None


def archive_files(*, viewer: Viewer, ids: Collection[str]) -> list[Media]:
    """The files of these public ids (med_…, gen_…) that this person may see, with `generation`, in order.

    A generation is what is not in the trash of it, or all if it is there itself. Raises TooManyFiles.
    """
    visible = Media.objects.select_related("generation").only(*_NEEDED)
    if not viewer.sees_all:
        visible = visible.filter(generation__api_key_id__in=key_ids_of(viewer))
    found: dict[int, Media] = {}
    for batch in in_batches(each for each in ids if each.startswith("med_")):
        _collect(found, visible.filter(public_id__in=batch))
    for batch in in_batches(each for each in ids if each.startswith("gen_")):
        wholes = visible.filter(generation__in=generations_of(viewer).filter(public_id__in=batch).values("pk"))
        _collect(found, wholes.filter(Q(deleted_at=None) | Q(generation__deleted_at__isnull=False)))
    return sorted(found.values(), key=lambda media: (media.generation_id, media.position))


def _collect(found: dict[int, Media], wanted: QuerySet[Media]) -> None:
    found.update((media.pk, media) for media in wanted[: FILES_MAX + 1])
    if len(found) > FILES_MAX:
        raise TooManyFiles


def archive_of(files: Collection[Media]) -> Archive:
    """Look what is there, and how long it gets. Blocks: to be called in a thread.

    Files in a folder count as used from now on, so that nothing removes them while they are sent. A bucket is not
    asked: two thousand questions take it a minute.
    """
    is_folder = isinstance(storages["default"], FileSystemStorage)
    there, missing = [], []
    for media in files:
        name = media.file.name or ""
        if name and (not is_folder or stored_is_kept(name, media.size_bytes)):
            there.append((entry_name(media, media.generation), media))
        else:
            missing.append(_missing_line(media))
    length = _length(there, missing) if is_folder else None
    return Archive(files=tuple(there), missing=tuple(missing), length=length)


def _length(files: list[tuple[str, Media]], missing: list[str]) -> int:
    planned = ZipStream(sized=True)
    for name, media in files:
        planned.add((), name, size=_size_bytes(media))
    _add_lists(planned, files, missing)
    return len(planned)


def _size_bytes(media: Media) -> int:
    if media.size_bytes is None:
        with stored_open(media.file.name or "") as file:
            media.size_bytes = file.size_bytes
    return media.size_bytes


async def archive_stream(archive: Archive) -> AsyncIterator[bytes]:
    """The archive, in pieces. Each is read in a thread when the one before it has gone: none waits in between."""
    pieces = _pieces(archive)
    reading: asyncio.Future[bytes] | None = None
    try:
        while True:
            reading = asyncio.ensure_future(asyncio.to_thread(_next_piece, pieces))
            piece = await asyncio.shield(reading)
            if not piece:
                return
            yield piece
    finally:
        if reading is None or reading.done():
            pieces.close()
        else:  # a thread is reading just now: the file is closed when it has done so
            reading.add_done_callback(lambda _: pieces.close())


def _next_piece(pieces: Iterator[bytes]) -> bytes:
    """At least PIECE_BYTES, and not much more; less at the end."""
    taken, size = [], 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES:
            break
    return b"".join(taken)


def _pieces(archive: Archive) -> Generator[bytes, None, None]:
    zipped = ZipStream()
    written, missing = [], list(archive.missing)
    for name, media in archive.files:
        try:
            file = stored_open(media.file.name or "")
        except FileNotFoundError:
            if archive.length is not None:
                raise
            missing.append(_missing_line(media))
            continue
        with file:
            if archive.length is not None and file.size_bytes != media.size_bytes:
                raise FileChanged(media.public_id)
            zipped.add(_read(file), name, size=file.size_bytes)
            yield from zipped.file()
        written.append((name, media))
    _add_lists(zipped, written, missing)
    yield from zipped.finalize()


def _read(file: StoredFile) -> Iterator[bytes]:
    left = file.size_bytes
    while left:
        piece = file.read(min(left, PIECE_BYTES))
        if not piece:
            raise FileChanged(f"{left} bytes are missing at the end")
        left -= len(piece)
        yield piece


def _add_lists(zipped: ZipStream, files: list[tuple[str, Media]], missing: list[str]) -> None:
    zipped.add(contents_table((name, media, media.generation) for name, media in files), INDEX_NAME)
    if missing:
        zipped.add(missing_list(missing), MISSING_NAME)


def _missing_line(media: Media) -> str:
    name = entry_name(media, media.generation)
    if media.removed_at is not None:
        return f"{name}: its file was removed"
    return f"{name}: not stored, or not any more" if media.file else f"{name}: not stored yet"
