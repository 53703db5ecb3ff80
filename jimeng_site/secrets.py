"""Secrets that the gateway makes for itself on first start, kept in the data folder with mode 600."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


def secret_key(data_dir: Path) -> str:
    """Django's SECRET_KEY: signs sessions and media links."""
    return _read_or_make(data_dir / "secret_key", lambda: secrets.token_urlsafe(50))


def encryption_key(data_dir: Path) -> str:
    """A Fernet key: encrypts the stored sessionids. Losing it loses the logins."""
    return _read_or_make(data_dir / "encryption_key", lambda: Fernet.generate_key().decode())


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
    if not path.exists():
        # Several processes may start at once: each writes a file of its own, the first to link it wins.
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        with os.fdopen(descriptor, "w") as file:
            file.write(make() + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
