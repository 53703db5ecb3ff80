"""Scripts and styles: each address says which content it has, so that browsers need not ask again."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest

VERSION: Final = "v"
FOR_GOOD: Final = "public, max-age=31536000, immutable"
_VERSION_CHARS: Final = 12
_COMPRESSIBLE: Final = ("text/", "application/javascript", "application/json", "image/svg+xml")
_WORTH_BYTES: Final = 512


class VersionedStaticFiles(StaticFilesStorage):
    """`{% static "css/site.css" %}` is `/static/css/site.css?v=` and the beginning of its SHA-256."""

    def url(self, name: str | None) -> str:
        address = super().url(name)
        version = version_of(name or "")
        return f"{address}?{VERSION}={version}" if version else address


def version_of(name: str) -> str:
    """Of a file as it was when first asked for, in development as it is now; "" if there is none."""
    return _version(name) if settings.DEBUG else _version_kept(name)


def _version(name: str) -> str:
    found = finders.find(name.partition("#")[0]) if name else None
    if not found or not Path(found).is_file():
        return ""
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:_VERSION_CHARS]


_version_kept = lru_cache(maxsize=None)(_version)


def may_keep_for_good(request: HttpRequest) -> bool:
    """Whether the address names the content that is here."""
    asked = request.GET.get(VERSION, "")
    return bool(asked) and asked == version_of(request.path_info.removeprefix(settings.STATIC_URL))


def may_compress(request: HttpRequest, *, content_type: str, size_bytes: int) -> bool:
    accepts = "gzip" in request.headers.get("Accept-Encoding", "")
    return accepts and size_bytes >= _WORTH_BYTES and content_type.startswith(_COMPRESSIBLE)


@lru_cache(maxsize=256)
def compressed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)
