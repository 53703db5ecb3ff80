"""A new encryption key: everything stored goes under it, and the old one can be dropped."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts import vault
from accounts.import_previews import import_preview
from accounts.models import Account, AlertChannel, ApiKey, ImportEntry, RenewalLink
from accounts.reading import read_entries
from accounts.rekeying import encrypted_columns, old_keys_needed, rekey
from jimeng_site.secrets import encryption_keys, encryption_keys_write
from tests.factories import make_account, make_api_key

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SESSION = "login-number-0001"


def nothing(*_: Any) -> None:
    pass


def opens(value: str, key: str) -> bool:
    with override_settings(JIMENG_ENCRYPTION_KEYS=[key]):
        try:
            return bool(vault.decrypt(value))
        except Exception:
            return False


class RekeyTests(TestCase):
    def test_no_encrypted_column_is_forgotten(self) -> None:
        assert {str(each) for each in encrypted_columns()} >= {
            "accounts.Account.sessionid_encrypted",
            "accounts.Account.proxy_encrypted",
            "accounts.ApiKey.webhook_secret_encrypted",
            "accounts.AlertChannel.target_encrypted",
            "accounts.AlertChannel.secret_encrypted",
            "accounts.ImportEntry.sessionid_encrypted",
            "accounts.ImportEntry.facts_encrypted",
            "accounts.RenewalLink.pasted_encrypted",
        }

    def fill(self) -> None:
        """A row with a secret in each table, under the old key."""
        with override_settings(JIMENG_ENCRYPTION_KEYS=[OLD]):
            secret = vault.encrypt("secret")
            account = make_account(sessionid=SESSION, proxy_encrypted=secret)
            make_api_key(webhook_secret_encrypted=secret)
            AlertChannel.objects.create(name="a", format="ntfy", target_encrypted=secret, secret_encrypted=secret)
            RenewalLink.objects.create(account=account, pasted_encrypted=secret, expires_at=timezone.now())
            import_preview(entries=read_entries("another-login-02"), at=timezone.now())

    def test_everything_goes_under_the_first_key(self) -> None:
        self.fill()
        assert old_keys_needed([NEW, OLD]) == 8
        done = rekey([NEW, OLD], progress=nothing)
        assert (done.renewed, done.unreadable, old_keys_needed([NEW, OLD])) == (8, 0, 0)
        for model in (Account, ApiKey, AlertChannel, ImportEntry, RenewalLink):
            for column in (each.name for each in encrypted_columns() if each.model is model):
                with self.subTest(column):
                    assert opens(model._default_manager.values_list(column, flat=True).get(), NEW)
        assert rekey([NEW, OLD], progress=nothing).renewed == 0

    def test_what_no_key_opens_is_left_and_counted(self) -> None:
        self.fill()
        Account.objects.update(sessionid_encrypted="broken")
        done = rekey([NEW, OLD], progress=nothing)
        assert (done.renewed, done.unreadable) == (7, 1)
        assert Account.objects.get().sessionid_encrypted == "broken"

    def test_what_was_replaced_meanwhile_is_not_written_back(self) -> None:
        self.fill()
        with override_settings(JIMENG_ENCRYPTION_KEYS=[OLD]):
            late = vault.encrypt("a-login-of-now-01")
        seen: list[tuple[str, int]] = []

        def replace_it(column: object, looked_at: int) -> None:
            if not seen:  # after the batch of this column, by a process that knows only the old key
                Account.objects.update(sessionid_encrypted=late)
            seen.append((str(column), looked_at))

        rekey([NEW, OLD], progress=replace_it)
        with override_settings(JIMENG_ENCRYPTION_KEYS=[NEW]):
            assert vault.decrypt(Account.objects.get().sessionid_encrypted) == "a-login-of-now-01"


class CommandTests(TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.enterContext(override_settings(JIMENG_DATA_DIR=self.folder, JIMENG_ENCRYPTION_KEYS=[]))
        (self.first,) = encryption_keys(self.folder)
        self.account = make_account(sessionid=SESSION)

    def rotate(self, *options: str) -> None:
        with open("/dev/null", "w") as nowhere:
            call_command("encryption_key_rotate", *options, stdout=nowhere)

    def stored(self) -> str:
        return Account.objects.values_list("sessionid_encrypted", flat=True).get()

    def test_the_new_key_is_the_first_and_the_old_one_stays(self) -> None:
        self.rotate()
        new, old = encryption_keys(self.folder)
        assert old == self.first
        assert opens(self.stored(), new)
        assert vault.decrypt(self.stored()) == SESSION
        assert (self.folder / "encryption_key").stat().st_mode & 0o777 == 0o600

    def test_the_old_ones_are_dropped_when_asked(self) -> None:
        self.rotate("--drop-old")
        (key,) = encryption_keys(self.folder)
        assert key != self.first
        assert vault.decrypt(self.stored()) == SESSION
        assert [each.name for each in self.folder.iterdir()] == ["encryption_key"]

    def test_an_interrupted_one_is_resumed_without_another_key(self) -> None:
        encryption_keys_write(self.folder, [NEW, self.first])  # and then the power went
        self.rotate("--resume")
        assert encryption_keys(self.folder) == [NEW, self.first]
        assert opens(self.stored(), NEW)

    def test_keys_of_the_environment_are_the_operators_to_change(self) -> None:
        with override_settings(JIMENG_ENCRYPTION_KEYS=[self.first]), pytest.raises(CommandError, match="holds one key"):
            self.rotate()
        with override_settings(JIMENG_ENCRYPTION_KEYS=[NEW, self.first]):
            self.rotate()
        assert opens(self.stored(), NEW)
        assert encryption_keys(self.folder) == [self.first]
