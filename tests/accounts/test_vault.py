"""Sessionids at rest: encrypted, found again, and nowhere to be seen."""

from __future__ import annotations

import re

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.test import SimpleTestCase, override_settings

from accounts import vault
from generation.upstream.signing import Login

SESSION = "0123456789abcdef0123456789abcdef"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


class EncryptionTests(SimpleTestCase):
    def test_what_goes_in_comes_out(self) -> None:
        encrypted = vault.encrypt(SESSION)
        assert SESSION not in encrypted
        assert vault.decrypt(encrypted) == SESSION

    def test_equal_sessionids_look_different(self) -> None:
        assert vault.encrypt(SESSION) != vault.encrypt(SESSION)

    def test_the_first_key_encrypts_and_all_decrypt(self) -> None:
        with override_settings(JIMENG_ENCRYPTION_KEYS=[OLD]):
            before = vault.encrypt(SESSION)
        with override_settings(JIMENG_ENCRYPTION_KEYS=[NEW, OLD]):
            assert vault.decrypt(before) == SESSION
            after = vault.encrypt(SESSION)
        with override_settings(JIMENG_ENCRYPTION_KEYS=[NEW]):
            assert vault.decrypt(after) == SESSION
            with pytest.raises(InvalidToken) as raised:
                vault.decrypt(before)
        assert SESSION not in repr(raised.value)

    def test_a_changed_ciphertext_is_refused(self) -> None:
        encrypted = vault.encrypt(SESSION)
        changed = encrypted[:-5] + ("A" if encrypted[-5] != "A" else "B") + encrypted[-4:]
        with pytest.raises(InvalidToken):
            vault.decrypt(changed)


class FingerprintTests(SimpleTestCase):
    def test_it_is_equal_for_equal_sessionids_alone(self) -> None:
        assert vault.fingerprint(SESSION) == vault.fingerprint(SESSION)
        assert vault.fingerprint(SESSION) != vault.fingerprint(SESSION[:-1] + "0")
        assert re.fullmatch(r"[0-9a-f]{64}", vault.fingerprint(SESSION))

    def test_it_is_useless_without_the_secret_key(self) -> None:
        with override_settings(SECRET_KEY="one"):
            first = vault.fingerprint(SESSION)
        with override_settings(SECRET_KEY="two"):
            assert vault.fingerprint(SESSION) != first

    def test_new_encryption_keys_do_not_change_it(self) -> None:
        with override_settings(JIMENG_ENCRYPTION_KEYS=[OLD]):
            first = vault.fingerprint(SESSION)
        with override_settings(JIMENG_ENCRYPTION_KEYS=[NEW]):
            assert vault.fingerprint(SESSION) == first


class DeviceTests(SimpleTestCase):
    def test_ids_look_as_the_web_client_draws_them(self) -> None:
        web_id, uid_tt = vault.device_of(vault.fingerprint(SESSION))
        assert re.fullmatch(r"7[0-9]{18}", web_id)
        assert re.fullmatch(r"[0-9a-f]{32}", uid_tt)
        assert vault.device_of(vault.fingerprint(SESSION)) == (web_id, uid_tt)
        other_web_id, other_uid_tt = vault.device_of(vault.fingerprint(f"{SESSION}x"))
        assert other_web_id != web_id
        assert other_uid_tt != uid_tt

    def test_a_login_does_not_show_its_sessionid(self) -> None:
        login = Login(sessionid=SESSION, web_id="7" * 19, uid_tt="a" * 32)
        assert SESSION not in repr(login)
