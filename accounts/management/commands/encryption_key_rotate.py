"""`manage.py encryption_key_rotate [--drop-old]`: a new encryption key, and everything stored under it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import vault
from accounts.rekeying import Column, old_keys_needed, rekey
from jimeng_site.secrets import encryption_key_file, encryption_keys_write


class Command(BaseCommand):
    help = (
        "Make a new encryption key and re-encrypt all stored secrets with it; the gateway may run meanwhile. "
        "After an interruption, run it again with --resume."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--resume", action="store_true", help="make no new key, only re-encrypt with the newest")
        parser.add_argument("--drop-old", action="store_true", help="then forget the keys that nothing needs any more")

    def handle(self, *args: Any, **options: Any) -> None:
        in_file = not settings.JIMENG_ENCRYPTION_KEYS
        if in_file and not options["resume"]:
            fresh = Fernet.generate_key().decode()
            encryption_keys_write(settings.JIMENG_DATA_DIR, [fresh, *vault.encryption_keys()])
            self.stdout.write(f"A new key is the first in {encryption_key_file(settings.JIMENG_DATA_DIR)}.")
        elif not in_file and len(vault.encryption_keys()) == 1:
            raise CommandError(
                "JIMENG_ENCRYPTION_KEYS holds one key. Put a new one in front of it, separated by a comma (made by "
                'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"), '
                "restart the gateway with both, and run this again."
            )
        keys = vault.encryption_keys()
        done = rekey(keys, progress=self._tell)
        self.stdout.write(f"{done.renewed} values have the newest key now.")
        if done.unreadable:
            self.stderr.write(f"{done.unreadable} values fit no key and were left as they are.")
        if not in_file:
            self.stdout.write("Now JIMENG_ENCRYPTION_KEYS may be the first key alone. Restart the gateway with it.")
        elif options["drop_old"]:
            self._drop(keys)
        elif len(keys) > 1:
            self.stdout.write("Older keys are kept: --drop-old removes them. Old backups of the database need them.")

    def _drop(self, keys: tuple[str, ...]) -> None:
        still = old_keys_needed(keys)
        if still:
            raise CommandError(
                f"{still} values need an older key still: nothing is dropped. Run it again with --resume."
            )
        encryption_keys_write(settings.JIMENG_DATA_DIR, keys[:1])
        self.stdout.write(f"{len(keys) - 1} older keys are dropped. Backups of the database made before need them.")

    def _tell(self, column: Column, looked_at: int) -> None:
        self.stdout.write(f"{column}: {looked_at} looked at")
