"""`manage.py sandbox`: a strict stand-in for the Jimeng web service, for trying and testing without an account."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand

from generation.sandbox.server import add_arguments, run


class Command(BaseCommand):
    help = "Serve a strict stand-in for the Jimeng web service."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        run(Namespace(**options))
