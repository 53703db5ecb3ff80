"""The docs and the code agree: settings, versions, commands, links, check ids, and both READMEs with each other."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import SimpleTestCase

from bench.__main__ import HEADER
from openai_compat.errors import WIRE

ROOT = Path(__file__).resolve().parent.parent
CODE_FOLDERS = ("accounts", "generation", "openai_compat", "jimeng_site", "bench", "tests")
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
READERS = ("jimeng_site/settings.py", "gunicorn.conf.py", "generation/management/commands/prepare.py")

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE_SPAN = re.compile(r"`[^`\n]+`")
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_DOC_IN_CODE = re.compile(r"docs/[\w./-]+\.md(?:#[\w-]+)?")
_ENV_ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \| [^|]+ \| ([^|]+) \|", re.MULTILINE)
_ENV_LINE = re.compile(r"^# ([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
_CHECK_ID = re.compile(r"\b[a-z_]+\.[EW]\d{3}\b")
_STATUS_ROW = re.compile(r"^\| .+ \| (✅|not yet|尚未支持) \|$", re.MULTILINE)

COMPUTED = object()


@dataclass(frozen=True, slots=True)
class Variable:
    """`default`: COMPUTED when the source does not simply state it."""

    name: str
    default: Any


def variables(path: str) -> Iterator[Variable]:
    """Each environment variable that a file reads: `env.kind("NAME", …)`, `env("NAME")`, `os.environ…("NAME", …)`."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield Variable(ast.literal_eval(node.slice), COMPUTED)
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = ast.unparse(node.func)
        known = called in ("env", "os.getenv", "os.environ.get", "os.environ.setdefault")
        if (known or re.fullmatch(r"env\.(?!read_env|db_url_config)\w+", called)) and _is_name(node.args[0]):
            name = ast.literal_eval(node.args[0])
            if (called, name) != ("os.environ.setdefault", "DJANGO_SETTINGS_MODULE"):
                yield Variable(name, _default(node))


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _default(call: ast.Call) -> Any:
    stated = [keyword.value for keyword in call.keywords if keyword.arg == "default"] or call.args[1:2]
    simple = (ast.Constant, ast.BinOp, ast.operator, ast.List, ast.expr_context)
    if not stated or not all(isinstance(each, simple) for each in ast.walk(stated[0])):
        return COMPUTED
    return eval(compile(ast.Expression(stated[0]), "<default>", "eval"))  # constants and arithmetic only


def all_variables() -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for path in READERS:
        for each in variables(path):
            if each.name not in found or found[each.name].default is COMPUTED:
                found[each.name] = each
    return found


def says(written: str, default: Any) -> bool:
    """Whether a default as a person writes it is the default in the source."""
    if isinstance(default, bool):
        return written == str(default).lower()
    if isinstance(default, int | float):
        return re.fullmatch(r"[\d.]+", written) is not None and float(written) == float(default)
    return written == (default or "")


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def prose(path: Path) -> str:
    """The text without fenced code."""
    return _FENCE.sub("", path.read_text("utf-8"))


def anchors(path: Path) -> set[str]:
    """What `#…` may name in a page, as forges make it from headings."""
    titles = [match[2] for match in _HEADING.finditer(prose(path))]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def leads_somewhere(target: str, *, base: Path) -> bool:
    name, _, anchor = target.partition("#")
    path = base / name if name else base
    return path.exists() and (not anchor or anchor in anchors(path))


class SettingsDocsTests(SimpleTestCase):
    def setUp(self) -> None:
        self.read = all_variables()
        self.page = dict(_ENV_ROW.findall((ROOT / "docs/configuration.md").read_text("utf-8")))
        self.example = dict(_ENV_LINE.findall((ROOT / ".env.example").read_text("utf-8")))

    def test_the_sources_are_read_rightly(self) -> None:
        assert {"PORT", "TRUST_X_FORWARDED_PROTO", "WEB_CONCURRENCY", "DJANGO_SUPERUSER_PASSWORD"} <= set(self.read)
        assert self.read["PORT"].default == 8000
        assert self.read["JIMENG_IMAGE_DEADLINE_S"].default == 900.0
        assert self.read["JIMENG_DATA_DIR"].default is COMPUTED

    def test_every_variable_is_on_the_page_and_nothing_else(self) -> None:
        assert set(self.page) == set(self.read)

    def test_every_variable_is_in_the_example_and_nothing_else(self) -> None:
        assert set(self.example) == set(self.read)

    def test_the_page_states_the_true_defaults(self) -> None:
        for name, cell in self.page.items():
            with self.subTest(name):
                stated = cell.strip()
                default = self.read[name].default
                if default is not COMPUTED and not stated.startswith("*"):
                    assert says("" if stated == "empty" else stated.strip("`"), default)

    def test_the_example_states_the_true_defaults(self) -> None:
        for name, written in self.example.items():
            with self.subTest(name):
                default = self.read[name].default
                assert default is COMPUTED or says(written, default)

    def test_the_example_changes_nothing(self) -> None:
        lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
        assert [line for line in lines if line and not line.startswith("#")] == []


