"""`make bench-week`: a week of a pool of 12 accounts, simulated on a clock that does not wait.

The gateway's own engine and, beside it, random choice of the login as the original service does it live through
the same week in the sandbox: logins end, credits run dry, risk control holds accounts, servers fail. Exit code 1 if
the gateway gave an error although an account could have served, paid for nothing, or paid twice.

The same arguments give the same numbers, but for the time that the run takes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command


def prepare(folder: Path) -> None:
    """Settings and an empty database of a gateway that nobody else uses."""
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "jimeng_site.settings",
            "JIMENG_ENV_FILE": "",
            "JIMENG_DATA_DIR": str(folder),
            "JIMENG_UPSTREAM": "sandbox",
            "DATABASE_URL": "",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "CRITICAL"),
        }
    )
    django.setup()
    call_command("migrate", verbosity=0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.week", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gateway-week-") as folder:
        prepare(Path(folder))
        from bench.week import report  # noqa: PLC0415 - models need the settings first

        return report.run(requests=options.requests, days=options.days, seed=options.seed, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
