"""Input pictures in storage, each once, under the SHA-256 of its bytes. All functions block, except `inputs_prune`."""

from __future__ import annotations

import asyncio
import binascii
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any, BinaryIO, Final

from generation.input_pictures import MAX_BYTES, NotAPicture, read_picture
from generation.models import InputImage
from generation.stored import (
    Entry,
    stored_delete,
    stored_entries,
    stored_is_kept,
    stored_modified_at,
    stored_open,
    stored_save,
)
from jimeng_site.database import in_database

FOLDER: Final = "inputs"
_SUFFIXES_KEPT: Final = (".png", ".jpg", ".webp")
_PIECE: Final = 1024 * 1024
_SOURCE_MAX_CHARS: Final = 200
_PRUNE_AT_ONCE: Final = 500
_DATA_URL: Final = re.compile(r"\s*data:[^,]{0,200};base64,", re.IGNORECASE)
_WHITE_SPACE: Final = b" \t\r\n\v\f"
_TO_STANDARD_BASE64: Final = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInput:
    """A checked picture in storage. `origin`, `source`: as in InputImage. `width`, `height`: pixels, as it is shown."""

    sha256: str
    name: str
    content_type: str
    width: int
    height: int
    size_bytes: int
    origin: str
    source: str


def given_before(picture: InputImage) -> StoredInput:
    """One that came with an earlier request, to be given again."""
    return StoredInput(
        sha256=picture.sha256,
        name=picture.file.name or "",
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        size_bytes=picture.size_bytes,
        origin=picture.origin,
        source=picture.source,
    )


def base64_pieces(text: str) -> Iterator[bytes]:
    """The bytes of base64 text or a data URL, without a second copy of all of it.

    White space, missing padding and the URL-safe alphabet are taken. Raises NotAPicture.
    """
    header = _DATA_URL.match(text)
    rest, padding = b"", 0
    try:
        for at in range(header.end() if header else 0, len(text), _PIECE):
            piece = text[at : at + _PIECE].encode("ascii").translate(_TO_STANDARD_BASE64, _WHITE_SPACE)
            body = piece.rstrip(b"=")
            if padding and body:
                raise NotAPicture("The base64 of this image goes on after its end.")
            padding += len(piece) - len(body)
            body = rest + body
            whole = len(body) // 4 * 4
            rest = body[whole:]
            yield binascii.a2b_base64(body[:whole], strict_mode=True)
        yield binascii.a2b_base64(rest + b"=" * (-len(rest) % 4), strict_mode=True)
    except ValueError as error:  # of which binascii.Error and UnicodeEncodeError are kinds
        raise NotAPicture("This is no image: neither an http(s) address, nor a data URL, nor base64.") from error


def write_pieces(pieces: Iterable[bytes], into: IO[bytes]) -> None:
    """Raises NotAPicture when there are more than MAX_BYTES."""
    size_bytes = 0
    for piece in pieces:
        size_bytes += len(piece)
        if size_bytes > MAX_BYTES:
            raise NotAPicture(f"The image is larger than {MAX_BYTES // 1024**2} MB.")
        into.write(piece)


def store_file(file: IO[bytes], *, origin: str, source: str) -> StoredInput:
    """Check the picture in a temporary file and keep it, unless it is kept already.

    The file is moved into its place, so that no reader sees a part of it and requests with the same picture do not
    meet. Raises NotAPicture, OSError.
    """
    file.flush()
    sha256 = _sha256(file)
    size_bytes = _size(file)
    # One that was found counts as new: `inputs_prune` must not take it before its row is stored.
    is_known = any(stored_is_kept(_name(sha256, suffix), size_bytes) for suffix in _SUFFIXES_KEPT)
    picture = read_picture(file, is_known=is_known)
    if picture.is_converted:
        file.flush()
        sha256, size_bytes = _sha256(file), _size(file)
    name = _name(sha256, picture.suffix)
    if not stored_is_kept(name, size_bytes):
        name = stored_save(name, file)
    return StoredInput(
        sha256=sha256,
        name=name,
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        size_bytes=size_bytes,
        origin=origin,
        source=source[:_SOURCE_MAX_CHARS],
    )


def _name(sha256: str, suffix: str) -> str:
    return str(PurePosixPath(FOLDER, sha256[:2], f"{sha256}{suffix}"))


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]  # typeshed wants a type of its own
    file.seek(0)
    return digest.hexdigest()


def _size(file: IO[bytes]) -> int:
    return os.stat(file.fileno()).st_size


def open_input(name: str) -> BinaryIO:
    """An input picture for reading, by its name in storage. Raises FileNotFoundError, OSError."""
    opened: Any = stored_open(name)
    return opened  # type: ignore[no-any-return]  # of BinaryIO it has what is needed: `read`, `close` and `with`


async def inputs_prune(*, older_than: datetime) -> int:
    """Delete the files that no InputImage row names and that were last used before `older_than`.

    Use a day or so: a request stores its files well before its rows. Returns how many were deleted.
    """
    old = await asyncio.to_thread(lambda: [each for each in stored_entries(FOLDER) if each.modified_at < older_than])
    deleted = 0
    for at in range(0, len(old), _PRUNE_AT_ONCE):
        batch = old[at : at + _PRUNE_AT_ONCE]
        named = await in_database(_named, [_stem(each) for each in batch])
        orphans = [each.name for each in batch if _stem(each) not in named]
        deleted += await asyncio.to_thread(_delete, orphans, older_than)
    return deleted


def _stem(entry: Entry) -> str:
    return PurePosixPath(entry.name).stem


def _named(hashes: Sequence[str]) -> set[str]:
    return set(InputImage.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))


def _delete(names: Sequence[str], older_than: datetime) -> int:
    """But not those that were used again in the meantime."""
    ages = {name: stored_modified_at(name) for name in names}
    doomed = [name for name, modified_at in ages.items() if modified_at is not None and modified_at < older_than]
    stored_delete(doomed)
    return len(doomed)
