"""Secrets at rest: encrypted (Fernet), and sessionids found again by a keyed fingerprint."""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

from jimeng_site import secrets


def encrypt(text: str) -> str:
    return _fernet(encryption_keys()).encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Raises cryptography.fernet.InvalidToken when no key of ours fits."""
    return _fernet(encryption_keys()).decrypt(encrypted.encode()).decode()


def encryption_keys() -> tuple[str, ...]:
    """The encryption keys, newest first.

    Those in the data folder are what its file holds at this moment (one `stat` tells): all processes change to a new
    key together, and none goes on writing what only an old one opens.
    """
    return tuple(settings.JIMENG_ENCRYPTION_KEYS) or _keys_in_file()


class _Seen:
    """The key file as this process saw it last."""

    stamp: tuple[int, int, int] | None = None
    keys: tuple[str, ...] = ()


def _keys_in_file() -> tuple[str, ...]:
    try:
        found = secrets.encryption_key_file(settings.JIMENG_DATA_DIR).stat()
    except FileNotFoundError:
        if _Seen.keys:
            return _Seen.keys  # moved away under a running process: a new key would not open what is stored
        raise
    stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
    if stamp != _Seen.stamp:
        # Read before the stamp is kept: a file that changes in between is read once more.
        _Seen.keys, _Seen.stamp = tuple(secrets.encryption_keys(settings.JIMENG_DATA_DIR)), stamp
    return _Seen.keys


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def fingerprint(sessionid: str) -> str:
    """HMAC-SHA256 (64 hex characters) under SECRET_KEY: equal for equal sessionids, useless without the key."""
    return salted_hmac("accounts.sessionid", sessionid, algorithm="sha256").hexdigest()


def device_of(fingerprint: str) -> tuple[str, str]:
    """The device identity of a login by its fingerprint: web id (19 digits, the first a 7) and uid_tt (32 hex digits).

    Always the same for the same login, stored or not: one that turns up from new devices looks stolen. An account
    keeps its own for good, whatever its sessionid becomes.
    """
    return f"7{int(fingerprint[:32], 16) % 10**18:018d}", fingerprint[32:]
