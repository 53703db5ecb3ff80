"""`make bench-history`: server time of the history's gallery, of its filters, of search and of endless paging.

Fills scratch databases (`manage.py fill_history`) with 10,000 and with 1,000,000 generations, on SQLite and, where a
server answers (TEST_POSTGRES_URL), on PostgreSQL in databases of their own, and asks for each page in this process,
by Django's test client. Milliseconds:

- cold: the first answer on a new connection to the database
- warm: the median of the next ones
- CPU: of this process for a warm answer (SQLite works within it, PostgreSQL does not): the same on a busy machine
- data: of a warm answer with many generations, what finding them took
- ratio: warm with many generations against warm with few
- rows: generations that are shown; a page of 40 takes longer than a page of 1 on any database

Warm answers of more than 150 ms are marked with `!`, ratios above 1.5 with `*`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.pages import SERVER, SIZES, Times, postgres_database, run

LIMIT_MS, LIMIT_RATIO = 150.0, 1.5
WIDTH = 36


@contextmanager
def scratch(kind: str, size: int, keep: Path | None) -> Iterator[tuple[str, Path]]:
    """Address of a database and a data folder; "" and the folder for SQLite. Raises OperationalError: no server."""
    with tempfile.TemporaryDirectory(prefix="gateway-history-") as made:
        folder = keep / f"{kind}-{size}" if keep else Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if kind == "sqlite":
            yield "", folder
        elif keep:
            yield kept_database(f"gateway_bench_history_{size}"), folder
        else:
            with postgres_database() as url:
                if not url:
                    raise psycopg.OperationalError("no server")
                yield url, folder


def kept_database(name: str) -> str:
    with psycopg.connect(SERVER, autocommit=True, connect_timeout=3) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(f"CREATE DATABASE {name}")
    return SERVER.rpartition("/")[0] + f"/{name}"


def measured(database_url: str, folder: Path, generations: int, asking: list[str]) -> Times:
    """Fill the database, unless it is full already, and ask for the pages."""
    run(database_url, folder, "manage.py", "migrate", "-v0")
    if not (folder / "filled").exists():
        run(database_url, folder, "manage.py", "fill_history", "--generations", str(generations))
        (folder / "filled").touch()
    found: Times = json.loads(run(database_url, folder, "-m", "bench.asking_history", *asking).splitlines()[-1])
    return found


def table(sizes: list[int], times: list[Times]) -> Iterator[str]:
    """One line a page."""
    columns = " ".join(f"{f'{size:,}':>10} cold {'warm':>5} {'CPU':>4} rows" for size in sizes)
    yield f"{'page':{WIDTH}} {'queries':>7} {columns} {'data':>6} {'ratio':>6}"
    for page, last in times[-1].items():
        each = [found[page] for found in times]
        columns = " ".join(
            f"{one['cold']:15.0f} {one['warm']:5.0f} {one['cpu']:4.0f} {one['rows']:4.0f}" for one in each
        )
        ratio = last["warm"] / each[0]["warm"]
        marks = "!" if any(one["warm"] > LIMIT_MS for one in each) else ""
        marks += "*" if ratio > LIMIT_RATIO else ""
        wide = sum(1 for sign in page if ord(sign) > 0x2E80)  # takes two columns of a terminal
        yield (
            f"{page[:WIDTH]:{WIDTH - wide}} {last['queries']:7.0f} {columns}"
            f" {last['data']:6.0f} {ratio:6.1f} {marks}".rstrip()
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument("--generations", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgres"), default=["sqlite", "postgres"])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=[], help="pages with all of these words in their name")
    parser.add_argument("--keep", type=Path, help="keep the databases, with this folder, and use them again")
    options = parser.parse_args()
    asking = [str(options.repeats), *options.only]
    for kind in options.databases:
        times: list[Times] = []
        try:
            for size in options.generations:
                with scratch(kind, size, options.keep) as (url, folder):
                    times.append(measured(url, folder, size, asking))
        except psycopg.OperationalError:
            print(f"\n{kind}: no server answers at TEST_POSTGRES_URL")
            continue
        print(f"\n{kind}")
        print("\n".join(table(options.generations, times)), flush=True)


if __name__ == "__main__":
    main()
