"""Which API key is charged for what is made on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.crypto import salted_hmac

from accounts.models import ApiKey
from generation.pages.asking import working_keys
from generation.viewing import Viewer

_SALT: Final = "generation.create.key"
_HANDLE_CHARS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChoice:
    """`handle`: what the form calls it."""

    handle: str
    name: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What this person may charge. `is_free`: charging none is possible, too."""

    usable: Sequence[ApiKey]
    is_free: bool

    @classmethod
    def of(cls, viewer: Viewer) -> Keys:
        """One query."""
        return cls(usable=working_keys(viewer), is_free=viewer.sees_all)

    @property
    def may_ask(self) -> bool:
        return self.is_free or bool(self.usable)

    @property
    def choices(self) -> list[KeyChoice]:
        return [KeyChoice(handle=handle_of(key), name=key.name, prefix=key.prefix) for key in self.usable]

    def chosen(self, handle: str) -> ApiKey | None:
        """The key of this handle; of "" what is usual: none for staff, for others their first.

        Raises LookupError: it is another person's, or works no more.
        """
        if not handle:
            return None if self.is_free else self.usable[0]
        for key in self.usable:
            if handle_of(key) == handle:
                return key
        raise LookupError(handle)


def handle_of(key: ApiKey) -> str:
    """A name for forms, always the same one, that tells nothing of the key and serves nowhere else."""
    return salted_hmac(_SALT, str(key.pk), algorithm="sha256").hexdigest()[:_HANDLE_CHARS]
