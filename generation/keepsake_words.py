"""What happened to a generation after its end, in a person's words: pins, the trash, files removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generation.models import GenerationEvent, Media


def _pinned(facts: dict[str, Any]) -> str:
    return _by(_("Pinned: nothing removes its files."), facts)


def _unpinned(facts: dict[str, Any]) -> str:
    return _by(_("No longer pinned."), facts)


def _deleted(facts: dict[str, Any]) -> str:
    return _by(_("Moved to the trash."), facts)


def _restored(facts: dict[str, Any]) -> str:
    return _by(_("Taken out of the trash."), facts)


def _by(words: str, facts: dict[str, Any]) -> str:
    """The sentence, with how many files it is about and who did it, as far as that is known."""
    count = facts.get("files")
    beside = [] if not count else [ngettext("%(count)d file", "%(count)d files", count) % {"count": count}]
    if "by" in facts:
        beside.append(_("by %(name)s") % {"name": facts["by"]})
    return f"{words} ({', '.join(beside)})" if beside else words


def _files_removed(facts: dict[str, Any]) -> str:
    count = int(facts.get("files", 0))
    words = ngettext("%(count)d file was removed.", "%(count)d files were removed.", count) % {"count": count}
    why = facts.get("why")
    return f"{words} ({Media.Removal(why).label})" if why in Media.Removal.values else words


KEEPSAKE_SENTENCES: Mapping[str, Callable[[dict[str, Any]], str]] = MappingProxyType(
    {
        GenerationEvent.Kind.PINNED: _pinned,
        GenerationEvent.Kind.UNPINNED: _unpinned,
        GenerationEvent.Kind.DELETED: _deleted,
        GenerationEvent.Kind.RESTORED: _restored,
        GenerationEvent.Kind.FILES_REMOVED: _files_removed,
    }
)
