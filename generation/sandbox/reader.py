"""Strict reading of JSON objects: constants as documented, no key too few or too many, every id a fresh UUID."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from generation.sandbox.checks import Violation, need


class Reader:
    """Reads the objects of one submission, and remembers the ids that it has seen."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def read(self, value: Any, where: str, fixed: Mapping[str, Any], free: str = "", optional: str = "") -> Any:
        """An object whose keys are `fixed` (with these values), `free` and at will `optional`. Raises Violation."""
        if not isinstance(value, dict):
            raise Violation(f"{where} must be an object")
        free_names = set(free.split())
        missing = (set(fixed) | free_names) - set(value)
        need(not missing, f"{where} lacks {sorted(missing)}")
        unknown = set(value) - set(fixed) - free_names - set(optional.split())
        need(not unknown, f"{where} has unexpected {sorted(unknown)}")
        for name, wanted in fixed.items():
            same = value[name] == wanted and type(value[name]) is type(wanted)
            need(same, f"{where}.{name} must be {json.dumps(wanted)}")
        if "id" in free_names:
            self._take_id(value["id"], where)
        return value

    def one_of(self, value: Any, where: str) -> Any:
        """The only element of a list of one. Raises Violation."""
        if not isinstance(value, list) or len(value) != 1:
            raise Violation(f"{where} must be a list of one")
        return value[0]

    def _take_id(self, value: Any, where: str) -> None:
        need(is_uuid(value), f"{where}.id must be a UUID")
        need(value not in self._ids, f"{where}.id is used twice")
        self._ids.add(value)


def is_uuid(value: Any, version: int | None = None) -> bool:
    """Whether a value is a UUID in its usual writing, of that version when given."""
    try:
        found = uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return str(found) == value and version in (None, found.version)


def read_json(text: Any, where: str) -> Any:
    """The value of a JSON string. Raises Violation."""
    need(isinstance(text, str), f"{where} must be a JSON string")
    try:
        return json.loads(text)
    except ValueError:
        raise Violation(f"{where} is not JSON") from None


def is_whole(value: Any, first: int, last: int) -> bool:
    """Whether a value is an integer (true and false are none) from `first` to `last`."""
    return isinstance(value, int) and not isinstance(value, bool) and first <= value <= last
