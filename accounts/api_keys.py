"""Keys that clients use: `jm-` and 43 random characters, shown once, kept as prefix and SHA-256."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from accounts.errors import InvalidApiKey
from accounts.models import REVOKED_PREFIX, ApiKey
from accounts.vault import encrypt

KEY_PREFIX = "jm-"
_SHOWN_CHARS = 9  # "jm-" and six more: enough to tell keys apart, useless to an attacker
_RANDOM_BYTES = 32
WEBHOOK_SECRET_PREFIX = "whsec_"
WEBHOOK_SECRET_BYTES = 32  # Standard Webhooks: 24 to 64
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


def api_keys_enable(*, api_key_ids: Collection[int], enabled: bool) -> int:
    """Switch keys on or off. Returns how many were the other way; revoked ones stay as they are."""
    found = ApiKey.objects.filter(pk__in=api_key_ids).exclude(enabled=enabled)
    return found.exclude(key_hash__startswith=REVOKED_PREFIX).update(enabled=enabled)


@transaction.atomic
def api_keys_revoke(*, api_key_ids: Collection[int]) -> int:
    """End keys for good: what was given out works never again. What they made stays theirs. Returns how many did."""
    found = ApiKey.objects.filter(pk__in=api_key_ids).exclude(key_hash__startswith=REVOKED_PREFIX)
    for row in found:
        row.enabled = False
        row.key_hash = REVOKED_PREFIX + secrets.token_hex(24)
        row.save(update_fields=("enabled", "key_hash"))
    return len(found)


def api_key_new_webhook_secret(*, api_key: ApiKey) -> str:
    """Replace what its webhooks are signed with. Returns it, which can never be shown again."""
    secret = WEBHOOK_SECRET_PREFIX + base64.b64encode(secrets.token_bytes(WEBHOOK_SECRET_BYTES)).decode()
    api_key.webhook_secret_encrypted = encrypt(secret)
    api_key.save(update_fields=("webhook_secret_encrypted",))
    return secret


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
