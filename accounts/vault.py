"""Sessionids at rest: encrypted (Fernet), and found again by a keyed fingerprint."""

from __future__ import annotations

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


def device_of(fingerprint: str) -> tuple[str, str]:
    """The device identity of a login by its fingerprint: web id (19 digits, the first a 7) and uid_tt (32 hex digits).

    Always the same for the same login, stored or not: one that turns up from new devices looks stolen. An account
    keeps its own for good, whatever its sessionid becomes.
    """
    return f"7{int(fingerprint[:32], 16) % 10**18:018d}", fingerprint[32:]
