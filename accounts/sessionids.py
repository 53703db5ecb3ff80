"""Pure: what a sessionid looks like, alone or in cookies, and when the login behind it ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote_plus

# Cookies that hold the sessionid, the surest first; `_ss` is the copy for requests within the site.
SESSION_COOKIES = ("sessionid", "sessionid_ss", "sid_tt")
GUARD_COOKIE = "sid_guard"
_LIFE_MAX_S = 10 * 366 * 86_400  # a sid_guard that says more is not one

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedLogin:
    """`ends_at`: as the cookie header says; None when it does not, or only a sessionid was pasted."""

    sessionid: str = field(repr=False)
    ends_at: datetime | None = None


def read_pasted_login(text: str) -> PastedLogin:
    """A bare sessionid, or a whole cookie header. Raises InvalidSessionid."""
    cookies = dict(header_pairs(text))
    guard = cookies.get(GUARD_COOKIE, "")
    found = next((cookies[name] for name in SESSION_COOKIES if cookies.get(name)), _guarded(guard)) or text
    sessionid = clean_sessionid(found)
    return PastedLogin(sessionid=sessionid, ends_at=login_end(sessionid, [guard]))


def login_end(sessionid: str, guards: Iterable[str]) -> datetime | None:
    """When the login ends, as its own among these `sid_guard`s says: another login's says nothing of this one."""
    own = (each for each in guards if _guarded(each) == unquote_plus(sessionid))
    return next((end for end in map(read_sid_guard, own) if end is not None), None)


def read_sid_guard(value: str) -> datetime | None:
    """The end that a `sid_guard` cookie tells: sessionid, unix time of the login, seconds that it lasts, and a date.

    Parted by `|`, url-encoded or not. None for anything else. Source: docs/upstream.md.
    """
    parts = _parts(value)
    if len(parts) < 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    since_s, life_s = int(parts[1][:12]), int(parts[2][:12])
    return datetime.fromtimestamp(since_s + life_s, UTC) if 0 < life_s <= _LIFE_MAX_S and since_s < 10**11 else None


def _guarded(guard: str) -> str:
    """The sessionid that a sid_guard begins with."""
    return _parts(guard)[0]


def _parts(guard: str) -> list[str]:
    return unquote_plus(guard.strip().strip("\"'")).split("|")


def header_pairs(header: str) -> Iterator[tuple[str, str]]:
    """Names and values of a Cookie header, with or without its own name."""
    text = header.strip().strip("\"'")
    if text[:7].lower() == "cookie:":
        text = text[7:]
    for part in text.replace("\n", ";").split(";"):
        name, separator, value = part.partition("=")
        if separator:
            yield name.strip().lower(), value.strip().strip('"')
