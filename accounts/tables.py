"""Pure: logins in a table with a header: CSV, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from accounts.entries import CAPS, NAME_MAX_CHARS, PRIORITIES, Entry, Problem, split_tags
from accounts.proxy_addresses import InvalidProxy, proxy_url

DELIMITERS = ",;\t，"
_HEADER_MAX_CHARS = (
    1000  # a longer line is none; csv refuses such cells, and thousands of sessionids may be on one line
)
_ROW_MAX_LINES = 100  # of a cell that holds line ends
_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sessionid": ("sessionid", "session_id", "session id", "session", "cookie"),
        "name": ("name", "名称", "姓名", "账号"),
        "notes": ("notes", "note", "备注"),
        "tags": ("tags", "tag", "标签"),
        "priority": ("priority", "优先级"),
        "cap": ("cap", "concurrency", "concurrency_cap", "并发", "并发上限"),
        "proxy": ("proxy", "代理"),
    }
)
_BY_TITLE = {title: column for column, titles in _COLUMNS.items() for title in titles}


def header_of(line: str) -> tuple[str, tuple[str, ...]] | None:
    """The delimiter and the columns ("" for one that we do not know), if this line is the header of a table."""
    if len(line) > _HEADER_MAX_CHARS:
        return None
    for delimiter in DELIMITERS:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        columns = tuple(_BY_TITLE.get(cell.strip().lower(), "") for cell in cells)
        if "sessionid" in columns and (len(columns) > 1 or line.strip().strip('"').lower() == "sessionid"):
            return delimiter, columns
    return None


def row_at(lines: Sequence[str], index: int, *, delimiter: str, width: int) -> tuple[list[str], int]:
    """The cells of the row that begins there, and how many lines it takes; no cells: its quotation marks do not fit.

    Cells may hold line ends, so a mark that is never closed would swallow what follows: only its own line is given up.
    """
    reader = csv.reader(
        (f"{line}\n" for line in lines[index : index + _ROW_MAX_LINES]),
        delimiter=delimiter,
        strict=True,
        skipinitialspace=True,
    )
    try:
        cells = next(reader)
    except csv.Error:
        return [], 1
    taken = reader.line_num
    return ([], 1) if taken > 1 and len(cells) > width else (cells, taken)


def entry_of_row(cells: Sequence[str], columns: Sequence[str], *, line: int) -> tuple[Entry, str]:
    """What a row says of a login, and the text in its sessionid column."""
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        return Entry(line=line, problem=Problem.COLUMNS), ""
    given = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column}
    entry = Entry(
        line=line,
        name=given.get("name", "")[:NAME_MAX_CHARS],
        notes=given.get("notes", ""),
        tags=split_tags(given.get("tags", "")),
    )
    problem: Problem | None = None
    try:
        entry = replace(entry, proxy=proxy_url(given.get("proxy", "")))
    except InvalidProxy:
        problem = Problem.PROXY
    priority, cap = _whole(given.get("priority", "")), _whole(given.get("cap", ""))
    if given.get("priority") and priority not in PRIORITIES:
        problem = Problem.PRIORITY
    elif given.get("cap") and cap not in CAPS:
        problem = Problem.CAP
    if not given.get("sessionid"):
        problem = Problem.NO_SESSIONID
    return replace(entry, priority=priority, cap=cap, problem=problem), given.get("sessionid", "")


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
