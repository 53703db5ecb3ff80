"""What is read of a pasted login: the sessionid, and when it ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.sessionids import InvalidSessionid, read_pasted_login, read_sid_guard

GOOD = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32
# 1768097895 + 5184000 s
END = datetime(2026, 3, 12, 2, 18, 15, tzinfo=UTC)
GUARD = f"{GOOD}%7C1768097895%7C5184000%7CThu%2C+12-Mar-2026+02%3A18%3A15+GMT"


@pytest.mark.parametrize(
    ("value", "end"),
    [
        (GUARD, END),
        (f"{GOOD}|1768097895|5184000|Thu, 12-Mar-2026 02:18:15 GMT", END),
        (f'"{GUARD}"', END),
        (f"{GOOD}|1768097895|5184000", END),
        (f"{GOOD}|1768097895", None),
        (f"{GOOD}|then|5184000|x", None),
        (f"{GOOD}|1768097895|-1|x", None),
        (f"{GOOD}|1768097895|0|x", None),
        (f"{GOOD}|1768097895|{10**11}|x", None),
        (f"{GOOD}|{10**30}|5184000|x", None),
        (f"{GOOD}|²|5184000|x", None),
        ("", None),
        (GOOD, None),
    ],
)
def test_a_sid_guard_tells_the_end(value: str, end: datetime | None) -> None:
    assert read_sid_guard(value) == end


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (GOOD, None),
        (f" sessionid={GOOD}; ", None),
        (f"_tea_web_id=7; sid_guard={GUARD}; uid_tt=a; sid_tt={GOOD}; sessionid={GOOD}; sessionid_ss={GOOD}", END),
        (f"Cookie: a=b; sid_guard={GUARD}; sessionid={GOOD}", END),
        (f"cookie: sessionid_ss={GOOD};x=y", None),
        (f"sid_guard={GUARD}", END),
        (f"sid_tt={GOOD}; sid_guard={GUARD.replace(GOOD, OTHER)}", None),  # another login's
        (f"sessionid={GOOD}\nsid_guard={GUARD}", END),
    ],
)
def test_a_bare_sessionid_and_a_whole_cookie_header_are_read(text: str, end: datetime | None) -> None:
    login = read_pasted_login(text)
    assert (login.sessionid, login.ends_at) == (GOOD, end)
    assert GOOD not in repr(login)


@pytest.mark.parametrize(
    "text", ["", "a=b; c=d", "sessionid=; x=y", "sessionid=short", "<script>alert(1)</script>", "|"]
)
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidSessionid) as raised:
        read_pasted_login(text)
    assert not text or text not in str(raised.value)
