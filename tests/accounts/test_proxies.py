"""Addresses of proxies: what is taken, what is shown of them, and how they are kept."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.test import TestCase
from django.utils import timezone

from accounts.models import Account, AccountEvent
from accounts.proxies import account_proxy_tested, account_set_proxy, accounts_request_proxy_test, proxy_of
from accounts.proxy_addresses import InvalidProxy, parse_proxy
from generation.engine.logins import logins
from tests.factories import make_account


@pytest.mark.parametrize(
    ("text", "label", "username", "password"),
    [
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080", "", ""),
        (" HTTPS://Proxy.Example.com:443/ ", "https://proxy.example.com:443", "", ""),
        ("socks5://ann:secret@host:1080", "socks5://host:1080", "ann", "secret"),
        ("socks5h://ann@[::1]:1080", "socks5h://[::1]:1080", "ann", ""),
        ("http://a%40b:p%3Aw%2F%23@host:1", "http://host:1", "a@b", "p:w/#"),
    ],
)
def test_an_address_is_read_and_written_again(text: str, label: str, username: str, password: str) -> None:
    address = parse_proxy(text)
    assert (address.label, address.username, address.password) == (label, username, password)
    assert parse_proxy(address.url) == address
    assert not password or password not in repr(address)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("host:1080", "Begin with"),
        ("ftp://host:1080", "Begin with"),
        ("socks4://host:1080", "Begin with"),
        ("http://secret@host", "port is missing"),
        ("http://secret@host:0", "port is missing"),
        ("http://secret@host:99999", "cannot be read"),
        ("http://secret@host:x", "cannot be read"),
        ("http://[secret@host:1", "cannot be read"),
        ("http://ann:sec/secret@host:80", "cannot be read"),
        ("http://host:80/secret", "Nothing may follow"),
        ("http://host:80?secret", "Nothing may follow"),
        ("http://:secret@:80", "neither a name nor"),
        ("http://secret@ho st:80", "neither a name nor"),
        ("http://secret@-host:80", "neither a name nor"),
        (f"http://secret:{'x' * 256}@host:80", "255 bytes"),
        ("http://sec%3Aret:x@host:80", "characters that no proxy takes"),
        ("http://secret:%0d%0ax@host:80", "characters that no proxy takes"),
        (f"http://secret@{'a.' * 60}com:80", "too long"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str, said: str) -> None:
    with pytest.raises(InvalidProxy) as raised:
        parse_proxy(text)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


class KeepingTests(TestCase):
    def setUp(self) -> None:
        self.account = make_account()
        self.now = timezone.now()

    def give(self, text: str) -> Account:
        account_set_proxy(account_id=self.account.pk, proxy=parse_proxy(text), at=self.now)
        return Account.objects.get(pk=self.account.pk)

    def test_it_is_encrypted_and_tested_soon(self) -> None:
        account = self.give("socks5://ann:secret@host:1080")
        assert "secret" not in account.proxy_encrypted + account.proxy_label
        assert (proxy_of(account), account.proxy_label) == ("socks5://ann:secret@host:1080", "socks5://host:1080")
        assert account.proxy_test_due_at == self.now

    def test_the_login_of_the_next_call_has_it(self) -> None:
        assert logins.of(self.account).proxy == ""
        for given in ("http://one:1", "http://two:2"):
            login = logins.of(self.give(given))
            assert login.proxy == given
            assert given not in repr(login)

    def test_one_that_cannot_be_decrypted_gives_no_login(self) -> None:
        self.account.proxy_encrypted = "unreadable"
        with pytest.raises(InvalidToken):
            proxy_of(self.account)
        assert logins.find(self.account) is None

    def test_without_it_nothing_is_left_of_it(self) -> None:
        self.give("http://one:1")
        account_set_proxy(account_id=self.account.pk, proxy=None, at=self.now)
        account = Account.objects.get(pk=self.account.pk)
        assert (account.proxy_encrypted, account.proxy_label, account.proxy_test_due_at) == ("", "", None)
        assert accounts_request_proxy_test(account_ids=[account.pk], at=self.now) == 0

    def test_a_test_is_noted_for_the_proxy_that_was_tested_only(self) -> None:
        before = self.give("http://one:1").proxy_encrypted
        account = self.give("http://two:2")
        facts: dict[str, Any] = {"account_id": account.pk, "took_ms": 12, "error": "", "at": self.now}
        assert not account_proxy_tested(**facts, proxy_encrypted=before)
        assert account_proxy_tested(**facts, proxy_encrypted=account.proxy_encrypted)
        account.refresh_from_db()
        assert (account.proxy_test_ms, account.proxy_tested_at, account.proxy_test_due_at) == (12, self.now, None)
        event = AccountEvent.objects.get(kind="proxy_tested")
        assert event.detail == {"took_ms": 12, "error": ""}
