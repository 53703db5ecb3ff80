"""Values out of JSON whose sorts vary: numbers come as text, objects as null. Pure, never raises."""

from __future__ import annotations

import re
from typing import Any

# Times come in seconds and in milliseconds: this many seconds is the year 5138.
SECONDS_MAX = 1e11
AMOUNT_MAX = 2**31 - 1
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


def as_seconds(moment: float) -> float:
    """Unix seconds, from seconds or milliseconds."""
    return moment / 1000 if moment > SECONDS_MAX else moment


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Text, or a whole number as text (ids and codes come as both); "" for all else.

    Without NUL and halves of surrogate pairs, which JSON may hold and no database takes.
    """
    if isinstance(value, str):
        text = value.replace("\0", "")
        return text if text.isascii() else text.encode(errors="ignore").decode()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def as_int(value: Any) -> int | None:
    """A whole number given as number or text; None for all else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else None


def as_amount(value: Any) -> int | None:
    """As `as_int`, for what is counted: never below 0, nor beyond what a column holds."""
    amount = as_int(value)
    return None if amount is None else max(0, min(amount, AMOUNT_MAX))


def as_number(value: Any) -> float | None:
    """A finite number given as number or text; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e15 else None  # also drops inf and nan


def sort_of(value: Any) -> str:
    """A JSON value's sort, for a message that must not repeat the value."""
    return "null" if value is None else type(value).__name__
