"""Who calls."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.test import RequestFactory, TestCase, override_settings

from accounts.errors import InvalidApiKey
from accounts.models import Account
from openai_compat.authentication import NO_KEY, authenticate, put_to_work, sessionids_of, token_of
from openai_compat.key_memory import KeyMemory
from tests.openai_compat.builders import NOW, make_key

SESSIONID = "0123456789abcdef0123456789abcdef"


def request_with(**headers: str) -> HttpRequest:
    return RequestFactory().get("/v1/models", headers={name.replace("_", "-"): text for name, text in headers.items()})


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer jm-key"},
        {"authorization": "bearer   jm-key "},
        {"authorization": "jm-key"},
        {"x_api_key": "jm-key"},
        {"api_key": "jm-key"},
        {"authorization": "Bearer ", "x_api_key": "jm-key"},
        {"authorization": "Bearer jm-key", "x_api_key": "other"},
    ],
)
def test_the_key_is_found_in_every_header_that_clients_use(headers: dict[str, str]) -> None:
    assert token_of(request_with(**headers)) == "jm-key"


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"authorization": "Bearer"}, {"x_api_key": " "}])
def test_without_a_key_it_says_how_to_send_one(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidApiKey) as caught:
        token_of(request_with(**headers))
    assert caught.value.detail == NO_KEY


@pytest.mark.parametrize(
    ("token", "sessionids"),
    [
        (SESSIONID, [SESSIONID]),
        ("aaaa1111,bbbb2222", ["aaaa1111", "bbbb2222"]),
        ("aaaa1111, bbbb2222,", ["aaaa1111", "bbbb2222"]),
        ("aaaa1111,aaaa1111", ["aaaa1111"]),
        ("us-abc%3A12_3.x", ["us-abc%3A12_3.x"]),
        (
            ",".join(f"session{number:03}" for number in range(50)),
            [f"session{number:03}" for number in range(50)],
        ),
    ],
)
def test_bare_logins_are_split(token: str, sessionids: list[str]) -> None:
    assert sessionids_of(token) == sessionids


@pytest.mark.parametrize(
    "token",
    [
        "sk-0123456789abcdef",
        "Basic dXNlcjpwYXNz",
        "short",
        "x" * 257,
        "aaaa1111,short",
        "aaaa1111;bbbb2222",
        "aaaa1111,jm-0123456789",
        ",",
        ",".join(f"session{number:03}" for number in range(51)),
        "sessionid\u00e9\u00e9\u00e9\u00e9\u00e9",
    ],
)
def test_what_cannot_be_a_login_is_refused(token: str) -> None:
    with pytest.raises(InvalidApiKey):
        sessionids_of(token)


@override_settings(JIMENG_PASSTHROUGH=False)
def test_no_login_passes_where_pass_through_is_off() -> None:
    with pytest.raises(InvalidApiKey):
        sessionids_of(SESSIONID)


class AuthenticateTests(TestCase):
    async def test_a_key_of_ours_is_the_caller(self) -> None:
        row, key = await sync_to_async(make_key)()
        caller = await authenticate(
            request_with(authorization=f"Bearer {key}", user_agent="x" * 300), needs_accounts=True
        )
        assert caller.api_key == row
        assert caller.account_ids is None
        assert caller.client == "x" * 120

    async def test_a_login_becomes_an_account_only_where_it_is_put_to_work(self) -> None:
        request = request_with(authorization=f"Bearer {SESSIONID},{SESSIONID[::-1]}")
        looked_at = await authenticate(request, needs_accounts=False)
        assert looked_at.account_ids == ()
        assert not await Account.objects.aexists()
        known = await authenticate(request, needs_accounts=True)
        assert known.account_ids == ()
        assert not await Account.objects.aexists()
        caller = await put_to_work(request, known)
        rows = [account.pk async for account in Account.objects.order_by("pk")]
        assert caller.api_key is None
        assert caller.account_ids == tuple(rows)
        assert len(rows) == 2
        assert await Account.objects.filter(source=Account.Source.PASSTHROUGH).acount() == 2
        assert set((await authenticate(request, needs_accounts=True)).account_ids or ()) == set(rows)

    async def test_a_wrong_key_is_refused_and_never_logged(self) -> None:
        key = "jm-" + "z" * 43
        with self.assertNoLogs(level=logging.DEBUG), pytest.raises(InvalidApiKey) as caught:
            await authenticate(request_with(authorization=f"Bearer {key}"), needs_accounts=True)
        assert key not in str(caught.value)


class KeyMemoryTests(TestCase):
    def setUp(self) -> None:
        self.row, self.key = make_key(expires_at=NOW + timedelta(seconds=3))
        self.memory = KeyMemory()

    async def test_a_key_is_looked_up_once_in_a_while(self) -> None:
        await self.memory.verified(self.key, at=NOW)
        await self.row.adelete()
        await self.memory.verified(self.key, at=NOW + timedelta(seconds=2))
        with pytest.raises(InvalidApiKey):
            await self.memory.verified(self.key, at=NOW + timedelta(seconds=5))

    async def test_expiry_is_kept_to_the_moment(self) -> None:
        await self.memory.verified(self.key, at=NOW)
        with pytest.raises(InvalidApiKey, match="expired"):
            await self.memory.verified(self.key, at=NOW + timedelta(seconds=3))

    async def test_a_disabled_key_is_refused_after_at_most_five_seconds(self) -> None:
        await self.memory.verified(self.key, at=NOW - timedelta(seconds=5))
        self.row.enabled = False
        await self.row.asave()
        with pytest.raises(InvalidApiKey, match="disabled"):
            await self.memory.verified(self.key, at=NOW)

    async def test_it_forgets_the_oldest_beyond_its_size(self) -> None:
        self.memory.SIZE = 1  # type: ignore[misc]  # a constant, small for this test
        await self.memory.verified(self.key, at=NOW)
        _, other = await sync_to_async(make_key)()
        await self.memory.verified(other, at=NOW)
        await self.row.adelete()
        await self.memory.verified(other, at=NOW)
        with pytest.raises(InvalidApiKey):
            await self.memory.verified(self.key, at=NOW)
