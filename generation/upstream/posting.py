"""Sending messages: one POST or one mail each, within ten seconds, to where redirects never lead.

Operators' channels may be on private networks. Webhooks of API keys go through the guard of the fetcher: public
addresses only, checked on the very address that is connected to.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import aiohttp
import httpx
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_noop as _

from accounts.alert_words import Message, message_of
from accounts.channels import InvalidTarget, mail_addresses
from accounts.models import AlertChannel
from accounts.services import Parcel
from generation.upstream.fetch import FetchFailed, FetchPolicy, approved_addresses, guarded_session
from generation.upstream.http import TRANSPORT_ERRORS, new_http_client, new_transport
from generation.upstream.mailing import MAIL_ERRORS, mail
from generation.upstream.post_formats import Letter, Post, post_of, refusal
from generation.upstream.web_address import BadAddress, parse_address
from generation.upstream.webhooks import webhook_body, webhook_headers
from jimeng_site.logs import hide_secrets

POST_S: Final = 10.0
ANSWER_MAX_BYTES: Final = 16 * 1024
WORDS_CHARS: Final = 200  # of what a receiver says about its refusal
CONNECTIONS: Final = 16
NO_ANSWER = _("No answer within 10 s.")  # texts are stored in English, shown in the language of whoever looks


class PostFailed(Exception):
    """It was not delivered, as far as we know. The text holds no address and no secret."""


class Poster:
    """Sends parcels. `policy`: of the webhooks of API keys."""

    def __init__(self, *, policy: FetchPolicy | None = None, transport: httpx.AsyncBaseTransport | None = None) -> None:
        hosts = frozenset(host.lower() for host in settings.JIMENG_FETCH_ALLOW_HOSTS)
        self._policy = policy or FetchPolicy(allow_hosts=hosts)
        self._http = new_http_client(transport or new_transport(max_connections=CONNECTIONS))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def send(self, parcel: Parcel, *, at: datetime) -> None:
        """Deliver it once. Raises PostFailed."""
        try:
            async with asyncio.timeout(POST_S):
                await self._send(parcel, at)
        except TimeoutError as error:
            raise PostFailed(NO_ANSWER) from error
        except InvalidTarget as error:
            raise PostFailed(str(error)) from error
        except (FetchFailed, BadAddress) as error:
            raise PostFailed(_("The host has no public address.")) from error
        except (*TRANSPORT_ERRORS, UnicodeError) as error:
            raise PostFailed(_in_words(error)) from error

    async def _send(self, parcel: Parcel, at: datetime) -> None:
        if parcel.is_guarded:
            status = await self._post_guarded(_webhook(parcel, parcel.payload, at))
            said = b""
        elif parcel.medium == AlertChannel.Format.EMAIL:
            await _mail(parcel)
            return
        elif parcel.medium == AlertChannel.Format.WEBHOOK:
            status, said = await self._post(_webhook(parcel, alert_event(parcel), at))
        else:
            letter = Letter(message=_message(parcel), target=parcel.target, secret=parcel.secret, at=at)
            with translation.override(parcel.language):
                post = post_of(parcel.medium, letter)
            status, said = await self._post(post)
        problem = refusal(parcel.medium, status, said)
        if problem:
            raise PostFailed(_without_secrets(problem, parcel))

    async def _post(self, post: Post) -> tuple[int, bytes]:
        """The status, and the beginning of the answer."""
        said = bytearray()
        url, headers = _without_credentials(post)
        async with self._http.stream("POST", url, headers=headers, content=post.body, timeout=POST_S) as response:
            async for piece in response.aiter_bytes():
                said += piece
                if len(said) >= ANSWER_MAX_BYTES:
                    break
        return response.status_code, bytes(said[:ANSWER_MAX_BYTES])

    async def _post_guarded(self, post: Post) -> int:
        url, headers = _without_credentials(post)
        address = parse_address(str(url))
        approved = await approved_addresses(address, self._policy)
        async with (
            guarded_session(approved, headers) as session,
            session.post(address, data=post.body, allow_redirects=False) as response,
        ):
            return response.status


def _without_credentials(post: Post) -> tuple[httpx.URL, dict[str, str]]:
    """User name and password of an address as a header: httpx-aiohttp takes no address that holds them."""
    url, headers = httpx.URL(post.url), dict(post.headers)
    if url.userinfo:
        credentials = f"{url.username}:{url.password}".encode()
        headers.setdefault("authorization", "Basic " + base64.b64encode(credentials).decode())
    return url.copy_with(username=None, password=None), headers


def alert_event(parcel: Parcel) -> dict[str, Any]:
    """The body of an alert for programs: our facts, and the words that people get elsewhere."""
    message, facts = _message(parcel), parcel.payload
    return {
        "id": parcel.message_id,
        "object": "event",
        "created_at": int(parcel.created_at.timestamp()),
        "type": parcel.event,
        "timestamp": facts["at"],
        "data": {
            "phase": facts["phase"],
            "about": facts["label"],
            "since": facts["since"],
            "count": facts["count"],
            "title": message.title,
            "text": message.text,
            "url": message.url or None,
            "detail": facts["detail"],
        },
    }


def _message(parcel: Parcel) -> Message:
    with translation.override(parcel.language):
        return message_of(parcel.payload)  # type: ignore[arg-type]  # AlertFacts, as JSON gives it back


def _webhook(parcel: Parcel, payload: Mapping[str, Any], at: datetime) -> Post:
    body = webhook_body(payload)
    headers = webhook_headers(message_id=parcel.message_id, at=at, body=body, secret=parcel.secret)
    return Post(url=parcel.target, headers=headers, body=body)


async def _mail(parcel: Parcel) -> None:
    if not settings.EMAIL_URL:
        raise PostFailed(_("No mail server is known: EMAIL_URL is empty."))
    message, addresses = _message(parcel), mail_addresses(parcel.target)
    try:
        await asyncio.to_thread(mail, message, addresses, message_id=parcel.message_id)
    except MAIL_ERRORS as error:
        raise PostFailed(_without_secrets(f"The mail server did not take it: {error}", parcel)) from error


def _in_words(error: Exception) -> str:
    """What went wrong on the way, without the address that libraries put into their messages.

    httpx-aiohttp calls every lost connection a time-out: what it was made from says more.
    """
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    for kinds, words in (
        ((ssl.SSLError, aiohttp.ClientSSLError), _("The TLS connection could not be made: is the certificate good?")),
        ((aiohttp.ClientConnectorError, httpx.ConnectError), _("No connection could be made.")),
        ((TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout), NO_ANSWER),
    ):
        if any(isinstance(each, kinds) for each in chain):
            return words
    return _("The connection broke before an answer came.")


def _without_secrets(text: str, parcel: Parcel) -> str:
    """What a receiver said, in case it repeats what we have told it."""
    clean = hide_secrets(" ".join(text.split()))
    for secret in (parcel.target, parcel.secret, *parcel.target.replace("=", "/").replace("@", "/").split("/")):
        if len(secret) >= 16:
            clean = clean.replace(secret, "…")
    return clean[:WORDS_CHARS]
