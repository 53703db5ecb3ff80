#!/usr/bin/env python
"""Django's command line."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jimeng_site.settings")
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    try:
        execute_from_command_line(sys.argv)
    except DatabaseError:
        if "--traceback" in sys.argv or _has_its_tables():
            raise
        sys.exit("The database has no tables yet, or older ones: start the gateway once, or run `manage.py migrate`.")


def _has_its_tables() -> bool:
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:  # it cannot be reached at all: the first error says so
        return True


if __name__ == "__main__":
    main()
