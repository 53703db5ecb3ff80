"""Fields as lenient as clients need and no more: null and "" mean "not given", numbers may come as text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from rest_framework import serializers

_SECONDS_UNIT: Final = re.compile(r"\s*(?:s|sec|secs|seconds?|秒)\s*\Z", re.IGNORECASE)
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_INTEGER_MAX: Final = 2**63 - 1  # the database's


class Lenient(serializers.Field[Any, Any, Any, Any]):
    """May be absent, null or empty. `expected` completes "<name> must be …"."""

    expected = ""

    def __init__(self, *, expected: str = "", **kwargs: Any) -> None:
        super().__init__(**({"required": False, "allow_null": True} | kwargs))
        self.expected = expected or self.expected

    def refuse(self) -> NoReturn:
        raise serializers.ValidationError(f"{self.field_name} must be {self.expected}.")


class LenientSerializer(serializers.Serializer[Any]):
    """Of fields that may all be absent; anything else that was sent is ignored, whatever its type."""

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Check what was given and what must be; walking through all that was not takes five times as long."""
        checked, errors = {}, {}
        for name, field in self.fields.items():
            if name in data or field.required:
                try:
                    checked[name] = field.run_validation(data.get(name, serializers.empty))
                except serializers.ValidationError as error:
                    errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return checked


class Text(Lenient):
    """Text that every database can store."""

    expected = "text"

    def __init__(self, *, max_chars: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._max_chars = max_chars

    def to_internal_value(self, data: Any) -> str | None:
        if not isinstance(data, str):
            self.refuse()
        if "\0" in data or not _is_encodable(data):
            raise serializers.ValidationError(f"{self.field_name} has characters that are not text.")
        if len(data) > self._max_chars:
            text = f"{self.field_name} is longer than {self._max_chars} characters."
            raise serializers.ValidationError(text)
        return data or None


class Prompt(Text):
    """Must be there; what is in it is checked by the spec."""

    def __init__(self, *, max_chars: int) -> None:
        missing = "prompt is required."
        super().__init__(
            max_chars=max_chars,
            required=True,
            allow_null=False,
            error_messages={"required": missing, "null": missing},
        )

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data) or ""


class Word(Text):
    """A short word, in any case and width (full-width digits and colons come from Chinese keyboards)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_chars=40, **kwargs)

    def to_internal_value(self, data: Any) -> str | None:
        text = super().to_internal_value(data)
        return None if text is None else unicodedata.normalize("NFKC", text).strip().lower() or None


class Choice(Word):
    """One of a few words; `meanings` maps what clients write to what we use (several may mean the same)."""

    def __init__(self, *, meanings: dict[str, str], **kwargs: Any) -> None:
        super().__init__(expected=f"one of {', '.join(meanings)}", **kwargs)
        self._meanings = meanings

    def to_internal_value(self, data: Any) -> str | None:
        word = super().to_internal_value(data)
        if word is not None and word not in self._meanings:
            self.refuse()
        return None if word is None else self._meanings[word]


class Number(Lenient):
    """A finite number; a boolean is none."""

    expected = "a number"

    def to_internal_value(self, data: Any) -> float | int | None:
        if isinstance(data, str):
            if not data.strip():
                return None
            data = self._from_text(data.strip())
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.refuse()
        if isinstance(data, float) and not math.isfinite(data):
            self.refuse()
        return data

    def _from_text(self, text: str) -> float | int:
        try:
            return int(text) if text.lstrip("+-").isdecimal() else float(text)
        except ValueError:
            self.refuse()


class Integer(Number):
    """A whole number; 2.0 and "2" are 2."""

    expected = "a whole number"

    def to_internal_value(self, data: Any) -> int | None:
        number = super().to_internal_value(data)
        if number is None:
            return None
        if number != int(number) or abs(number) > _INTEGER_MAX:
            self.refuse()
        return int(number)


class Seconds(Integer):
    """A whole number of seconds; "5s" and "5 秒" are 5."""

    expected = "a whole number of seconds"

    def to_internal_value(self, data: Any) -> int | None:
        if isinstance(data, str):
            data = _SECONDS_UNIT.sub("", unicodedata.normalize("NFKC", data))
        return super().to_internal_value(data)


class Flag(Lenient):
    """true or false; forms send them as text."""

    expected = "true or false"

    def to_internal_value(self, data: Any) -> bool | None:
        if isinstance(data, bool):
            return data
        word = str(data).strip().lower() if isinstance(data, str | int) else "?"
        if word not in (*_TRUE, *_FALSE, ""):
            self.refuse()
        return word in _TRUE if word else None


def _is_encodable(text: str) -> bool:
    """False for lone surrogates, which JSON can spell (\\ud800) and no database can store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
