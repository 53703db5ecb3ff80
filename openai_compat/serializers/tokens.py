"""`POST /token/*`: which Jimeng logins are asked about. No message ever repeats one."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any, Final

from generation.errors import InvalidSpec
from openai_compat.bodies import Body

TOKENS_MAX: Final = 50


def tokens_given(body: Body) -> list[str]:
    """The logins of a body: `token` ("one" or "one,two") and `tokens` (a list, or the same text), as they came.

    Raises InvalidSpec for anything but texts, and for too many. Whether each is a sessionid is not looked at.
    """
    fields: dict[str, Any] = {**body.fields, **body.lists}
    found = [token for name in ("token", "tokens") for token in _texts(fields.get(name), name)]
    check_count(found, "tokens")
    return found


def check_count(tokens: Sized, param: str) -> None:
    """Raises InvalidSpec."""
    if len(tokens) > TOKENS_MAX:
        raise InvalidSpec(f"At most {TOKENS_MAX} tokens are possible; {len(tokens)} were given.", param=param)


def split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _texts(value: Any, name: str) -> Iterator[str]:
    given = value if isinstance(value, list) else [value]
    check_count(given, name)
    for each in given:
        if isinstance(each, str):
            yield from split(each)
        elif each is not None:
            raise InvalidSpec(f"{name} must be text, or a list of texts.", param=name)
