"""`make bench-pages`: server time of each list page of the admin, each of its filters, and the dashboard.

Fills scratch databases (`manage.py fill_history`: 200 accounts, 20 keys) with 10,000 and with 1,000,000
generations, on SQLite and, where a server answers (TEST_POSTGRES_URL), on PostgreSQL in a database of its own, and
asks for each page in this process, by Django's test client. Milliseconds:

- cold: the first answer on a new connection to the database
- warm: the median of the next ones
- CPU: of this process for a warm answer with many generations (SQLite works within it, PostgreSQL does not)
- ratio: warm with many generations against warm with few

Pages that take longer than 200 ms, warm or cold, are marked with `!`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
SIZES = (10_000, 1_000_000)
LIMIT_MS = 200.0
WIDTH = 62

Times = dict[str, dict[str, float]]  # by page: queries, cold, warm, cpu


def run(database_url: str, folder: Path, *arguments: str) -> str:
    """Run Python with the settings of a gateway in this folder; returns what it prints."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JIMENG_")},
        "DJANGO_SETTINGS_MODULE": "jimeng_site.settings",
        "JIMENG_ENV_FILE": "",
        "JIMENG_DATA_DIR": str(folder),
        "JIMENG_UPSTREAM": "sandbox",
        "JIMENG_BASE_URL": "http://127.0.0.1:9",
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "ERROR",
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


@contextmanager
def postgres_database() -> Iterator[str]:
    """A database of its own, dropped in the end; "" if no server answers."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        yield ""
        return
    name = f"gateway_bench_{secrets.token_hex(4)}"
    with server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield SERVER.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(SERVER, autocommit=True) as again:
            again.execute(f"DROP DATABASE {name} WITH (FORCE)")


def measured(database_url: str, folder: Path, generations: int, repeats: int) -> Times:
    """Fill the database, unless it is full already, and ask for all pages."""
    run(database_url, folder, "manage.py", "migrate", "-v0")
    if not (folder / "filled").exists():
        run(database_url, folder, "manage.py", "fill_history", "--generations", str(generations))
        (folder / "filled").touch()
    found: Times = json.loads(run(database_url, folder, "-m", "bench.asking_pages", str(repeats)).splitlines()[-1])
    return found


def table(sizes: list[int], times: list[Times]) -> Iterator[str]:
    """One line a page."""
    columns = " ".join(f"{f'{size:,}':>10} cold {'warm':>6}" for size in sizes)
    yield f"{'page':{WIDTH}} {'queries':>7} {columns} {'CPU':>6} {'ratio':>7}"
    for page in times[-1]:
        each = [found.get(page, {"queries": 0, "cold": 0.0, "warm": 0.0}) for found in times]
        columns = " ".join(f"{one['cold']:15.0f} {one['warm']:6.0f}" for one in each)
        ratio = each[-1]["warm"] / each[0]["warm"] if each[0]["warm"] else 0.0
        slow = any(one[kind] > LIMIT_MS for one in each for kind in ("cold", "warm"))
        last = f"{each[-1]['cpu']:6.0f} {ratio:7.1f}{' !' if slow else ''}"
        yield f"{page[:WIDTH]:{WIDTH}} {each[-1]['queries']:7.0f} {columns} {last}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--generations", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgres"), default=["sqlite", "postgres"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="keep the SQLite databases in this folder, and use them again")
    options = parser.parse_args()
    for kind in options.databases:
        times: list[Times] = []
        for size in options.generations:
            with tempfile.TemporaryDirectory(prefix="gateway-pages-") as scratch:
                folder = options.keep / f"sqlite-{size}" if options.keep and kind == "sqlite" else Path(scratch)
                folder.mkdir(parents=True, exist_ok=True)
                if kind == "sqlite":
                    times.append(measured("", folder, size, options.repeats))
                    continue
                with postgres_database() as url:
                    if url:
                        times.append(measured(url, folder, size, options.repeats))
        if times:
            print(f"\n{kind}")
            print("\n".join(table(options.generations, times)), flush=True)
        else:
            print(f"\n{kind}: no server answers at TEST_POSTGRES_URL")


if __name__ == "__main__":
    main()
