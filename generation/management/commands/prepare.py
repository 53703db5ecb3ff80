"""`manage.py prepare`: what must be done before serving: settings checked, tables made, an admin asked for."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Check the settings, bring the database up to date, and make the first admin."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check", deploy=False)
        call_command("migrate", interactive=False, verbosity=0)
        if get_user_model().objects.filter(is_superuser=True).exists():
            return
        if os.environ.get("DJANGO_SUPERUSER_PASSWORD"):
            os.environ.setdefault("DJANGO_SUPERUSER_USERNAME", "admin")
            os.environ.setdefault("DJANGO_SUPERUSER_EMAIL", "")
            call_command("createsuperuser", interactive=False)
        elif sys.stdin.isatty():
            self.stdout.write("There is no admin yet. Choose a name and a password for the admin pages:")
            call_command("createsuperuser")
        else:
            self.stderr.write(
                "There is no admin yet: run `python manage.py createsuperuser`, or set DJANGO_SUPERUSER_USERNAME "
                "and DJANGO_SUPERUSER_PASSWORD."
            )
