"""Keys that clients use: `jm-` and 43 random characters, shown once, kept as prefix and SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from accounts.errors import InvalidApiKey
from accounts.models import ApiKey

KEY_PREFIX = "jm-"
_SHOWN_CHARS = 9  # "jm-" and six more: enough to tell keys apart, useless to an attacker
_RANDOM_BYTES = 32
LAST_USED_EVERY = timedelta(minutes=1)  # "last used" is for people: one write a minute tells enough


def api_key_mint(*, name: str) -> tuple[ApiKey, str]:
    """Make a key. Returns the row and the key itself, which can never be shown again."""
    key = KEY_PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    row = ApiKey.objects.create(name=name, prefix=key[:_SHOWN_CHARS], key_hash=hash_key(key))
    return row, key


def api_key_verify(key: str, *, at: datetime) -> ApiKey:
    """The enabled, unexpired row of a key. Raises InvalidApiKey.

    A random key of 256 bits needs no slow hash, and the look-up by hash compares nothing byte by byte.
    """
    row = ApiKey.objects.filter(key_hash=hash_key(key)).first()
    if row is None:
        raise InvalidApiKey
    if not row.enabled:
        raise InvalidApiKey("This API key is disabled.")
    if row.expires_at is not None and row.expires_at <= at:
        raise InvalidApiKey("This API key has expired.")
    if row.last_used_at is None or at - row.last_used_at > LAST_USED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=at)
    return row


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
