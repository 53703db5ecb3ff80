"""`manage.py apikey_create NAME`: prints a new key. It is shown only this once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.api_keys import api_key_mint


class Command(BaseCommand):
    help = "Make an API key and print it. It is shown only this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who or what will use it")

    def handle(self, *args: Any, **options: Any) -> None:
        _, key = api_key_mint(name=options["name"])
        self.stdout.write(key)
