"""What may be a sessionid, and how a pasted one is cleaned."""

from __future__ import annotations

import pytest

from accounts.sessionids import InvalidSessionid, clean_sessionid, is_sessionid

GOOD = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (GOOD, True),
        ("12345678", True),
        ("1234567", False),  # 8 at least
        ("x" * 256, True),
        ("x" * 257, False),
        ("abc%7Cdef.-_", True),
        ("", False),
        (GOOD + "\n", False),
        (GOOD + ";", False),
        ("會話會話會話會話", False),
        ("0123456789 abcdef", False),
    ],
)
def test_what_looks_like_one(text: str, is_one: bool) -> None:
    assert is_sessionid(text) == is_one


@pytest.mark.parametrize(
    "pasted",
    [
        GOOD,
        f"  {GOOD}\t\n",
        f'"{GOOD}"',
        f"'{GOOD}'",
        f"sessionid={GOOD}",
        f"sessionid={GOOD};",
        f" sessionid={GOOD}; ",
    ],
)
def test_what_was_pasted_is_cleaned(pasted: str) -> None:
    assert clean_sessionid(pasted) == GOOD


@pytest.mark.parametrize(
    "pasted", ["", "   ", "sessionid=", "short", f"{GOOD} {GOOD}", f"sid_tt={GOOD}", "<script>alert(1)"]
)
def test_anything_else_is_refused_and_not_repeated(pasted: str) -> None:
    with pytest.raises(InvalidSessionid) as raised:
        clean_sessionid(pasted)
    assert not pasted.strip() or pasted not in str(raised.value)
