"""The door to Jimeng logins: are they alive, what is their balance, today's gift. Costs no credits.

What is found out is noted on the account, where there is one, as after a probe of the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cryptography.fernet import InvalidToken
from django.utils import timezone

from accounts import services as accounts
from accounts import vault
from accounts.models import Account
from accounts.proxies import proxy_of
from generation.engine import runtime
from generation.engine.caretaker import FAULTS
from generation.errors import UpstreamUnreachable
from generation.upstream.answers import Credits
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login
from jimeng_site.database import in_database
from jimeng_site.slots import Slots

CALLS_AT_ONCE: Final = 4  # polite: fifty logins take a few seconds

# Why nothing was learned: code and text. All other kinds are answers that say nothing of the login.
_TROUBLES: Mapping[FailureKind, tuple[str, str]] = MappingProxyType(
    {
        FailureKind.EXPIRED: ("login_expired", "The Jimeng login has expired."),
        FailureKind.RISK_HOLD: ("risk_hold", "Jimeng's risk control holds this account."),
        FailureKind.THROTTLED: ("throttled", "Jimeng asks to come back later."),
        FailureKind.BUSY: ("throttled", "Jimeng asks to come back later."),
        FailureKind.REGION: ("region", "Jimeng does not serve this account from here."),
        FailureKind.UNREACHABLE: ("upstream_unreachable", "Jimeng could not be reached."),
        FailureKind.AMBIGUOUS: ("upstream_unreachable", "Jimeng gave no usable answer."),
    }
)
_OTHER_TROUBLE: Final = ("upstream_refused", "Jimeng refused to answer.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why nothing could be learned of a login."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenState:
    """What was learned of one login. `credits` None: not known. `received`: credits of today's gift, by this call.

    `already_received`: there was nothing to receive any more; the upstream does not tell whether there ever was.
    """

    live: bool = False
    screen_name: str = ""
    credits: Credits | None = None
    received: int = 0
    already_received: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A login to ask about. `account_id` None: it is not stored."""

    login: Login
    account_id: int | None


Question = Callable[[UpstreamClient, _Asked], Awaitable[TokenState]]
_SLOTS: Final = Slots(CALLS_AT_ONCE)


async def tokens_check(sessionids: Sequence[str]) -> dict[str, TokenState]:
    """Whether the logins live, by sessionid; each is asked about once. Raises UpstreamUnreachable without an engine."""
    return await ask_all(_client(), sessionids, check)


async def tokens_points(sessionids: Sequence[str]) -> dict[str, TokenState]:
    """The balances, by sessionid; as `tokens_check`."""
    return await ask_all(_client(), sessionids, points)


async def tokens_receive(sessionids: Sequence[str]) -> dict[str, TokenState]:
    """Take today's gifts, and read the balances after; as `tokens_check`."""
    return await ask_all(_client(), sessionids, receive)


def _client() -> UpstreamClient:
    running = runtime.current()
    if running is None:
        raise UpstreamUnreachable
    return running.client


async def ask_all(client: UpstreamClient, sessionids: Sequence[str], question: Question) -> dict[str, TokenState]:
    """The same question about each login once, CALLS_AT_ONCE at a time; whatever fails is told, not raised."""
    asked = await in_database(_prepared, list(dict.fromkeys(sessionids)))

    async def answer(each: _Asked) -> TokenState:
        async with _SLOTS.taken():
            try:
                return await question(client, each)
            except UpstreamFailure as failure:
                await _note_failure(each, failure)
                return TokenState(trouble=_trouble(failure))

    states = await asyncio.gather(*(answer(each) for each in asked))
    return {each.login.sessionid: state for each, state in zip(asked, states, strict=True)}


def _prepared(sessionids: list[str]) -> list[_Asked]:
    """With the device identity of their accounts. Nothing is stored for others: anybody may ask about anything."""
    rows = {row.fingerprint: row for row in accounts.passthrough_find(sessionids=sessionids)}
    known = {sessionid: rows.get(vault.fingerprint(sessionid)) for sessionid in sessionids}
    return [_asked(sessionid, known.get(sessionid)) for sessionid in sessionids]


def _asked(sessionid: str, account: Account | None) -> _Asked:
    if account is None:
        return _Asked(login=_unstored_login(sessionid), account_id=None)
    try:
        proxy = proxy_of(account)
    except InvalidToken:
        proxy = "unreadable"  # no address: the client refuses it, and never goes straight instead
    login = Login(sessionid=sessionid, web_id=account.web_id, uid_tt=account.uid_tt, proxy=proxy)
    return _Asked(login=login, account_id=account.pk)


def _unstored_login(sessionid: str) -> Login:
    web_id, uid_tt = vault.device_of(vault.fingerprint(sessionid))
    return Login(sessionid=sessionid, web_id=web_id, uid_tt=uid_tt)


async def check(client: UpstreamClient, asked: _Asked) -> TokenState:
    found = await client.account_info(asked.login)
    if asked.account_id is not None:
        await in_database(
            accounts.account_probed_alive,
            account_id=asked.account_id,
            user_id=found.user_id,
            screen_name=found.screen_name,
            at=timezone.now(),
        )
    return TokenState(live=True, screen_name=found.screen_name)


async def points(client: UpstreamClient, asked: _Asked) -> TokenState:
    credits = await client.credits(asked.login)
    if asked.account_id is not None:
        await in_database(
            accounts.account_credits_read,
            account_id=asked.account_id,
            gift=credits.gift,
            purchase=credits.purchase,
            vip=credits.vip,
            expiring=credits.expiring,
            at=timezone.now(),
        )
    return TokenState(live=True, credits=credits)


async def receive(client: UpstreamClient, asked: _Asked) -> TokenState:
    """A gift that was taken stays told even if the balance cannot be read then."""
    received = await _take_gift(client, asked)
    if asked.account_id is not None:
        await in_database(
            accounts.account_checked_in, account_id=asked.account_id, received=received, at=timezone.now()
        )
    try:
        state = await points(client, asked)
    except UpstreamFailure as failure:
        await _note_failure(asked, failure)
        state = TokenState(trouble=_trouble(failure))
    return replace(state, received=received, already_received=received == 0)


async def _take_gift(client: UpstreamClient, asked: _Asked) -> int:
    """The credits given; 0 when there are none any more today. Raises UpstreamFailure."""
    try:
        return (await client.receive_credits(asked.login)).received
    except UpstreamFailure as failure:
        # How some accounts are told that they had it already; it says nothing of the login.
        if failure.kind is not FailureKind.BAD_PARAMETER:
            raise
        return 0


async def _note_failure(asked: _Asked, failure: UpstreamFailure) -> None:
    """Only what says something about the login counts, as for the engine's probes."""
    fault = FAULTS.get(failure.kind)
    if fault is not None and asked.account_id is not None:
        await in_database(
            accounts.account_failed,
            account_id=asked.account_id,
            failure=fault,
            code=failure.code,
            detail=failure.message,
            at=timezone.now(),
            retry_after_s=failure.retry_after_s,
        )


def _trouble(failure: UpstreamFailure) -> Trouble:
    code, text = _TROUBLES.get(failure.kind, _OTHER_TROUBLE)
    words = " ".join(part for part in (failure.code, failure.message) if part)
    return Trouble(code=code, message=f"{text} (Jimeng: {words})" if words else text)
