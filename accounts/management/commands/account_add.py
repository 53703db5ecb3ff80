"""`manage.py account_add SESSIONID [--name N]`: stores a login of yours; `-` reads one a line from standard input."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import account_add
from accounts.sessionids import InvalidSessionid, clean_sessionid


class Command(BaseCommand):
    help = "Store a Jimeng login. It is probed by the running gateway within seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sessionid", help="the sessionid, or - to read one a line from standard input")
        parser.add_argument("--name", default="", help="a name for it; several are numbered")

    def handle(self, *args: Any, **options: Any) -> None:
        given = options["sessionid"]
        lines = [line for line in sys.stdin.read().splitlines() if line.strip()] if given == "-" else [given]
        refused = 0
        for number, line in enumerate(lines, start=1):
            name = options["name"] if len(lines) == 1 or not options["name"] else f"{options['name']} {number}"
            try:
                account, is_new = account_add(sessionid=clean_sessionid(line), name=name)
            except InvalidSessionid as error:
                refused += 1
                self.stderr.write(f"line {number}: {error}")
            else:
                self.stdout.write(f"{account.name}: {'stored' if is_new else 'already there'}")
        if refused:
            raise CommandError(f"{refused} of {len(lines)} could not be stored.")
