"""What the pages are made of: vendored files as their list says, no inline script or style, icons that are there."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.templatetags.static import static
from django.test import SimpleTestCase

from generation.templatetags.page_extras import clock, icon

ROOT = Path(__file__).resolve().parent.parent.parent
VENDOR = ROOT / "static" / "vendor"
TEMPLATES = [ROOT / "templates" / "base.html", *sorted((ROOT / "templates" / "pages").glob("*.html"))]
TEMPLATES += sorted((ROOT / "templates").glob("[45]*.html"))
_ROW = re.compile(r"^\| `(\S+)` \| .+ \| [\d.]+ \| .+, `(\S+)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)
# A strict policy blocks all of these in silence.
_INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*="),
    "a style element": re.compile(r"<style\b"),
    "a handler": re.compile(r"<[^>]*\s(?:on[a-z]+|hx-on[\w:.-]*)\s*=", re.IGNORECASE),
    "a script without src": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>"),
    "something of another host": re.compile(r"\s(?:src|href|action)\s*=\s*[\"'](?:https?:)?//"),
    "an expression to evaluate": re.compile(r"[\"']js:|javascript:|hx-(?:vars|eval)"),
}


class VendoredTests(SimpleTestCase):
    def test_the_list_has_every_file_with_its_sum_and_its_licence(self) -> None:
        rows = _ROW.findall((VENDOR / "README.md").read_text("utf-8"))
        for name, licence, sha256 in rows:
            with self.subTest(name):
                assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == sha256
                assert (VENDOR / licence).stat().st_size > 200
        listed = {part for name, licence, _sum in rows for part in (name, licence)}
        there = {path.name for path in VENDOR.iterdir()} - {"README.md"}
        assert there == listed - {"../icons.svg"}


class TemplateTests(SimpleTestCase):
    def test_nothing_is_inline_nor_of_another_host(self) -> None:
        assert len(TEMPLATES) > 10
        for path in TEMPLATES:
            text = path.read_text("utf-8")
            found = {what: match[0] for what, pattern in _INLINE.items() if (match := pattern.search(text))}
            assert not found, f"{path.name}: {found}"

    def test_nothing_is_marked_as_safe(self) -> None:
        assert [
            path.name for path in TEMPLATES if re.search(r"\|\s*safe\b|autoescape off", path.read_text("utf-8"))
        ] == []

    def test_every_icon_that_is_drawn_is_there(self) -> None:
        there = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "icons.svg").read_text("utf-8")))
        for path in TEMPLATES:
            wanted = set(re.findall(r'{% icon "([\w-]+)"', path.read_text("utf-8")))
            assert wanted <= there, f"{path.name}: {wanted - there}"

    def test_each_can_be_read(self) -> None:
        for path in TEMPLATES:
            with self.subTest(path.name):
                get_template(str(path.relative_to(ROOT / "templates")))


class ColourTests(SimpleTestCase):
    def test_dark_is_the_same_whether_chosen_or_the_systems(self) -> None:
        text = (ROOT / "static" / "css" / "site.css").read_text("utf-8")
        blocks = re.findall(r':root\[data-theme="(dark|auto)"\] \{(.*?)\}', text, re.DOTALL)
        assert [name for name, _body in blocks] == ["dark", "auto"]
        chosen, systems = ({line.strip() for line in body.splitlines()} for _name, body in blocks)
        assert chosen == systems


class DrawingTests(SimpleTestCase):
    def test_an_icon_points_into_the_sprite_and_escapes_its_name(self) -> None:
        drawn = icon('x"><script>', 16)
        assert f'<use href="{static("icons.svg")}#x&quot;&gt;&lt;script&gt;">' in drawn
        assert 'width="16"' in drawn


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (42.9, "0:42"), (725, "12:05"), (3723, "1:02:03"), (-2, "0:00")]
)
def test_a_clock_reads_as_people_are_used_to(seconds: float, words: str) -> None:
    assert clock(seconds) == words
