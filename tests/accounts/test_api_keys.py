"""Keys: shown once, found by their hash, refused with a reason."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import TestCase

from accounts.api_keys import api_key_mint, api_key_verify, hash_key
from accounts.errors import InvalidApiKey
from accounts.models import ApiKey

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class ApiKeyTests(TestCase):
    def setUp(self) -> None:
        self.row, self.key = api_key_mint(name="tests")

    def change(self, **fields: object) -> None:
        ApiKey.objects.filter(pk=self.row.pk).update(**fields)

    def refused(self, key: str, why: str) -> None:
        with pytest.raises(InvalidApiKey, match=why) as raised:
            api_key_verify(key, at=AT)
        assert key not in str(raised.value)

    def test_it_is_long_and_random(self) -> None:
        assert re.fullmatch(r"jm-[A-Za-z0-9_-]{43}", self.key)
        assert api_key_mint(name="tests")[1] != self.key

    def test_only_its_beginning_and_its_hash_are_stored(self) -> None:
        stored = ApiKey.objects.values().get()
        assert (stored["prefix"], stored["key_hash"]) == (self.key[:9], hash_key(self.key))
        assert not any(self.key[9:] in str(value) for value in stored.values())

    def test_a_good_key_is_verified(self) -> None:
        assert api_key_verify(self.key, at=AT) == self.row

    def test_an_unknown_key_is_refused(self) -> None:
        for key in ("", "jm-", self.key[:-1], self.key + "x", self.key.upper(), self.row.key_hash):
            with self.subTest(key):
                self.refused(key, "Incorrect API key") if key else self.refused("jm", "Incorrect API key")

    def test_a_disabled_key_says_so(self) -> None:
        self.change(enabled=False)
        self.refused(self.key, "disabled")

    def test_a_key_expires_at_its_moment(self) -> None:
        self.change(expires_at=AT + timedelta(seconds=1))
        assert api_key_verify(self.key, at=AT) == self.row
        self.change(expires_at=AT)
        self.refused(self.key, "expired")

    def test_its_use_is_noted_once_a_minute(self) -> None:
        for used_at, noted_at in (
            (None, AT),
            (AT - timedelta(seconds=61), AT),
            (AT - timedelta(seconds=60), AT - timedelta(seconds=60)),
        ):
            with self.subTest(used_at=used_at):
                self.change(last_used_at=used_at)
                api_key_verify(self.key, at=AT)
                assert ApiKey.objects.get().last_used_at == noted_at

    def test_a_refused_key_was_not_used(self) -> None:
        self.change(enabled=False)
        self.refused(self.key, "disabled")
        assert ApiKey.objects.get().last_used_at is None
