"""Pure: logins on lines of text: sessionids one a line or parted by commas, and whole Cookie headers."""

from __future__ import annotations

import re

from accounts.cookies import cookies_of_header, entries_of_jar
from accounts.entries import Entry, Problem
from accounts.sessionids import InvalidSessionid, clean_sessionid

_HEADER = re.compile(r"\bcookie:(.*)", re.IGNORECASE)  # copied whole, or out of a curl command
_PAIRS = re.compile(r"[^=;]+=[^;]*;[^=;]+=")
_PARTED = re.compile(r"[,，;；、]")
_HEX = re.compile(r"[0-9a-f]{32}")  # what real ones look like: such may be parted by spaces alone


def entries_of_text(text: str, line: int) -> list[Entry]:
    """A Cookie header, or sessionids parted by commas."""
    header = _HEADER.search(text)
    if header is not None or _PAIRS.match(text):
        return entries_of_jar(cookies_of_header(header[1] if header else text, line=line), line=line)
    parts = [part for part in _PARTED.split(text) if part.strip(" \t\"'")]
    found = []
    for part in parts:
        words = part.split()
        bare = words if all(_HEX.fullmatch(word) for word in words) else [part]
        found += [_entry_of_sessionid(each, line) for each in bare]
    return found or [Entry(line=line, problem=Problem.NOT_A_SESSIONID)]


def _entry_of_sessionid(text: str, line: int) -> Entry:
    try:
        return Entry(line=line, sessionid=clean_sessionid(text))
    except InvalidSessionid:
        return Entry(line=line, problem=Problem.NOT_A_SESSIONID)
