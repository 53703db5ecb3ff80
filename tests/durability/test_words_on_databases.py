"""The index of words on both databases: its migration forth and back, and its tests on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = (
    *("test_history_data.py", "test_history_paging.py", "test_history_search.py", "test_word_index.py"),
    "test_admin_search.py",
)
PLAY = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from generation.models import WordIndex
from generation.word_index import hits_within, index_all
from generation.words import sought_in
from tests.factories import make_generation

cat = make_generation(prompt="a cat").pk
assert list(index_all(upto=cat)) == [cat]
assert hits_within(sought_in("ca"), low=1, high=cat + 1, most=9).pks == [cat]
for target, is_there in (("0008", False), ("0009", True)):
    call_command("migrate", "generation", target, verbosity=0)
    assert ("generation_words" in connection.introspection.table_names()) == is_there
    assert not WordIndex.objects.exists()
assert hits_within(sought_in("ca"), low=1, high=cat + 1, most=9).pks == []
assert list(index_all(upto=cat)) == [cat]
assert hits_within(sought_in("ca"), low=1, high=cat + 1, most=9).pks == [cat]
"""


def play(folder: Path, database_url: str) -> None:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JIMENG_")},
        "DJANGO_SETTINGS_MODULE": "jimeng_site.settings",
        "JIMENG_ENV_FILE": "",
        "JIMENG_DATA_DIR": str(folder),
        "JIMENG_UPSTREAM": "sandbox",
        "JIMENG_BASE_URL": "http://127.0.0.1:9",
        "JIMENG_IMAGEX_URL": "http://127.0.0.1:9",
        "DATABASE_URL": database_url,
    }
    for command in (["manage.py", "migrate", "-v0"], ["-c", PLAY]):
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]


def test_the_migration_goes_forth_and_back_on_sqlite(tmp_path: Path) -> None:
    play(tmp_path, "")


@pytest.mark.postgres
def test_the_migration_goes_forth_and_back_on_postgresql(tmp_path: Path, database_url: str) -> None:
    play(tmp_path, database_url)


@pytest.mark.postgres
def test_history_and_search_are_the_same_on_postgresql(database_url: str) -> None:
    files = [f"tests/generation/{name}" for name in TESTS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files]
    env = {**os.environ, "DATABASE_URL": database_url}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout
