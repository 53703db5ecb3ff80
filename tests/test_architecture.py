"""What holds everywhere: who imports whom, who writes `status`, who catches everything, and migrations."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.test import SimpleTestCase, TestCase

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "generation", "openai_compat", "jimeng_site")
STATUS_WRITER = "generation/transitions.py"
# Where everything may be caught, and why.
CATCHES_ALL = {
    "generation/engine/embedded.py",  # a broken job is logged and resumed; the others go on
    "generation/engine/desk.py",  # the engine's loops go on after a mistake: all that waits depends on them
    "generation/engine/completion.py",
    "generation/engine/caretaker.py",
    "generation/engine/housekeeping.py",
    "generation/engine/duties.py",
    "generation/engine/watcher.py",  # a mistake must not end the following of what was paid for
    "generation/engine/batching.py",  # handed to every caller of the batch
    "generation/engine/deliveries.py",  # a broken delivery is put off; the others go on
    "jimeng_site/watchdog.py",  # it must outlive whatever is wrong with the database
    "jimeng_site/asgi.py",  # a failed start is told to the server, and raised
    "openai_compat/sse.py",  # told as an event of the stream, and logged
    "openai_compat/views/base.py",  # answered as an error of the API, and logged
    "openai_compat/views/health.py",  # "not ready" is the answer to whatever goes wrong, and logged
}
# What opens connections: HTTP clients, mail, and what they are made of. Plain sockets also tell the host's name.
NETWORK = (
    *("httpx", "httpx_aiohttp", "httpcore", "aiohttp", "requests", "urllib3", "urllib.request", "http.client"),
    *("smtplib", "django.core.mail", "ftplib", "ssl", "websockets"),
)
_WRITING_CALLS = ("update", "create", "get_or_create", "update_or_create", "bulk_create", "Generation")


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the gateway, with its path from the root."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def status_writes(tree: ast.AST) -> Iterator[int]:
    """Lines that give a `status` a new value: an attribute, setattr, a row's creation, update or update_where."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            flat = [part for target in targets for part in ast.walk(target)]
            if any(isinstance(part, ast.Attribute) and part.attr == "status" for part in flat):
                yield node.lineno
        elif isinstance(node, ast.Call) and _writes_status(node):
            yield node.lineno


def _writes_status(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    if name in _WRITING_CALLS and any(keyword.arg in ("status", "defaults") for keyword in call.keywords):
        return True
    if name in ("setattr", "__setattr__", "bulk_update"):
        return any(_is_status(part) for argument in call.args for part in ast.walk(argument))
    values = [keyword.value for keyword in call.keywords if keyword.arg == "values"]
    return name == "update_where" and any(_is_status(part) for value in values for part in ast.walk(value))


def _is_status(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == "status"


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import, within functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def talks(name: str) -> bool:
    return any(f"{name}.".startswith(f"{each}.") for each in NETWORK)


def broad_catches(tree: ast.AST) -> Iterator[int]:
    """Lines of `except:`, `except Exception` and `except BaseException`, in a tuple or under a star too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = [] if node.type is None else [ast.unparse(part) for part in ast.walk(node.type)]
            if node.type is None or {"Exception", "BaseException"} & set(caught):
                yield node.lineno


class ScanTests(SimpleTestCase):
    """The scans below find what they look for."""

    def test_every_way_to_write_a_status_is_found(self) -> None:
        for line in (
            "row.status = 'failed'",
            "a, row.status = 1, 2",
            "row.status: str = 'failed'",
            "rows.update(status='failed')",
            "Generation.objects.create(status='failed')",
            "Generation(status='failed')",
            "setattr(row, 'status', 'failed')",
            "Generation.objects.bulk_update(rows, ['status'])",
            "update_where(Generation, where={'id': 1}, values={'status': 'failed'})",
        ):
            with self.subTest(line):
                assert list(status_writes(ast.parse(line))) == [1]

    def test_reading_a_status_is_no_writing(self) -> None:
        for line in (
            "x = row.status",
            "rows.filter(status='failed')",
            "update_where(Generation, where={'status': 'queued'}, values={'seed': 1})",
            "JsonResponse({}, status=404)",
        ):
            with self.subTest(line):
                assert list(status_writes(ast.parse(line))) == []

    def test_every_broad_catch_is_found(self) -> None:
        for handler in (
            "except",
            "except Exception",
            "except (ValueError, Exception) as error",
            "except BaseException",
        ):
            with self.subTest(handler):
                assert list(broad_catches(ast.parse(f"try:\n    pass\n{handler}:\n    pass"))) == [3]

    def test_imports_within_functions_are_found(self) -> None:
        assert list(imports(ast.parse("def f():\n    from httpx import Client"))) == [(2, "httpx.Client")]

    def test_whatever_talks_to_a_network_is_known_by_name(self) -> None:
        for line in (
            "import httpx",
            "import http.client as h",
            "from django.core import mail",
            "import urllib.request",
        ):
            with self.subTest(line):
                assert [talks(name) for _, name in imports(ast.parse(line))] == [True]
        assert not any(talks(name) for name in ("http.HTTPStatus", "urllib.parse.quote", "httpxy", "django.core.files"))


class ArchitectureTests(SimpleTestCase):
    def test_import_contracts_hold(self) -> None:
        program = Path(sys.executable).with_name("lint-imports")
        done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_only_transitions_write_status(self) -> None:
        found = [
            f"{path}:{line}"
            for path, tree in sources()
            if path != STATUS_WRITER and not path.startswith("generation/sandbox/")  # its records are its own
            for line in status_writes(tree)
        ]
        assert found == []

    def test_only_the_upstream_package_talks_to_the_network(self) -> None:
        found = [
            f"{path}:{line} {name}"
            for path, tree in sources()
            if not path.startswith(("generation/upstream/", "generation/sandbox/"))  # the sandbox is its other side
            for line, name in imports(tree)
            if talks(name)
        ]
        assert found == []

    def test_everything_is_caught_only_where_that_is_meant(self) -> None:
        found = {path for path, tree in sources() for _ in broad_catches(tree)}
        assert found == CATCHES_ALL


class MigrationTests(TestCase):
    def test_migrations_are_complete(self) -> None:
        call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
