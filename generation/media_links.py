"""Addresses of result files on this server: signed, and good for as long as the file is kept."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer

from generation.models import Generation, Media

_SALT = "generation.media"


def media_path(media: Media) -> str:
    """The signed, lasting path of a result file on this server: `/media/med_….webp?s=…`. It serves byte ranges."""
    suffix = (media.file.name or "").rpartition(".")[2] or ("mp4" if media.kind == Generation.Kind.VIDEO else "webp")
    return f"{settings.MEDIA_URL}{media.public_id}.{suffix}?s={_signature(media)}"


def thumbnail_path(media: Media) -> str:
    """The same for its small picture, a WebP: of a video the poster, for which `media.thumbnail` must be there."""
    return f"{settings.MEDIA_URL}{media.public_id}.webp?variant=thumbnail&s={_signature(media)}"


def preview_path(media: Media) -> str:
    """The same for the picture as a screen shows it, a WebP of 1280 pixels; of a video the poster, as above."""
    return f"{settings.MEDIA_URL}{media.public_id}.webp?variant=preview&s={_signature(media)}"


def _signature(media: Media) -> str:
    return Signer(salt=_SALT).signature(media.public_id)


def media_signature_is_valid(public_id: str, signature: str) -> bool:
    try:
        Signer(salt=_SALT).unsign(f"{public_id}:{signature}")
    except BadSignature:
        return False
    return True
