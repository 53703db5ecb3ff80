"""Pure: logins in cookies: headers, browser exports, cookies.txt. Which cookie is Jimeng's, and when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts.entries import Entry, Problem
from accounts.sessionids import (
    GUARD_COOKIE,
    SESSION_COOKIES,
    InvalidSessionid,
    clean_sessionid,
    header_pairs,
    login_end,
)

SITE = "jianying.com"
_MILLISECONDS_FROM = 1e11  # Unix seconds have 10 digits for the next two centuries
_YEARS = range(2000, 2200)  # "never" is written as 9999, and by some as a number that is no time at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """`domain` "": not told. `line`: where it stands."""

    line: int
    name: str
    value: str
    domain: str = ""
    expires_at: datetime | None = None


def entries_of_jar(cookies: Sequence[Cookie], *, line: int) -> list[Entry]:
    """The logins in the cookies of one browser: one for each different sessionid of Jimeng, else one problem."""
    named = [each for each in cookies if each.name in SESSION_COOKIES and each.value.strip()]
    ours = [each for each in named if is_ours(each.domain)]
    if not ours:
        return [Entry(line=line, problem=Problem.OTHER_SITE if named else Problem.NO_SESSIONID)]
    kinds = {each.name for each in ours}
    first_kind = next(name for name in SESSION_COOKIES if name in kinds)
    chosen: dict[str, Cookie] = {}
    for each in ours:
        if each.name == first_kind:
            chosen.setdefault(each.value, each)
    guards = [each.value for each in cookies if each.name == GUARD_COOKIE and is_ours(each.domain)]
    return [_entry(each, guards) for each in chosen.values()]


def _entry(cookie: Cookie, guards: Sequence[str]) -> Entry:
    try:
        sessionid = clean_sessionid(cookie.value)
    except InvalidSessionid:
        return Entry(line=cookie.line, problem=Problem.NOT_A_SESSIONID)
    end = login_end(sessionid, guards) or cookie.expires_at
    return Entry(line=cookie.line, sessionid=sessionid, login_expires_at=end)


def is_ours(domain: str) -> bool:
    host = domain.strip().lstrip(".").lower()
    return not host or host == SITE or host.endswith(f".{SITE}")


def instant_of(value: object) -> datetime | None:
    """An expiry as exports write it: Unix seconds or milliseconds, a number or a text, or an ISO time.

    None for session cookies (missing, 0, -1), for those that never end, and for what cannot be read.
    """
    found = None if isinstance(value, bool) or value is None else _instant(value)
    return found if found is not None and found.year in _YEARS else None


def _instant(value: object) -> datetime | None:
    try:
        seconds = float(value)  # type: ignore[arg-type]  # what is no number raises, and is caught
    except (TypeError, ValueError):
        return _from_iso(value) if isinstance(value, str) else None
    except OverflowError:
        return None
    if seconds > _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _from_iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def cookies_of_header(text: str, *, line: int) -> list[Cookie]:
    """The content of a Cookie header: `a=b; c=d`."""
    return [Cookie(line=line, name=name, value=value) for name, value in header_pairs(text)]


def cookies_of_json(items: Sequence[Mapping[str, Any]], *, line: int) -> list[Cookie]:
    """Of EditThisCookie, Cookie-Editor, Playwright, Chrome and Firefox exports."""
    found = []
    for item in items:
        name, value = item.get("name"), item.get("value")
        if isinstance(name, str) and isinstance(value, str):
            domain = item.get("domain") or item.get("host") or ""
            given = (item.get(key) for key in ("expirationDate", "expires", "expiry", "expirationTime"))
            expires_at = next((each for each in map(instant_of, given) if each is not None), None)
            found.append(Cookie(line=line, name=name, value=value, domain=str(domain), expires_at=expires_at))
    return found


def entries_of_netscape(lines: Sequence[str]) -> list[Entry]:
    """cookies.txt: seven cells parted by tabs; each comment that names the format begins the cookies of one more."""
    entries: list[Entry] = []
    jar: list[Cookie] = []
    for number, line in enumerate(lines, start=1):
        if is_netscape_head(line) and jar:
            entries += entries_of_jar(jar, line=jar[0].line)
            jar = []
        row = line.removeprefix("#HttpOnly_")
        if not row.strip() or row.startswith("#"):
            continue
        cells = row.rstrip("\r\n").split("\t")
        if len(cells) != 7:
            entries.append(Entry(line=number, problem=Problem.SHAPE))
        else:
            domain, expires_at = cells[0], instant_of(cells[4])
            jar.append(Cookie(line=number, name=cells[5], value=cells[6], domain=domain, expires_at=expires_at))
    if jar:
        entries += entries_of_jar(jar, line=jar[0].line)
    return sorted(entries, key=lambda each: each.line)


def is_netscape_head(line: str) -> bool:
    return line.startswith("#") and "http cookie file" in line.lower()


def is_netscape(lines: Sequence[str]) -> bool:
    """Told by its comment, or by a first line of seven cells whose second is TRUE or FALSE."""
    first = next((line for line in lines if line.strip()), "")
    cells = first.removeprefix("#HttpOnly_").split("\t")
    return is_netscape_head(first) or (len(cells) == 7 and cells[1].upper() in ("TRUE", "FALSE"))
