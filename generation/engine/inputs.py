"""The input pictures of a generation, uploaded by the account that will submit it. Spends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from generation.engine.batching import Batcher
from generation.inputs import open_input
from generation.models import InputImage, UploadedImage
from generation.specs import VideoSpec
from generation.upstream import signing
from generation.upstream.answers import UploadedPicture
from generation.upstream.client import UpstreamClient
from generation.upstream.uploads import ImageFile
from jimeng_site.database import in_database

if TYPE_CHECKING:
    from generation.engine.tools import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is known of these input pictures of a generation, and to this account?"""

    generation_id: int
    account_id: int
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The files of a generation by SHA-256, and what its account has uploaded of them lately."""

    files: Mapping[str, InputImage]
    fresh: Mapping[str, UploadedPicture]


BATCH = 50  # generations of 10 pictures each: 500 hashes in a query
UPLOADING_AT_ONCE = 8  # generations: many at once would all be ready only when the last is


class Inputs:
    """One per engine."""

    def __init__(self, client: UpstreamClient) -> None:
        self._client = client
        self._slots = asyncio.Semaphore(UPLOADING_AT_ONCE)
        self._known: Batcher[_Question, _Known] = Batcher(_known, limit=BATCH, name="known-inputs")
        self._reused: set[int] = set()  # generations that were given a URI of an earlier upload

    async def uploaded(self, held: Held) -> list[UploadedPicture]:
        """In the order of the spec; what the account uploaded lately is not uploaded again. Raises UpstreamFailure."""
        spec = held.work.spec
        known = await self._known(_Question(generation_id=held.work.id, account_id=held.account_id, inputs=spec.inputs))
        missing = [sha256 for sha256 in dict.fromkeys(spec.inputs) if sha256 not in known.fresh]
        if len(missing) < len(set(spec.inputs)):
            self._reused.add(held.work.id)
        fresh = {sha256: picture for sha256, picture in known.fresh.items() if sha256 in spec.inputs}
        if missing:
            referer = signing.VIDEO_PAGE if isinstance(spec, VideoSpec) else signing.ORIGIN
            files = [_image_file(known.files[sha256]) for sha256 in missing]
            async with self._slots:
                pictures = await self._client.upload_images(held.login, files, referer=referer)
            sized = {
                sha256: _with_size(picture, known.files[sha256])
                for sha256, picture in zip(missing, pictures, strict=True)
            }
            await in_database(_remember, held.account_id, sized, at=timezone.now())
            fresh |= sized
        return [fresh[sha256] for sha256 in spec.inputs]

    async def forgotten(self, held: Held) -> bool:
        """After a refusal: forget the URIs of earlier uploads, which may have died. False: there were none."""
        if held.work.id not in self._reused:
            return False
        self._reused.discard(held.work.id)
        await in_database(_forget, held.account_id, held.work.spec.inputs)
        return True

    def done(self, generation_id: int) -> None:
        """The generation was accepted, or is over."""
        self._reused.discard(generation_id)


def _image_file(stored: InputImage) -> ImageFile:
    return ImageFile(
        sha256=stored.sha256, size_bytes=stored.size_bytes, open=partial(open_input, stored.file.name or "")
    )


def _with_size(picture: UploadedPicture, stored: InputImage) -> UploadedPicture:
    """A frame of a video must say its pixels, which the upstream does not always tell."""
    if picture.width and picture.height:
        return picture
    return replace(picture, width=stored.width, height=stored.height)


async def _known(questions: list[_Question]) -> list[_Known]:
    return await in_database(_look_up, questions, at=timezone.now())


def _look_up(questions: Sequence[_Question], *, at: datetime) -> list[_Known]:
    """Two queries for all that were asked at the same time."""
    since = at - timedelta(seconds=settings.JIMENG_UPLOAD_REUSE_S)
    files: dict[int, dict[str, InputImage]] = {}
    for row in InputImage.objects.filter(generation_id__in={each.generation_id for each in questions}):
        files.setdefault(row.generation_id, {})[row.sha256] = row
    fresh: dict[int, dict[str, UploadedPicture]] = {}
    for upload in UploadedImage.objects.filter(
        account_id__in={each.account_id for each in questions},
        sha256__in={sha256 for each in questions for sha256 in each.inputs},
        uploaded_at__gt=since,
    ):
        fresh.setdefault(upload.account_id, {})[upload.sha256] = UploadedPicture(
            uri=upload.uri, width=upload.width, height=upload.height, format=upload.format
        )
    return [_Known(files=files.get(each.generation_id, {}), fresh=fresh.get(each.account_id, {})) for each in questions]


def _remember(account_id: int, pictures: Mapping[str, UploadedPicture], *, at: datetime) -> None:
    UploadedImage.objects.bulk_create(
        [
            UploadedImage(
                account_id=account_id,
                sha256=sha256,
                uri=picture.uri,
                width=picture.width,
                height=picture.height,
                format=picture.format[:20],
                uploaded_at=at,
            )
            for sha256, picture in pictures.items()
        ],
        update_conflicts=True,
        unique_fields=["account", "sha256"],
        update_fields=["uri", "width", "height", "format", "uploaded_at"],
    )


def _forget(account_id: int, inputs: Sequence[str]) -> None:
    UploadedImage.objects.filter(account_id=account_id, sha256__in=inputs).delete()
