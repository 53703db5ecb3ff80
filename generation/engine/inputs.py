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
class _Known:
    """The files of a generation by SHA-256, and what its account has uploaded of them lately."""

    files: Mapping[str, InputImage]
    fresh: Mapping[str, UploadedPicture]


UPLOADING_AT_ONCE = 8  # generations: many at once would all be ready only when the last is


class Inputs:
    """One per engine."""

    def __init__(self, client: UpstreamClient) -> None:
        self._client = client
        self._slots = asyncio.Semaphore(UPLOADING_AT_ONCE)
        self._reused: set[int] = set()  # generations that were given a URI of an earlier upload

    async def uploaded(self, held: Held) -> list[UploadedPicture]:
        """In the order of the spec; what the account uploaded lately is not uploaded again. Raises UpstreamFailure."""
        spec = held.work.spec
        known = await in_database(_known, held.work.id, held.account_id, spec.inputs, at=timezone.now())
        missing = [sha256 for sha256 in dict.fromkeys(spec.inputs) if sha256 not in known.fresh]
        if len(missing) < len(set(spec.inputs)):
            self._reused.add(held.work.id)
        fresh = dict(known.fresh)
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


def _known(generation_id: int, account_id: int, inputs: Sequence[str], *, at: datetime) -> _Known:
    since = at - timedelta(seconds=settings.JIMENG_UPLOAD_REUSE_S)
    uploads = UploadedImage.objects.filter(account_id=account_id, sha256__in=inputs, uploaded_at__gt=since)
    return _Known(
        files={row.sha256: row for row in InputImage.objects.filter(generation_id=generation_id)},
        fresh={
            row.sha256: UploadedPicture(uri=row.uri, width=row.width, height=row.height, format=row.format)
            for row in uploads
        },
    )


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
