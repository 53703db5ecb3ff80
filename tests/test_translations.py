"""The Chinese translation: complete, compiled, and faithful to its placeholders."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

from django.test import SimpleTestCase

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django"
SOURCES = ("accounts", "generation", "openai_compat", "jimeng_site")
_MARKERS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\}")
_LINE = re.compile(r'(msgid|msgid_plural|msgstr|msgstr\[0\])? ?(".*")')
_IN_TEMPLATE = re.compile(r"{% translate \"([^\"]+)\"|{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}", re.DOTALL)


def read_po(path: Path) -> dict[str, str]:
    """msgid → msgstr (of several forms the first, the only one in Chinese)."""
    found: dict[str, str] = {}
    for block in path.read_text("utf-8").split("\n\n"):
        entry: dict[str, str] = {}
        part = ""
        for line in block.splitlines():
            if match := _LINE.fullmatch(line):
                part = match[1] or part
                entry[part] = entry.get(part, "") + ast.literal_eval(match[2])
        if entry.get("msgid"):
            found[entry["msgid"]] = entry.get("msgstr", entry.get("msgstr[0]", ""))
    return found


def marked_strings() -> Iterator[str]:
    """Each text that the sources and the templates mark for translation."""
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _MARKERS and node.args:
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value
    for path in (ROOT / "templates").rglob("*.html"):
        for match in _IN_TEMPLATE.finditer(path.read_text("utf-8")):
            one = (match[2] or "").partition("{% plural %}")[0]
            yield match[1] or re.sub(r"{{ (\w+) }}", r"%(\1)s", one)


class ChineseTests(SimpleTestCase):
    def setUp(self) -> None:
        self.po = read_po(CATALOG.with_suffix(".po"))

    def test_everything_that_is_shown_is_translated(self) -> None:
        wanted = set(marked_strings())
        assert len(wanted) > 200
        assert sorted(text for text in wanted if not self.po.get(text)) == []

    def test_no_translation_is_empty_or_unsure(self) -> None:
        assert [text for text, translation in self.po.items() if not translation] == []
        assert "fuzzy" not in CATALOG.with_suffix(".po").read_text("utf-8")

    def test_the_compiled_catalog_is_up_to_date(self) -> None:
        with CATALOG.with_suffix(".mo").open("rb") as file:
            compiled = gettext.GNUTranslations(file)
        stored = {text: compiled.gettext(text) for text in self.po}
        plurals = {text: compiled.ngettext(text, text, 1) for text in self.po}
        assert {text: stored[text] if stored[text] != text else plurals[text] for text in self.po} == self.po

    def test_translations_keep_their_placeholders(self) -> None:
        for text, translation in self.po.items():
            with self.subTest(text):
                assert sorted(_PLACEHOLDER.findall(text)) == sorted(_PLACEHOLDER.findall(translation))
