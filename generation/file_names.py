"""Names under which people save result files, and how they are told to a browser: nothing in them can do harm."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import quote

from django.utils import timezone

from generation.models import Media

WORDS_MAX_CHARS: Final = 40
_SUFFIXES: Final = {"image/webp": ".webp", "image/png": ".png", "image/jpeg": ".jpg", "video/mp4": ".mp4"}
_KEPT: Final = frozenset("LMN")  # Unicode's letters, marks and digits; a dash stands for all else


def download_name(media: Media) -> str:
    """`jimeng-2026-11-25-a-lighthouse-in-the-mist-1.webp`; `media` with `generation`.

    Of the prompt only letters and digits are in it: no part of a path, no control character, nothing that turns the
    direction of writing.
    """
    generation = media.generation
    day = timezone.localtime(generation.created_at).strftime("%Y-%m-%d")
    parts = ("jimeng", day, words_of(generation.prompt), str(media.position + 1))
    return "-".join(part for part in parts if part) + _SUFFIXES.get(media.content_type, ".bin")


def words_of(prompt: str) -> str:
    """The first words of a prompt, with dashes between; "" if it has none."""
    # Composed, so that no letter is cut from its accent; and no more than could be needed of a very long one.
    text = unicodedata.normalize("NFKC", prompt[: WORDS_MAX_CHARS * 10])
    cleaned = "".join(char if unicodedata.category(char)[0] in _KEPT else " " for char in text)
    words = "-".join(cleaned.split())
    if len(words) <= WORDS_MAX_CHARS:
        return words
    cut = words[: WORDS_MAX_CHARS + 1]
    whole = cut.rpartition("-")[0]  # Chinese has no spaces to cut at
    return whole if len(whole) > WORDS_MAX_CHARS // 2 else cut[:WORDS_MAX_CHARS]


def disposition(filename: str, *, is_attachment: bool) -> str:
    """A Content-Disposition that every client understands: plain ASCII, and the full name where there is more to it."""
    plain = filename.encode("ascii", "ignore").decode()
    safe = "".join(char if char.isalnum() or char in "-_." else "-" for char in plain)
    while "--" in safe:
        safe = safe.replace("--", "-")
    value = f'{"attachment" if is_attachment else "inline"}; filename="{safe}"'
    return value if safe == filename else f"{value}; filename*=UTF-8''{quote(filename, safe='')}"
