"""`manage.py words_index [--anew]`: brings the index of words, by which prompts are searched, up to date at once.

The engine does the same bit by bit; this is for those who do not want to wait for it after an upgrade.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from generation.word_index import SETTLED_AFTER, index_all, index_forget, settled_until


class Command(BaseCommand):
    help = "Index the words of all prompts that are not indexed yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anew", action="store_true", help="forget the index and begin anew")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["anew"]:
            index_forget()
        upto = settled_until(timezone.now() - SETTLED_AFTER)
        said = timezone.now()
        for done in index_all(upto=upto):
            if timezone.now() - said > timedelta(seconds=2):
                said = timezone.now()
                self.stdout.write(f"{done} of {upto}")
        self.stdout.write("All prompts that are older than a minute are indexed.")
