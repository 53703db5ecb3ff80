"""The only user of httpx: one method per upstream operation, spec in, dataclass out.

Every failure leaves as UpstreamFailure, and none is retried here: whether a call may be repeated is the
engine's to decide. Nothing here logs, and no exception repeats a sessionid, a cookie or a signed address.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import httpx

from generation.errors import UpstreamProtocolError
from generation.specs import ImageSpec
from generation.upstream import account_parsing, parsing, payloads, signing
from generation.upstream.answers import Accepted, AccountInfo, CheckIn, Credits, Record
from generation.upstream.downloads import Downloaded, fetch_file
from generation.upstream.failures import (
    KIND_BY_CODE,
    FailureKind,
    UpstreamFailure,
    ambiguous,
    http_failure,
    transport_failure,
)
from generation.upstream.http import TRANSPORT_ERRORS, Timeouts, new_http_client, new_transport
from generation.upstream.signing import Login

__all__ = ["Downloaded", "Timeouts", "UpstreamClient", "UpstreamFailure"]

T = TypeVar("T")

SUBMIT = "/mweb/v1/aigc_draft/generate"
HISTORY = "/mweb/v1/get_history_by_ids"
HISTORY_RECORDS = "/mweb/v1/get_history_records"
ACCOUNT_INFO = "/passport/account/info/v2"
CREDITS = "/commerce/v1/benefits/user_credit"
CREDITS_RECEIVE = "/commerce/v1/benefits/credit_receive"


class UpstreamClient:
    """One per engine, living as long as it does and on its event loop.

    `base_url`, `imagex_url`: without a trailing slash. `transport`: a stand-in for tests.
    `max_connections`: calls beyond wait in line, first come first served. Close with `aclose()`.
    """

    def __init__(
        self,
        *,
        base_url: str,
        imagex_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
        timeouts: Timeouts | None = None,
        max_connections: int = 100,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._imagex_url = imagex_url.rstrip("/")
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._extensions = self._timeouts.extensions()
        # The client owns the transport and closes it. Calls go to the transport itself: no redirect, cookie or
        # credential of httpx's may ever play a part in them, and its handling of these costs 0.2 ms a call.
        self._transport = transport or new_transport(max_connections=max_connections)
        self._http = new_http_client(self._transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def submit_image(self, login: Login, spec: ImageSpec, *, submit_id: str, seed: int) -> Accepted:
        """Submit text to image. SPENDS CREDITS: once per `submit_id`, and never again after AMBIGUOUS."""
        submission = payloads.image_submission(
            spec, submit_id=submit_id, seed=seed, now_ms=int(self._clock() * 1000), new_id=new_id
        )
        return await self._submit(login, submission)

    async def records(
        self,
        login: Login,
        *,
        record_ids: Sequence[str] = (),
        submit_ids: Sequence[str] = (),
        with_images: bool = True,
    ) -> dict[str, Record]:
        """All asked-for records that the upstream knows, by the id asked for: one call per sort of id."""
        found: dict[str, Record] = {}
        if record_ids:
            body = payloads.history_body(record_ids=record_ids, with_images=with_images)
            found |= await self._records(login, HISTORY, body, record_ids)
        if submit_ids:
            body = payloads.history_body(submit_ids=submit_ids, with_images=with_images)
            found |= await self._records(login, HISTORY, body, submit_ids)
        return found

    async def history_records(self, login: Login, record_ids: Sequence[str]) -> dict[str, Record]:
        """The second way to the same records, for when `records` has lost one."""
        if not record_ids:
            return {}
        body = payloads.history_records_body(record_ids)
        return await self._records(login, HISTORY_RECORDS, body, record_ids)

    async def account_info(self, login: Login) -> AccountInfo:
        """Who this login is. Raises UpstreamFailure EXPIRED for a dead session."""
        return await self._call(
            login,
            ACCOUNT_INFO,
            {},
            _of_data(account_parsing.parse_account_info),
            query={"account_sdk_source": "web"},
        )

    async def credits(self, login: Login) -> Credits:
        return await self._call(login, CREDITS, {}, account_parsing.parse_credits, referer=signing.IMAGE_PAGE)

    async def receive_credits(self, login: Login) -> CheckIn:
        """Take the daily gift. Taken before: `received` 0, or a refusal that is nobody's fault."""
        body = {"time_zone": "Asia/Shanghai"}
        return await self._call(
            login, CREDITS_RECEIVE, body, account_parsing.parse_check_in, referer=signing.IMAGE_PAGE
        )

    async def download(self, url: str, *, max_bytes: int) -> Downloaded:
        """Fetch one result file whole. No login and no cookie goes with it.

        Raises UpstreamFailure for any status but 200, an empty or shortened body, and one above `max_bytes`.
        """
        self._refuse_when_closed()
        try:
            async with asyncio.timeout(self._timeouts.download_s):
                return await fetch_file(
                    self._transport, url, max_bytes=max_bytes, extensions=self._extensions, now=self._now()
                )
        except TRANSPORT_ERRORS as exc:
            # Without its cause, whose text may hold the signed address.
            raise transport_failure(exc) from None

    async def _submit(self, login: Login, submission: payloads.Submission) -> Accepted:
        """Every sort of submission goes through here."""
        read = _of_data(parsing.parse_accepted)
        return await self._call(login, SUBMIT, submission.body, read, query=submission.query)

    async def _records(
        self, login: Login, path: str, body: Mapping[str, Any], asked: Sequence[str]
    ) -> dict[str, Record]:
        return await self._call(login, path, body, _of_data(lambda content: parsing.parse_records(content, asked)))

    async def _call(
        self,
        login: Login,
        path: str,
        body: Mapping[str, Any],
        read: Callable[[Any], T],
        *,
        query: Mapping[str, str] | None = None,
        referer: str = signing.ORIGIN,
    ) -> T:
        """One web API call: sign, send once, parse. `read` turns the JSON answer into a value, or raises."""
        self._refuse_when_closed()
        request = self._request(login, path, body, query=query, referer=referer)
        try:
            async with asyncio.timeout(self._timeouts.call_s):
                response = await self._transport.handle_async_request(request)
                try:
                    await response.aread()
                finally:
                    await response.aclose()
        except TRANSPORT_ERRORS as exc:
            raise transport_failure(exc) from exc
        try:
            return read(_answer(response, now=self._now()))
        except UpstreamProtocolError as exc:
            raise ambiguous("protocol", f"{path}: {exc}", http_status=response.status_code) from exc
        except UpstreamFailure as failure:
            raise failure.told(http_status=response.status_code, hiding=login.sessionid) from None

    def _request(
        self,
        login: Login,
        path: str,
        body: Mapping[str, Any],
        *,
        query: Mapping[str, str] | None,
        referer: str,
    ) -> httpx.Request:
        # Not `AsyncClient.build_request`: its defaults would be merged in and then all overridden.
        try:
            headers = signing.headers(login, path, device_time=int(self._clock()), referer=referer)
        except ValueError as exc:
            raise UpstreamFailure(FailureKind.EXPIRED, code="sessionid", message=str(exc)) from None
        return httpx.Request(
            "POST",
            _address(self._base_url, path, login.web_id, tuple((query or {}).items())),
            headers=headers,
            content=payloads.compact(body).encode(errors="replace"),  # a lone surrogate in a prompt becomes "?"
            extensions=self._extensions,
        )

    def _refuse_when_closed(self) -> None:
        if self._http.is_closed:
            raise UpstreamFailure(FailureKind.UNREACHABLE, code="closed", message="This gateway is stopping.")

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


