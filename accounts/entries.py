"""Pure: one login as an import gives it, or the reason why a line holds none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.proxy_addresses import proxy_url

NAME_MAX_CHARS = 100
PRIORITIES = range(-32768, 32768)  # a small integer of the database
CAPS = range(32768)


class Problem(StrEnum):
    """Why a line holds no login. Stored as it is; its words never repeat the line."""

    NOT_A_SESSIONID = "not_a_sessionid"
    NO_SESSIONID = "no_sessionid"
    OTHER_SITE = "other_site"
    COLUMNS = "columns"
    QUOTES = "quotes"
    PRIORITY = "priority"
    CAP = "cap"
    PROXY = "proxy"
    SHAPE = "shape"


PROBLEM_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        Problem.NOT_A_SESSIONID: _("not a sessionid: 8 to 256 letters, digits and % _ . - are expected"),
        Problem.NO_SESSIONID: _("no sessionid in it"),
        Problem.OTHER_SITE: _("the sessionid is a cookie of another site, not of jianying.com"),
        Problem.COLUMNS: _("more cells than the header has columns"),
        Problem.QUOTES: _("a quotation mark is not closed"),
        Problem.PRIORITY: _("the priority is not a whole number"),
        Problem.CAP: _("the cap is not a whole number from 0"),
        Problem.PROXY: _("the proxy is no address like http://host:port or socks5://user:password@host:port"),
        Problem.SHAPE: _("neither a cookie, a list of cookies nor an account"),
    }
)


class Unreadable(ValueError):
    """Nothing of the text can be taken. `code` is a key of UNREADABLE_WORDS; nothing of the text is repeated."""

    def __init__(self, code: str, **facts: int) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.words)

    @property
    def words(self) -> str:
        return str(UNREADABLE_WORDS[self.code]) % self.facts if self.facts else str(UNREADABLE_WORDS[self.code])


UNREADABLE_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        "empty": _("There is nothing in it."),
        "too_large": _("It is larger than %(mib)d MiB. Import it in parts."),
        "too_many": _("It holds more than %(count)d entries. Import it in parts."),
        "encoding": _("It is no text in UTF-8, UTF-16 or GB18030."),
        "json": _("It looks like JSON, but line %(line)d cannot be read."),
        "password": _("It is an encrypted bundle: its password is needed."),
        "wrong_password": _("The password does not open this bundle."),
        "damaged": _("The bundle is damaged: it is not as it was written."),
        "version": _("The bundle was written by a newer version of the gateway."),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One login, or a `problem`. None and "" mean: not given. `line`: of the text from 1, or the place in a list."""

    line: int
    problem: Problem | None = None
    sessionid: str = field(default="", repr=False)
    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    priority: int | None = None
    cap: int | None = None
    proxy: str = field(default="", repr=False)  # as accounts.proxy_addresses.proxy_url writes it
    login_expires_at: datetime | None = None
    # Only bundles of another gateway give these: a login that turns up from new devices looks stolen.
    web_id: str = ""
    uid_tt: str = ""
    user_id: str = ""
    enabled: bool | None = None
    login_since: datetime | None = None

    def facts(self) -> dict[str, Any]:
        """All that was given beside line, problem and sessionid, as JSON."""
        given = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _NOT_FACTS}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in given.items()
            if value not in (None, "", ())
        }


_CONTROLS = dict.fromkeys(code for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r")
_NOT_FACTS = frozenset({"line", "problem", "sessionid"})


def entry_from_facts(*, line: int, sessionid: str, facts: Mapping[str, Any]) -> Entry:
    """The reverse of `Entry.facts`. Raises KeyError, TypeError or ValueError for what that never made."""
    given = dict(facts)
    for name in ("login_expires_at", "login_since"):
        if name in given:
            given[name] = datetime.fromisoformat(given[name])
    given["proxy"] = proxy_url(given.get("proxy", ""))
    given["tags"] = tuple(given.get("tags", ()))
    entry = Entry(line=line, sessionid=sessionid, **given)
    if not all(_fits(entry)):
        raise ValueError("not as Entry.facts writes it")
    return entry


def _fits(entry: Entry) -> Iterator[bool]:
    """Whether the columns of an account take it: a foreign bundle may hold anything."""
    yield all(isinstance(each, str) for each in (entry.name, entry.notes, *entry.tags))
    yield len(entry.name) <= NAME_MAX_CHARS
    for text, chars in ((entry.web_id, 19), (entry.uid_tt, 32), (entry.user_id, 40)):
        yield len(text) <= chars and (not text or (text.isascii() and text.isalnum()))
    yield entry.priority is None or (type(entry.priority) is int and entry.priority in PRIORITIES)
    yield entry.cap is None or (type(entry.cap) is int and entry.cap in CAPS)
    yield entry.enabled is None or isinstance(entry.enabled, bool)
    yield all(each is None or each.tzinfo is not None for each in (entry.login_expires_at, entry.login_since))


def plain(entry: Entry) -> Entry:
    """Without what no database takes or what steers terminals: control characters, halves of surrogate pairs.

    A name is one line.
    """
    return replace(
        entry,
        name=" ".join(_storable(entry.name).split()),
        notes=_storable(entry.notes),
        tags=tuple(dict.fromkeys(map(_storable, entry.tags))),
    )


def _storable(text: str) -> str:
    return text.translate(_CONTROLS).encode(errors="ignore").decode()


def filled(entry: Entry, other: Entry) -> Entry:
    """`entry`, and from `other` what it does not say itself; tags of both."""
    missing = {
        each.name: getattr(other, each.name)
        for each in fields(entry)
        if each.name not in _NOT_FACTS and getattr(entry, each.name) in (None, "", ())
    }
    missing["tags"] = tuple(dict.fromkeys((*entry.tags, *other.tags)))
    return replace(entry, **missing)


def split_tags(text: str) -> tuple[str, ...]:
    """Tags parted by commas, semicolons, bars or line ends, Chinese ones too; each once."""
    for other in "，、;；|\n":
        text = text.replace(other, ",")
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
