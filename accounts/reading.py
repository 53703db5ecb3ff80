"""Pure: reads pasted text or a file into logins. Each line that is not empty becomes an entry or a problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from accounts import tables
from accounts.cookies import entries_of_netscape, is_netscape
from accounts.entries import Entry, Problem, Unreadable, filled, plain
from accounts.json_exports import is_json, read_json
from accounts.lines import entries_of_text

MAX_BYTES = 2 * 1024 * 1024
MAX_ENTRIES = 10_000


def read_entries(given: str | bytes, *, password: str = "") -> list[Entry]:
    """The logins of a pasted text or a file, in its order. `password`: of an encrypted bundle. Raises Unreadable."""
    size_bytes = len(given if isinstance(given, bytes) else given.encode("utf-8", "replace"))
    if size_bytes > MAX_BYTES:
        raise Unreadable("too_large", mib=MAX_BYTES // 1024**2)
    text = (decode(given) if isinstance(given, bytes) else given).lstrip("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise Unreadable("empty")
    entries = _read(text, password)
    if len(entries) > MAX_ENTRIES:
        raise Unreadable("too_many", count=MAX_ENTRIES)
    return [plain(entry) for entry in entries]


def decode(content: bytes) -> str:
    """UTF-8 and UTF-16 with or without their marks, and what Chinese Windows writes. Raises Unreadable."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif content[1:2] == b"\0":
        encodings = ["utf-16-le"]
    elif content[:1] == b"\0":
        encodings = ["utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable("encoding")


def _read(text: str, password: str) -> list[Entry]:
    if is_json(text):
        return read_json(text, password=password)
    lines = text.split("\n")
    if is_netscape(lines):
        return entries_of_netscape(lines)
    first = next(number for number, line in enumerate(lines) if line.strip())
    header = tables.header_of(lines[first])
    if header is not None:
        return _read_table(lines, first + 1, *header)
    filled_lines = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    return [entry for number, line in filled_lines for entry in entries_of_text(line, number)]


def _read_table(lines: Sequence[str], index: int, delimiter: str, columns: Sequence[str]) -> list[Entry]:
    found = []
    while index < len(lines):
        taken = 1
        if lines[index].strip():
            cells, taken = tables.row_at(lines, index, delimiter=delimiter, width=len(columns))
            found += _entries_of_row(cells, columns, index + 1)
        index += taken
    return found


def _entries_of_row(cells: Sequence[str], columns: Sequence[str], line: int) -> list[Entry]:
    if not cells:
        return [Entry(line=line, problem=Problem.QUOTES)]
    row, text = tables.entry_of_row(cells, columns, line=line)
    if row.problem is not None:
        return [Entry(line=line, problem=row.problem, name=row.name)]
    return [
        replace(filled(row, each), sessionid=each.sessionid, problem=each.problem)
        for each in entries_of_text(text, line)
    ]