@lru_cache(maxsize=4096)
def _address(base_url: str, path: str, web_id: str, query: tuple[tuple[str, str], ...]) -> httpx.URL:
    """The few addresses of an account, parsed once: httpx takes 0.1 ms for each."""
    return httpx.URL(f"{base_url}{path}?{urlencode(signing.query(web_id, dict(query)))}")


def new_id() -> str:
    return str(uuid.uuid4())


def _of_data(read: Callable[[dict[str, Any]], T]) -> Callable[[Any], T]:
    """A reader of the whole answer, from one of its `data`."""
    return lambda answer: read(parsing.unwrap(answer))


def _answer(response: httpx.Response, *, now: datetime) -> Any:
    """The JSON of an answer, or UpstreamFailure.

    HTTP 4xx is only believed to be a refusal when it holds a code that we know; 5xx never is.
    """
    status = response.status_code
    if status != httpx.codes.OK and not _says_no(response):
        raise http_failure(status, retry_after=response.headers.get("retry-after"), now=now)
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        raise ambiguous("not_json", "The answer is not JSON.", http_status=status) from None


def _says_no(response: httpx.Response) -> bool:
    """Whether an HTTP 4xx carries a known error code of the application."""
    if not response.is_client_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return False
    try:
        ret = json.loads(response.content)["ret"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return False
    return str(ret) in KIND_BY_CODE
