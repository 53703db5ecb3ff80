"""`manage.py` before the gateway was started for the first time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_command_without_tables_says_so_in_one_line(tmp_path: Path) -> None:
    env = {**os.environ, "JIMENG_ENV_FILE": "", "DATABASE_URL": "", "JIMENG_DATA_DIR": str(tmp_path)}
    env["DJANGO_SETTINGS_MODULE"] = "jimeng_site.settings"
    command = [sys.executable, "manage.py", "accounts", "list"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The database has no tables yet")
    assert done.stderr.count("\n") == 1
