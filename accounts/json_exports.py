"""Pure: logins in JSON: what browser extensions and Playwright export, and plain lists of accounts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from accounts import sealing
from accounts.cookies import Cookie, cookies_of_json, entries_of_jar
from accounts.entries import (
    CAPS,
    NAME_MAX_CHARS,
    PRIORITIES,
    Entry,
    Problem,
    Unreadable,
    split_tags,
)
from accounts.lines import entries_of_text
from accounts.proxy_addresses import InvalidProxy, proxy_url
from accounts.sessionids import GUARD_COOKIE, SESSION_COOKIES, login_end

_BEGINS_AS_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")


def is_json(text: str) -> bool:
    return _BEGINS_AS_JSON.match(text) is not None


def read_json(text: str, *, password: str) -> list[Entry]:
    """Logins in their order; `line` is the place in the list. Raises Unreadable."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _read_json_lines(text.split("\n"), failed_at=getattr(error, "lineno", 1))
    if isinstance(content, dict) and content.get("format") == sealing.FORMAT:
        return sealing.open_bundle(content, password=password)
    if isinstance(content, list) and not _is_jar(content):
        return [entry for number, each in enumerate(content, start=1) for entry in _of_json(each, number)]
    return _of_json(content, 1)


def _read_json_lines(lines: Sequence[str], *, failed_at: int) -> list[Entry]:
    """A JSON text on each line, as some tools write; lines that are none are read as text."""
    found: list[Entry] = []
    parsed = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            found += entries_of_text(line, number)
        else:
            parsed += isinstance(content, dict | list)
            found += _of_json(content, number)
    if not parsed:
        raise Unreadable("json", line=failed_at)
    return found


def _is_jar(content: Sequence[Any]) -> bool:
    """A list of cookies, as opposed to a list of accounts."""
    return bool(content) and all(isinstance(each, dict) and "name" in each and "value" in each for each in content)


def _of_json(content: Any, number: int) -> list[Entry]:
    """One login in JSON: a text, a list of cookies, or an object that holds either."""
    if isinstance(content, str):
        return entries_of_text(content, number) if content.strip() else [_shapeless(number)]
    if isinstance(content, list) and _is_jar(content):
        return entries_of_jar(cookies_of_json(content, line=number), line=number)
    if isinstance(content, dict):
        return _of_object(content, number)
    return [_shapeless(number)]


def _of_object(content: Mapping[str, Any], number: int) -> list[Entry]:
    """`{"cookies": …, "name": …}`, `{"sessionid": …, "name": …}` or a jar as `{"sessionid": …, "sid_guard": …}`."""
    cookies = content.get("cookies") or content.get("cookie")
    if isinstance(cookies, str) or (isinstance(cookies, list) and _is_jar(cookies)):
        found = _of_json(cookies, number)
    elif isinstance(cookies, dict):
        found = _of_object(cookies, number)
    else:
        named = {name: value for name, value in content.items() if isinstance(value, str)}
        jar = [
            Cookie(line=number, name=name, value=named[name])
            for name in (*SESSION_COOKIES, GUARD_COOKIE)
            if name in named
        ]
        found = entries_of_jar(jar, line=number) if jar else [_shapeless(number)]
    return [_with_facts(each, content) for each in found]


def _with_facts(entry: Entry, content: Mapping[str, Any]) -> Entry:
    if entry.problem is not None:
        return entry
    given = {name: content[name] for name in ("name", "notes", "proxy") if isinstance(content.get(name), str)}
    tags = content.get("tags")
    tags = ",".join(map(str, tags)) if isinstance(tags, list) else tags if isinstance(tags, str) else ""
    priority, cap = content.get("priority"), content.get("cap")
    problem = next(_problems_of(given.get("proxy", ""), priority, cap), None)
    if problem is not None:
        return Entry(line=entry.line, problem=problem)
    end = entry.login_expires_at or login_end(entry.sessionid, [str(content.get(GUARD_COOKIE, ""))])
    return replace(
        entry,
        name=given.get("name", "")[:NAME_MAX_CHARS],
        notes=given.get("notes", ""),
        proxy=proxy_url(given.get("proxy", "")),
        tags=split_tags(tags),
        login_expires_at=end,
        priority=priority,
        cap=cap,
    )


def _problems_of(proxy: str, priority: Any, cap: Any) -> Iterator[Problem]:
    try:
        proxy_url(proxy)
    except InvalidProxy:
        yield Problem.PROXY
    if not _fits(priority, PRIORITIES):
        yield Problem.PRIORITY
    if not _fits(cap, CAPS):
        yield Problem.CAP


def _fits(value: Any, allowed: range) -> bool:
    return value is None or (type(value) is int and value in allowed)


def _shapeless(number: int) -> Entry:
    return Entry(line=number, problem=Problem.SHAPE)
