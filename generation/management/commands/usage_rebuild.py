"""`manage.py usage_rebuild [--since 2026-11-01]`: makes the sums by hour anew from the generations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from generation.usage import usage_rebuild


class Command(BaseCommand):
    help = "Make the sums by hour anew. Hours whose generations are all gone keep theirs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", default="", help="a day or a time, as 2026-11-01 or 2026-11-01T08:00")

    def handle(self, *args: Any, **options: Any) -> None:
        since = _instant(options["since"]) if options["since"] else None
        hours = sum(1 for _ in usage_rebuild(since=since))
        self.stdout.write(f"{hours} hours are summed up.")


def _instant(text: str) -> datetime:
    """A day is its beginning; without an offset it is in the gateway's time zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is neither a day nor a time.") from error
    return timezone.make_aware(at) if timezone.is_naive(at) else at
