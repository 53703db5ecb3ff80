"""Sessionids at rest: encrypted (Fernet), and found again by a keyed fingerprint."""

from __future__ import annotations

import hashlib
import secrets

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.JIMENG_ENCRYPTION_KEYS])


def encrypt(sessionid: str) -> str:
    return _fernet().encrypt(sessionid.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Raises cryptography.fernet.InvalidToken when no key of JIMENG_ENCRYPTION_KEYS fits."""
    return _fernet().decrypt(encrypted.encode()).decode()


def fingerprint(sessionid: str) -> str:
    """HMAC-SHA256 (64 hex characters) under SECRET_KEY: equal for equal sessionids, useless without the key."""
    return salted_hmac("accounts.sessionid", sessionid, algorithm="sha256").hexdigest()


def new_web_id() -> str:
    """A device id as the web client draws one: 19 digits, the first a 7. Kept per account for good."""
    return "7" + "".join(secrets.choice("0123456789") for _ in range(18))


def new_uid_tt() -> str:
    return hashlib.md5(secrets.token_bytes(16), usedforsecurity=False).hexdigest()
