"""Lock orders and races that only PostgreSQL has: their tests are run on it, where there is a server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RACES = tuple(f"tests/generation/test_{name}.py" for name in ("lock_order", "notices_race", "late_race"))


@pytest.mark.postgres
def test_locks_are_taken_in_one_order_on_postgresql(database_url: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *RACES]
    env = {**os.environ, "DATABASE_URL": database_url}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout
