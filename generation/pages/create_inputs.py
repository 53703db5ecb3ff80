"""Input pictures of the form: stored at once, and known to it by a signed name that only this person can use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _

from generation.errors import InvalidSpec, ResultUnavailable
from generation.inputs import UploadedFileSource
from generation.models import Generation
from generation.pages.create_words import picture_words
from generation.services import StoredInput, media_read, read_inputs
from generation.specs import INPUTS_MAX
from generation.stored import stored_is_kept
from generation.viewing import Viewer, media_of_viewer
from jimeng_site.database import in_database

# A picture without a request is kept for a day (generation/engine/housekeeping.py).
MAX_AGE: Final = timedelta(days=1)
_SALT: Final = "generation.create.input"
_SHOWN_NAME_CHARS: Final = 60


class PictureGone(Exception):
    """The name of a picture is too old, another person's or forged, or its file is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An input picture as the form shows it. `token`: its signed name."""

    token: str
    url: str
    name: str
    width: int
    height: int


def sign_input(stored: StoredInput, viewer: Viewer) -> str:
    return signing.dumps(astuple(stored), salt=_salt(viewer), compress=True)


def read_token(token: str, viewer: Viewer) -> StoredInput:
    """Raises PictureGone."""
    try:
        fields = signing.loads(token, salt=_salt(viewer), max_age=MAX_AGE)
    except signing.BadSignature as error:
        raise PictureGone from error
    return StoredInput(**dict(zip(StoredInput.__dataclass_fields__, fields, strict=True)))


def _salt(viewer: Viewer) -> str:
    """The person is part of the key, so that a name says nothing about them."""
    return f"{_SALT}:{viewer.user_id}"


def picture_of(token: str, stored: StoredInput) -> Picture:
    return Picture(
        token=token,
        url=f"{reverse('generation:create_preview')}?{urlencode({'picture': token})}",
        name=(stored.source or stored.sha256[:8])[:_SHOWN_NAME_CHARS],
        width=stored.width,
        height=stored.height,
    )


def named_pictures(tokens: Iterable[str], viewer: Viewer) -> list[tuple[str, StoredInput]]:
    """The signed names that still hold, each with its picture. Whether these are stored is not looked at."""
    found = []
    for token in tokens:
        with suppress(PictureGone):
            found.append((token, read_token(token, viewer)))
    return found


def pictures_of(tokens: Sequence[str], viewer: Viewer) -> tuple[list[tuple[str, StoredInput]], int]:
    """Those that are stored, and how many are not or whose names do not hold. Blocks.

    What is stored counts as new from now on, so that it is still there when it is asked for.
    """
    named = named_pictures(tokens, viewer)
    kept = [(token, stored) for token, stored in named if stored_is_kept(stored.name, stored.size_bytes)]
    return kept, len(tokens) - len(kept)


async def store_files(
    files: Sequence[UploadedFile[Any]], *, room: int, viewer: Viewer
) -> tuple[list[tuple[str, StoredInput]], list[str]]:
    """Check and store what was dropped. Signed names with their pictures, and a sentence for each file that is refused.

    `room`: how many more the form takes.
    """
    stored, refused = [], []
    for file in files[: max(0, room)]:
        try:
            found = (await read_inputs([UploadedFileSource(file=file, param="images")]))[0]
        except InvalidSpec as error:
            refused.append(picture_words((file.name or "")[:_SHOWN_NAME_CHARS], error))
        else:
            stored.append((sign_input(found, viewer), found))
    if len(files) > max(0, room):
        refused.append(_("At most %(max)d input pictures are possible: remove some.") % {"max": INPUTS_MAX})
    return stored, refused


async def store_result(public_id: str, *, viewer: Viewer) -> tuple[list[tuple[str, StoredInput]], list[str]]:
    """The same for a result file that this person may see: a picture to start from."""
    found = await in_database(media_of_viewer, viewer, [public_id])
    if not found or found[0].kind != Generation.Kind.IMAGE:
        return [], [_("This picture is not here any more.")]
    try:
        content = await media_read(found[0])
    except ResultUnavailable:
        return [], [_("This picture is not here any more.")]
    name = f"{public_id}.{(found[0].file.name or '').rpartition('.')[2] or 'webp'}"
    return await store_files([await asyncio.to_thread(SimpleUploadedFile, name, content)], room=1, viewer=viewer)
