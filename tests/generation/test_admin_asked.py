"""How the admin shows which way a generation was asked for, and that it was deleted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.test import SimpleTestCase

from generation.models import Generation
from generation.wording import OPERATIONS
from tests.factories import make_generation
from tests.generation.test_admin_generations import AdminTestCase, detail_url

VIEWS = Path(__file__).resolve().parents[2] / "openai_compat" / "views"


class AskedTests(AdminTestCase):
    def test_the_page_says_which_way_it_was_asked_for_and_the_list_is_narrowed_by_it(self) -> None:
        edit, chat = make_generation(operation="edits"), make_generation(operation="chat")
        assert "image edit" in self.page(detail_url(edit))
        response = self.client.get(detail_url(edit), headers={"accept-language": "zh-hans"})
        assert "图片编辑" in response.content.decode()
        assert self.shown(operation="edits") == {edit}
        assert self.shown(operation="chat") == {chat}
        assert self.shown() == {edit, chat}

    def test_one_that_was_deleted_through_the_api_says_so(self) -> None:
        at = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)
        assert "deleted through the API at 2026-11-23" in self.page(detail_url(make_generation(hidden_at=at)))
        assert "deleted through the API" not in self.page(detail_url(make_generation()))


class OperationTests(SimpleTestCase):
    def test_each_operation_of_the_api_has_words_and_fits(self) -> None:
        found = {name for path in VIEWS.glob("*.py") for name in _operations(ast.parse(path.read_text("utf-8")))}
        assert {"generations", "edits", "videos", "video_generations"} <= found
        assert found <= set(OPERATIONS)
        assert max(map(len, OPERATIONS)) <= (Generation._meta.get_field("operation").max_length or 0)


def _operations(module: ast.Module) -> Iterator[str]:
    """The texts that stand for an operation: `operation = "…"`, `operation="…"`, and those given to `_submit`."""
    for node in ast.walk(module):
        given: list[ast.expr] = []
        match node:
            case ast.Assign(targets=[ast.Name(id="operation")], value=value):
                given = [value]
            case ast.keyword(arg="operation", value=value):
                given = [value]
            case ast.Call(func=ast.Attribute(attr="_submit"), args=args):
                given = args
        yield from (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))
