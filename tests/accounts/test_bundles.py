"""Encrypted bundles: out of one gateway, into another, with all that belongs to a login."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import TestCase
from django.utils import timezone

from accounts import sealing, vault
from accounts.bundles import bundle_export
from accounts.entries import Unreadable
from accounts.import_previews import import_preview
from accounts.imports import import_store
from accounts.models import Account
from accounts.reading import read_entries
from tests.factories import make_account

SESSION, PASSWORD, PROXY = "login-number-0001", "correct horse", "http://user:hunter2@10.0.0.1:8080"


class BundleTests(TestCase):
    def setUp(self) -> None:
        now = timezone.now()
        self.account = make_account(
            sessionid=SESSION,
            name="小猫",
            notes="mine",
            tags=["a", "b"],
            priority=3,
            concurrency_cap=4,
            enabled=False,
            web_id="7000000000000000001",
            uid_tt="ab" * 16,
            upstream_user_id="4711",
            login_since=now - timedelta(days=9),
            login_expires_at=now + timedelta(days=9),
            proxy_encrypted=vault.encrypt(PROXY),
            proxy_label="http://10.0.0.1:8080",
        )
        self.text = bundle_export(account_ids=[self.account.pk], password=PASSWORD, at=now).text

    def code_of(self, text: str, password: str = PASSWORD) -> str:
        with pytest.raises(Unreadable) as raised:
            read_entries(text, password=password)
        return raised.value.code

    def changed(self, **over: Any) -> str:
        return json.dumps({**json.loads(self.text), **over})

    def test_everything_travels(self) -> None:
        before = Account.objects.values().get()
        Account.objects.all().delete()
        entries = read_entries(self.text.encode(), password=PASSWORD)
        import_store(batch=import_preview(entries=entries, at=timezone.now()), at=timezone.now())
        after = Account.objects.values().get()
        assert vault.decrypt(after["sessionid_encrypted"]) == SESSION
        assert vault.decrypt(after["proxy_encrypted"]) == PROXY
        assert after["proxy_test_due_at"] is not None  # it may not be reachable from here
        own = {"id", "created_at", "probe_due_at", "proxy_test_due_at", "sessionid_encrypted", "proxy_encrypted"}
        assert {name: value for name, value in before.items() if name not in own} == {
            name: value for name, value in after.items() if name not in own
        }

    def test_nothing_is_readable_without_the_password(self) -> None:
        for secret in (SESSION, "小猫", "hunter2", "4711"):
            assert secret not in self.text
        assert self.code_of(self.text, "") == "password"
        assert self.code_of(self.text, "wrong horse") == "wrong_password"

    def test_a_damaged_file_is_not_called_a_wrong_password(self) -> None:
        token = json.loads(self.text)["token"]
        assert self.code_of(self.changed(token=token[:-9] + "AAAAAAAA=")) == "damaged"
        assert self.code_of(self.changed(token=None)) == "damaged"
        assert self.code_of(self.changed(scrypt={"n": 2**16})) == "damaged"
        assert self.code_of(self.changed(version="x")) == "damaged"
        assert self.code_of(self.changed(version=2)) == "version"
        assert self.code_of(self.text[:-30]) == "json"

    def test_a_foreign_envelope_cannot_make_us_compute_for_minutes(self) -> None:
        scrypt = json.loads(self.text)["scrypt"]
        assert self.code_of(self.changed(scrypt={**scrypt, "n": 2**30})) == "damaged"

    def test_what_is_inside_is_checked(self) -> None:
        wrong: tuple[Any, ...] = ({"sessionid": "no"}, {}, {"sessionid": SESSION, "x": 1}, 4)
        for account in wrong:
            with self.subTest(account):
                assert self.code_of(_sealed({"accounts": [account]})) == "damaged"

    def test_a_short_password_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least 8"):
            bundle_export(account_ids=[], password="seven77", at=timezone.now())

    def test_a_login_that_no_key_opens_is_named(self) -> None:
        Account.objects.update(sessionid_encrypted="lost")
        bundle = bundle_export(account_ids=[self.account.pk], password=PASSWORD, at=timezone.now())
        assert (bundle.count, bundle.unreadable) == (0, ("小猫",))

    def test_a_foreign_bundle_that_no_account_could_hold_is_damaged(self) -> None:
        for fact in (
            {"name": 5},
            {"name": "x" * 101},
            {"tags": [1]},
            {"priority": 40_000},
            {"cap": -1},
            {"enabled": "yes"},
            {"web_id": "1" * 20},
            {"uid_tt": "a\r\nCookie: b"},
            {"user_id": "7" * 41},
            {"login_since": "2026-11-25T12:00:00"},
            {"line": 7},
        ):
            with self.subTest(fact):
                text = _sealed({"accounts": [{"sessionid": SESSION, **fact}]})
                with pytest.raises(Unreadable) as raised:
                    read_entries(text, password=PASSWORD)
                assert raised.value.code == "damaged"


def _sealed(inside: dict[str, Any]) -> str:
    """An envelope of ours around something else."""
    import base64
    import zlib

    from cryptography.fernet import Fernet

    salt = b"0123456789abcdef"
    key = sealing._key(PASSWORD, salt, 2**4, 8, 1)
    token = Fernet(key).encrypt(zlib.compress(json.dumps(inside).encode())).decode()
    scrypt = {"n": 2**4, "r": 8, "p": 1, "salt": base64.b64encode(salt).decode()}
    return json.dumps(
        {"format": sealing.FORMAT, "version": 1, "scrypt": scrypt, "sha256": sealing._digest(token), "token": token}
    )
