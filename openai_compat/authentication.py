"""Who calls: a gateway key (`jm-…`), or Jimeng's own sessionids where pass-through is allowed.

The token is read here, turned into a `Caller`, and forgotten: it is never logged nor echoed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.api_keys import KEY_PREFIX
from accounts.errors import InvalidApiKey
from accounts.models import Account
from accounts.services import passthrough_accounts, passthrough_find
from accounts.sessionids import is_sessionid
from generation.services import Caller
from jimeng_site.database import in_database
from openai_compat.key_memory import key_memory

NO_KEY: Final = (
    "No API key was given. Send it as 'Authorization: Bearer jm-…' (x-api-key and api-key work too); "
    "keys are made in the admin."
)
SESSIONIDS_MAX = 50
_CLIENT_MAX_CHARS = 120  # the column's length


async def authenticate(request: HttpRequest, *, needs_accounts: bool) -> Caller:
    """The caller of this request. Raises InvalidApiKey.

    `needs_accounts` False: bare logins are only looked at. No account row is made for them here: see `put_to_work`.
    """
    token = token_of(request)
    client = request.headers.get("user-agent", "")[:_CLIENT_MAX_CHARS]
    if token.startswith(KEY_PREFIX):
        return Caller(api_key=await key_memory.verified(token, at=timezone.now()), client=client)
    sessionids = sessionids_of(token)
    if not needs_accounts:
        return Caller(account_ids=(), client=client)
    return Caller(account_ids=await in_database(_known_ids, sessionids), client=client)


async def put_to_work(request: HttpRequest, caller: Caller) -> Caller:
    """The caller, its bare logins stored: call it once a request is known to be good."""
    if caller.account_ids is None:
        return caller
    return replace(caller, account_ids=await in_database(_account_ids, sessionids_of(token_of(request))))


def token_of(request: HttpRequest) -> str:
    """The key as sent in one of the known headers. Raises InvalidApiKey when there is none."""
    for header in ("authorization", "x-api-key", "api-key"):
        value = request.headers.get(header, "").strip()
        scheme, _, rest = value.partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else value
        if token:
            return token
    raise InvalidApiKey(NO_KEY)


def sessionids_of(token: str) -> list[str]:
    """The bare logins in a token: `one` or `one,two,…`. Raises InvalidApiKey for anything else."""
    parts = [part.strip() for part in token.split(",") if part.strip()]
    look_right = 1 <= len(parts) <= SESSIONIDS_MAX and all(map(may_be_sessionid, parts))
    if not settings.JIMENG_PASSTHROUGH or not look_right:
        raise InvalidApiKey
    return list(dict.fromkeys(parts))


def may_be_sessionid(text: str) -> bool:
    """Not a key of ours nor of OpenAI, and of the right characters."""
    return is_sessionid(text) and not text.startswith((KEY_PREFIX, "sk-"))


def _known_ids(sessionids: list[str]) -> tuple[int, ...]:
    return tuple(account.pk for account in passthrough_find(sessionids=sessionids))


def _account_ids(sessionids: list[str]) -> tuple[int, ...]:
    accounts: list[Account] = passthrough_accounts(sessionids=sessionids)
    return tuple(account.pk for account in accounts)
