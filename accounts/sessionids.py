"""Pure: what a sessionid looks like, alone or in a pasted cookie header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote_plus

# Cookies that hold the sessionid, the surest first.
_NAMES = ("sessionid", "sessionid_ss", "sid_tt")
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
    cookies = dict(_cookies(text))
    guard = cookies.get("sid_guard", "")
    found = next((cookies[name] for name in _NAMES if cookies.get(name)), _guarded(guard)) or text
    sessionid = clean_sessionid(found)
    # Another login's guard says nothing of this one.
    return PastedLogin(sessionid=sessionid, ends_at=read_sid_guard(guard) if _guarded(guard) == sessionid else None)


def login_end_of(cookie_header: str) -> datetime | None:
    """When the login of a cookie header ends; None when it does not say."""
    return read_sid_guard(dict(_cookies(cookie_header)).get("sid_guard", ""))


def read_sid_guard(value: str) -> datetime | None:
    """The end that a `sid_guard` cookie tells: sessionid, unix time of the login, seconds that it lasts, and a date.

    Parted by `|`, url-encoded or not. None for anything else. Source: docs/upstream.md.
    """
    parts = unquote_plus(value.strip().strip('"')).split("|")
    if len(parts) < 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    since_s, life_s = int(parts[1][:12]), int(parts[2][:12])
    return datetime.fromtimestamp(since_s + life_s, UTC) if 0 < life_s <= _LIFE_MAX_S and since_s < 10**11 else None


def _guarded(guard: str) -> str:
    """The sessionid that a sid_guard begins with."""
    return unquote_plus(guard).partition("|")[0]


def _cookies(header: str) -> Iterator[tuple[str, str]]:
    """Names and values; of equal names the last counts."""
    text = header.strip().strip("\"'")
    if text[:7].lower() == "cookie:":
        text = text[7:]
    for part in text.replace("\n", ";").split(";"):
        name, separator, value = part.partition("=")
        if separator:
            yield name.strip().lower(), value.strip().strip('"')
