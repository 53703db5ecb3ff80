"""The API description in Chinese: complete, and the same API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from openai_compat.schema.chinese import CHINESE, in_chinese
from openai_compat.schema.generator import api_document

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts(document: dict[str, Any]) -> Iterator[str]:
    """What a reader sees of tags, operations and parameters."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    parameters = [parameter for operation in operations for parameter in operation.get("parameters", [])]
    for part in [*document["tags"], *operations, *parameters]:
        yield from (part[name] for name in ("summary", "description") if part.get(name))
    yield from (tag["name"] for tag in document["tags"])


def test_every_text_is_translated_and_no_translation_is_left_over() -> None:
    assert set(texts(api_document())) == set(CHINESE)


def test_the_chinese_document_is_chinese_and_describes_the_same() -> None:
    english = api_document()
    chinese = in_chinese(english)
    assert [text for text in texts(chinese) if not _CHINESE.search(text)] == []
    assert _CHINESE.search(chinese["info"]["title"])
    assert chinese["components"] == english["components"]
    assert {path: sorted(each) for path, each in chinese["paths"].items()} == {
        path: sorted(each) for path, each in english["paths"].items()
    }
    known = {tag["name"] for tag in chinese["tags"]}
    assert all(set(each["tags"]) <= known for path in chinese["paths"].values() for each in path.values())
