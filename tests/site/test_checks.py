"""Mistakes between settings are found before the first request."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from accounts.checks import OFFICIAL_UPSTREAM, check_rests, check_settings, check_words

GOOD: dict[str, Any] = {
    "JIMENG_UPSTREAM": "jimeng",
    "JIMENG_BASE_URL": OFFICIAL_UPSTREAM,
    "JIMENG_ENGINE": "embedded",
    "JIMENG_RESULT_URL": "media",
    "JIMENG_RESTS": {},
    "JIMENG_ENCRYPTION_KEYS": [Fernet.generate_key().decode()],
    "JIMENG_WAIT_TIMEOUT": 580.0,
    "JIMENG_DATABASE_LANES": 1,
    "JIMENG_ACCOUNT_CONCURRENCY": 1,
    "HOST": "127.0.0.1",
    "PUBLIC_BASE_URL": "",
}


def found(**over: Any) -> list[str | None]:
    with override_settings(**GOOD | over):
        return [each.id for each in [*check_words(None), *check_rests(None), *check_settings(None)]]


@pytest.mark.parametrize(
    ("over", "ids"),
    [
        ({}, []),
        ({"JIMENG_UPSTREAM": "other"}, ["accounts.E001"]),
        ({"JIMENG_UPSTREAM": "sandbox"}, ["accounts.E002"]),
        ({"JIMENG_UPSTREAM": "sandbox", "JIMENG_BASE_URL": "http://127.0.0.1:9"}, []),
        ({"JIMENG_BASE_URL": "https://proxy.example"}, []),
        ({"JIMENG_ENGINE": "other"}, ["accounts.E003"]),
        ({"JIMENG_RESULT_URL": "other"}, ["accounts.E004"]),
        ({"JIMENG_RESULT_URL": "upstream"}, []),
        ({"JIMENG_ENCRYPTION_KEYS": ["no key"]}, ["accounts.E005"]),
        ({"JIMENG_ENCRYPTION_KEYS": [*GOOD["JIMENG_ENCRYPTION_KEYS"], "", "猫"]}, ["accounts.E005"] * 2),
        ({"JIMENG_WAIT_TIMEOUT": 599.9}, []),
        ({"JIMENG_WAIT_TIMEOUT": 600.0}, ["accounts.W001"]),
        ({"HOST": "0.0.0.0"}, ["accounts.W002"]),
        ({"HOST": "::"}, ["accounts.W002"]),
        ({"HOST": "0.0.0.0", "PUBLIC_BASE_URL": "https://jimeng.example"}, []),
        ({"JIMENG_DATABASE_LANES": 0}, ["accounts.E006"]),
        ({"JIMENG_ACCOUNT_CONCURRENCY": 0}, ["accounts.E006"]),
        ({"JIMENG_CHAT_PROGRESS": "loud"}, ["accounts.E007"]),
        ({"JIMENG_UPLOAD_SCHEME": "ftp"}, ["accounts.E007"]),
        ({"JIMENG_RESTS": {"busy": "0.5", "risk_hold": "60"}}, []),
        ({"JIMENG_RESTS": {"lazy": "3"}}, ["accounts.E012"]),
        ({"JIMENG_RESTS": {"expired": "3"}}, ["accounts.E012"]),  # only a probe revives it
        ({"JIMENG_RESTS": {"busy": "soon"}}, ["accounts.E012"]),
        ({"JIMENG_RESTS": {"busy": "0"}}, ["accounts.E012"]),
        ({"JIMENG_RESTS": {"busy": "inf"}}, ["accounts.E012"]),
        ({"JIMENG_UPSTREAM": "other", "JIMENG_RESULT_URL": "other"}, ["accounts.E001", "accounts.E004"]),
    ],
)
def test_each_mistake_has_its_id(over: dict[str, Any], ids: list[str]) -> None:
    assert sorted(map(str, found(**over))) == sorted(ids)


def test_a_wrong_key_is_not_repeated() -> None:
    with override_settings(**GOOD | {"JIMENG_ENCRYPTION_KEYS": ["hunter2"]}):
        assert "hunter2" not in str(check_settings(None))
