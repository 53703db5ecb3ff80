"""The only user of httpx: one method per upstream operation, spec in, dataclass out.

Every failure leaves as UpstreamFailure, and none but an upload's is retried here: whether a call may be repeated is
the engine's to decide. Nothing here logs, and no exception repeats a sessionid, a cookie or a signed address.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import IO, Any, Self, TypeVar
from urllib.parse import urlencode

import httpx

from generation.errors import UpstreamProtocolError
from generation.specs import Spec, VideoSpec
from generation.upstream import account_parsing, parsing, payloads, signing, upload_parsing, video_payloads
from generation.upstream.answers import Accepted, AccountInfo, CheckIn, Credits, Record, UploadedPicture
from generation.upstream.downloads import Downloaded, DownloadedFile, NotWritten, fetch_file, fetch_to_file
from generation.upstream.failures import (
    KIND_BY_CODE,
    FailureKind,
    UpstreamFailure,
    ambiguous,
    http_failure,
    transport_failure,
)
from generation.upstream.http import TRANSPORT_ERRORS, Timeouts, new_http_client, new_transport
from generation.upstream.routes import Routes
from generation.upstream.signing import Login
from generation.upstream.uploads import ImageFile, Uploader

__all__ = ["Downloaded", "Timeouts", "UpstreamClient", "UpstreamFailure"]

T = TypeVar("T")

SUBMIT = "/mweb/v1/aigc_draft/generate"
HISTORY = "/mweb/v1/get_history_by_ids"
HISTORY_RECORDS = "/mweb/v1/get_history_records"
ACCOUNT_INFO = "/passport/account/info/v2"
CREDITS = "/commerce/v1/benefits/user_credit"
CREDITS_RECEIVE = "/commerce/v1/benefits/credit_receive"
UPLOAD_TOKEN = "/mweb/v1/get_upload_token"


class UpstreamClient:
    """One per engine, living as long as it does and on its event loop.

    What carries a login goes through the login's proxy; downloads of results carry none and go straight.

    `base_url`, `imagex_url`: without a trailing slash. `upload_scheme`: of the upload hosts that the upstream names.
    `transport`: a stand-in for tests, of the straight way only.
    `max_connections`: calls beyond wait in line, first come first served. Close with `aclose()`.
    """

    def __init__(
        self,
        *,
        base_url: str,
        imagex_url: str,
        upload_scheme: str = "https",
        transport: httpx.AsyncBaseTransport | None = None,
        timeouts: Timeouts | None = None,
        max_connections: int = 100,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._imagex_url = imagex_url.rstrip("/")
        self._upload_scheme = upload_scheme
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._extensions = self._timeouts.extensions()
        # The client owns the transport and closes it. Calls go to the transport itself: no redirect, cookie or
        # credential of httpx's may ever play a part in them, and its handling of these costs 0.2 ms a call.
        self._transport = transport or new_transport(max_connections=max_connections)
        self._http = new_http_client(self._transport)
        self._routes = Routes(self._transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._routes.aclose()
        await self._http.aclose()

    async def submit(
        self, login: Login, spec: Spec, *, submit_id: str, seed: int, uploaded: Sequence[UploadedPicture] = ()
    ) -> Accepted:
        """Submit pictures or a video. SPENDS CREDITS: once per `submit_id`, and never again after AMBIGUOUS.

        `uploaded`: the input pictures as this account uploaded them, in the order of `spec.inputs`.
        """
        now_ms = int(self._clock() * 1000)
        if isinstance(spec, VideoSpec):
            submission = video_payloads.video_submission(
                spec, submit_id=submit_id, seed=seed, now_ms=now_ms, new_id=new_id, uploaded=uploaded
            )
        else:
            submission = payloads.image_submission(
                spec, submit_id=submit_id, seed=seed, now_ms=now_ms, new_id=new_id, uploaded=uploaded
            )
        read = _of_data(parsing.parse_accepted)
        return await self._call(login, SUBMIT, submission.body, read, query=submission.query)

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

    async def upload_images(
        self, login: Login, images: Sequence[ImageFile], *, referer: str = signing.ORIGIN
    ) -> list[UploadedPicture]:
        """Upload input pictures, in the order given: one token, 4 at once, each tried twice. Costs no credits.

        Raises UpstreamFailure, never AMBIGUOUS: BAD_PARAMETER for a picture that was refused.
        """
        self._refuse_when_closed()
        if not images:
            return []
        async with self._routes.through(login.proxy) as transport:
            uploader = Uploader(
                transport=transport,
                imagex_url=self._imagex_url,
                scheme=self._upload_scheme,
                timeouts=self._timeouts,
                clock=self._clock,
                headers=signing.upload_headers(referer),
                new_token=partial(self._upload_token, login, referer),
            )
            return await uploader.upload(images)

    async def _upload_token(self, login: Login, referer: str) -> upload_parsing.UploadToken:
        query = {"da_version": signing.WEB.upload_draft_version, "aigc_features": signing.WEB.features}
        read = _of_data(upload_parsing.parse_token)
        return await self._call(login, UPLOAD_TOKEN, {"scene": 2}, read, query=query, referer=referer)

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

    async def download_to_file(self, url: str, file: IO[bytes], *, max_bytes: int) -> DownloadedFile:
        """As `download`, for what is too large to be held in memory: written to `file` as it comes.

        Raises as `download`, and NotWritten. `file` may hold a part of it then.
        """
        self._refuse_when_closed()
        try:
            async with asyncio.timeout(self._timeouts.download_s):
                return await fetch_to_file(
                    self._transport, url, file, max_bytes=max_bytes, extensions=self._extensions, now=self._now()
                )
        except NotWritten:
            raise
        except TRANSPORT_ERRORS as exc:
            raise transport_failure(exc) from None  # as in `download`

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
            async with asyncio.timeout(self._timeouts.call_s), self._routes.through(login.proxy) as transport:
                response = await transport.handle_async_request(request)
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
