"""Secrets that the gateway makes for itself on first start, kept in the data folder with mode 600."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.fernet import Fernet

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


def secret_key(data_dir: Path) -> str:
    """Django's SECRET_KEY: signs sessions and media links."""
    return _read_or_make(data_dir / "secret_key", lambda: secrets.token_urlsafe(50))


def encryption_key_file(data_dir: Path) -> Path:
    return data_dir / "encryption_key"


def encryption_keys(data_dir: Path) -> list[str]:
    """Fernet keys, newest first: the first encrypts what is secret, all decrypt. Losing them loses the logins."""
    return _read_or_make(encryption_key_file(data_dir), lambda: Fernet.generate_key().decode()).split()


def encryption_keys_write(data_dir: Path, keys: Sequence[str]) -> None:
    """Replace the keys at once: whoever reads meanwhile finds the old ones or the new ones, never a part."""
    path = encryption_key_file(data_dir)
    draft = _write_draft(path, "\n".join(keys))
    with draft.open() as file:
        os.fsync(file.fileno())  # rows that only the new key opens follow: it must survive a power cut first
    draft.replace(path)


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
    if not path.exists():
        # Several processes may start at once: each writes a file of its own, the first to link it wins.
        draft = _write_draft(path, make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _write_draft(path: Path, content: str) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(content + "\n")
    return draft