class VersionTests(SimpleTestCase):
    def test_the_changelog_begins_with_the_version(self) -> None:
        first = _HEADING.search(prose(ROOT / "CHANGELOG.md"))
        assert first is not None
        assert first[2] == settings.JIMENG_VERSION

    def test_the_project_file_has_the_same_version(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert project["version"] == settings.JIMENG_VERSION


class ReadmeTests(SimpleTestCase):
    def test_both_have_the_same_headings(self) -> None:
        english, chinese = ([len(match[1]) for match in _HEADING.finditer(prose(path))] for path in READMES)
        assert english == chinese
        assert len(english) > 5

    def test_both_have_the_same_status_rows(self) -> None:
        english, chinese = ([row == "✅" for row in _STATUS_ROW.findall(prose(path))] for path in READMES)
        assert english == chinese
        assert {True, False} == set(english)

    def test_both_show_the_same_commands(self) -> None:
        english, chinese = (
            [re.sub(r" +#.*| *prompt=.*", "", code) for code in _FENCE.findall(path.read_text("utf-8"))]
            for path in READMES
        )
        assert english == chinese


class ReferenceTests(SimpleTestCase):
    def test_every_make_target_exists(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
        for path in [*documents(), ROOT / ".ci/run"]:
            code = path.read_text("utf-8")
            if path.suffix == ".md":
                code = "\n".join([*_FENCE.findall(code), *_CODE_SPAN.findall(prose(path))])
            # A name behind a `make` that begins a command.
            for target in re.findall(r"(?:^|`)make ([a-z-]+)", code, re.MULTILINE):
                with self.subTest(f"{path.relative_to(ROOT)}: make {target}"):
                    assert target in targets

    def test_every_link_leads_to_a_file_and_heading_that_exist(self) -> None:
        for path in documents():
            for target in _LINK.findall(_CODE_SPAN.sub("", prose(path))):
                if "://" in target:
                    continue
                with self.subTest(f"{path.relative_to(ROOT)}: {target}"):
                    base = path if target.startswith("#") else path.parent
                    assert leads_somewhere(target, base=base)

    def test_every_page_that_the_code_names_exists(self) -> None:
        files = [each for folder in CODE_FOLDERS for each in (ROOT / folder).rglob("*.py")]
        for path in [*files, *ROOT.glob("*.py")]:
            for target in _DOC_IN_CODE.findall(path.read_text("utf-8")):
                with self.subTest(f"{path.relative_to(ROOT)}: {target}"):
                    assert leads_somewhere(target, base=ROOT)

    def test_every_check_id_exists(self) -> None:
        sources = [each for folder in CODE_FOLDERS[:4] for each in (ROOT / folder).rglob("*.py")]
        given = {found for path in sources for found in re.findall(r'id="([^"]+)"', path.read_text("utf-8"))}
        for path in documents():
            for named in _CHECK_ID.findall(path.read_text("utf-8")):
                with self.subTest(f"{path.relative_to(ROOT)}: {named}"):
                    assert named in given

    def test_the_numbers_of_the_bench_have_its_columns(self) -> None:
        for path in READMES:
            with self.subTest(path.name):
                assert HEADER in path.read_text("utf-8")

    def test_the_table_of_errors_is_that_of_the_code(self) -> None:
        page = (ROOT / "docs/clients.md").read_text("utf-8")
        table = page.partition("<!-- errors -->")[2].partition("<!-- errors: end -->")[0]
        told = re.findall(r"^\| `(\w+)` \| (\d+) \| .+? \| (yes|no) · . \|", table, re.MULTILINE)
        real = [(error.code, str(wire.status), "yes" if error.safe_to_repeat else "no") for error, wire in WIRE.items()]
        assert sorted(told) == sorted(real)

    def test_what_is_installed_for_developing_is_so_again_when_any_list_of_it_changes(self) -> None:
        stamp = re.search(r"^\$\(DEV_STAMP\): (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        lists = re.findall(r"^-r (\S+)$", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.MULTILINE)
        assert stamp is not None
        assert set(stamp[1].split()) == {"requirements-dev.txt", *lists}

    def test_every_page_of_decisions_has_its_parts(self) -> None:
        pages = sorted((ROOT / "docs/adr").glob("*.md"))
        assert [page.name[:4] for page in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
        for page in pages:
            with self.subTest(page.name):
                titles = [match[2] for match in _HEADING.finditer(prose(page))]
                assert titles[0].startswith(f"{page.name[:4]} ")
                assert titles[1:] == ["Context", "Decision", "Consequences"]
