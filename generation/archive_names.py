"""What files of an archive are called, and its table of contents: safe to unpack and to open anywhere. All pure."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from django.utils import timezone

from generation.models import Generation, Media

NAME_MAX_CHARS: Final = 120  # of a whole entry, folder and all
WORDS_MAX_BYTES: Final = 150  # of the prompt in it: file systems take 255 for a name, and Chinese has 3 a character
COLUMNS: Final = ("file", "id", "generation", "prompt", "model", "size", "seconds", "time")
_SUFFIX_OF: Final = {"image/webp": ".webp", "image/png": ".png", "image/jpeg": ".jpg", "video/mp4": ".mp4"}
_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,5}")
_FORBIDDEN: Final = frozenset('/\\:*?"<>|')  # in names, on some system or other
# What begins so is a formula to a spreadsheet; in East Asian ones the wide signs are, too.
_FORMULA_STARTS: Final = tuple("=+-@＝＋－＠")
_KEPT_CONTROLS: Final = frozenset("\t\n\r")


def entry_name(media: Media, generation: Generation) -> str:
    """`2026-11-25/gen_ab12…-1 a lighthouse in the mist.webp`: by the gateway's days. No two are the same."""
    day = timezone.localtime(generation.created_at).strftime("%Y-%m-%d")
    suffix = _suffix(media)
    start = f"{day}/{generation.public_id}-{media.position + 1}"
    words = first_words(generation.prompt, max_chars=NAME_MAX_CHARS - len(start) - len(suffix) - 1)
    return f"{start} {words}{suffix}" if words else f"{start}{suffix}"


def first_words(prompt: str, *, max_chars: int) -> str:
    """The beginning of a prompt as part of a file name: no separators, nothing invisible, no dots at its ends."""
    # Much longer than what is kept; normalising all of a long prompt is of no use.
    normal = unicodedata.normalize("NFC", prompt[: 20 * NAME_MAX_CHARS])
    cleaned = "".join(" " if each in _FORBIDDEN or _is_invisible(each) else each for each in normal)
    words = " ".join(cleaned.split())[:max_chars]
    return words.encode()[:WORDS_MAX_BYTES].decode(errors="ignore").strip(" .")


def contents_table(rows: Iterable[tuple[str, Media, Generation]]) -> bytes:
    """`index.csv`, for spreadsheets: UTF-8 with a mark that says so, and no cell that is taken for a formula."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for name, media, generation in rows:
        size = f"{media.width}x{media.height}" if media.width and media.height else ""
        seconds = "" if media.duration_s is None else f"{media.duration_s:g}"
        at = timezone.localtime(generation.created_at).isoformat(sep=" ", timespec="seconds")
        cells = (name, media.public_id, generation.public_id, generation.prompt, generation.model, size, seconds, at)
        table.writerow([harmless(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig", errors="replace")


def harmless(cell: str) -> str:
    """The text of a cell that no spreadsheet computes: what looks like a formula begins with an apostrophe."""
    shown = "".join(each for each in cell if each in _KEPT_CONTROLS or unicodedata.category(each) != "Cc")
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA_STARTS) else shown


def missing_list(lines: Sequence[str]) -> bytes:
    """`missing.txt`."""
    return "\r\n".join(("These files are not in this archive:", "", *lines, "")).encode("utf-8-sig", errors="replace")


def _is_invisible(char: str) -> bool:
    """Control characters, marks that turn the direction of writing, lone surrogates, odd spaces."""
    return unicodedata.category(char)[0] in "CZ"


def _suffix(media: Media) -> str:
    known = _SUFFIX_OF.get(media.content_type)
    if known:
        return known
    given = PurePosixPath(media.file.name or "").suffix.lower()
    return given if _SUFFIX.fullmatch(given) else ".bin"
