"""Pure: what a sessionid looks like."""

from __future__ import annotations

import re

_SESSIONID = re.compile(r"[A-Za-z0-9%_.\-]{8,256}")


class InvalidSessionid(ValueError):
    """The text cannot be a sessionid. The message never repeats it."""


def is_sessionid(text: str) -> bool:
    return _SESSIONID.fullmatch(text) is not None


def clean_sessionid(text: str) -> str:
    """A pasted sessionid without white space, quotes and a leading `sessionid=`. Raises InvalidSessionid."""
    cleaned = text.strip().strip("\"'").removeprefix("sessionid=").rstrip(";").strip()
    if not is_sessionid(cleaned):
        raise InvalidSessionid("This is not a sessionid: 8 to 256 letters, digits and % _ . - are expected.")
    return cleaned
