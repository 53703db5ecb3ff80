"""Input pictures on their way in: apply for a place, send the bytes, commit (docs/upstream.md#uploads).

It costs no credits, so, unlike everything else sent upstream, it may be repeated. No cookie goes to these hosts,
and no failure repeats a key, a token or an authorization.
"""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import httpx

from generation.upstream import sigv4, upload_parsing
from generation.upstream.answers import UploadedPicture
from generation.upstream.failures import FailureKind, UpstreamFailure, retry_after_s, transport_failure
from generation.upstream.files import Checksummed, ImageFile, checksummed
from generation.upstream.http import TRANSPORT_ERRORS, Timeouts
from generation.upstream.payloads import compact
from generation.upstream.upload_parsing import Place, TokenRefused, UploadToken

__all__ = ["UPLOADS_AT_ONCE", "ImageFile", "UploadedPicture", "Uploader"]

UPLOADS_AT_ONCE = 4  # of one request

REGION, SERVICE, VERSION = "cn-north-1", "imagex", "2018-08-01"
_SALT_CHARACTERS, _SALT_LENGTH = string.ascii_lowercase + string.digits, 10


class Uploader:
    """The uploads of one request: one token for all of them.

    `headers`: the browser's, without a login. `new_token` raises UpstreamFailure. `clock`: unix seconds.
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport,
        imagex_url: str,
        scheme: str,
        timeouts: Timeouts,
        clock: Callable[[], float],
        headers: Mapping[str, str],
        new_token: Callable[[], Awaitable[UploadToken]],
    ) -> None:
        self._transport = transport
        self._imagex_url = imagex_url
        self._scheme = scheme
        self._timeouts = timeouts
        self._clock = clock
        self._headers = headers
        self._new_token = new_token
        self._tokens: list[UploadToken] = []
        self._fetching = asyncio.Lock()

    async def upload(self, images: Sequence[ImageFile]) -> list[UploadedPicture]:
        """All pictures, in the order given. The first failure for good ends the others. Raises UpstreamFailure."""
        await self._token()
        slots = asyncio.Semaphore(UPLOADS_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(image, slots), name="upload") for image in images]
        except ExceptionGroup as failed:
            failures, mistakes = failed.split(UpstreamFailure)
            if failures is None or mistakes is not None:
                raise
            raise failures.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _one(self, image: ImageFile, slots: asyncio.Semaphore) -> UploadedPicture:
        """One picture, tried once more from its beginning unless the picture itself was refused."""
        async with slots:
            ready = await asyncio.to_thread(checksummed, image)
            token = await self._token()
            try:
                return await self._steps(ready, token)
            except TokenRefused:
                token = await self._token(refused=token)
            except UpstreamFailure as failure:
                if failure.kind is not FailureKind.UNREACHABLE:
                    raise
                token = await self._token()
            return await self._steps(ready, token)

    async def _token(self, *, refused: UploadToken | None = None) -> UploadToken:
        """The token of this request; a second one, and no third, for those whose first was refused."""
        async with self._fetching:
            if not self._tokens or (len(self._tokens) == 1 and self._tokens[0] is refused):
                try:
                    self._tokens.append(await self._new_token())
                except UpstreamFailure as failure:
                    raise upload_parsing.without_doubt(failure) from None
            return self._tokens[-1]

    async def _steps(self, ready: Checksummed, token: UploadToken) -> UploadedPicture:
        salt = "".join(secrets.choice(_SALT_CHARACTERS) for _ in range(_SALT_LENGTH))
        apply = self._control(token, "GET", "ApplyImageUpload", {"FileSize": str(ready.image.size_bytes), "s": salt})
        place = upload_parsing.parse_place(await self._result(apply, token))
        await self._send(ready, place)
        body = compact({"SessionKey": place.session_key, "SuccessActionStatus": "200"}).encode()
        commit = self._control(token, "POST", "CommitImageUpload", {}, body)
        return upload_parsing.parse_committed(await self._result(commit, token, place.session_key))

    def _control(
        self, token: UploadToken, method: str, action: str, more: Mapping[str, str], body: bytes | None = None
    ) -> httpx.Request:
        """A signed call of the control host."""
        query = {"Action": action, "Version": VERSION, "ServiceId": token.service_id, **more}
        signed = sigv4.signed_headers(
            token.credentials,
            method=method,
            query=query,
            body=body,
            at=datetime.fromtimestamp(self._clock(), UTC),
            region=REGION,
            service=SERVICE,
        )
        content_type = {} if body is None else {"Content-Type": "application/json"}
        return httpx.Request(
            method,
            f"{self._imagex_url}/?{sigv4.query_string(query)}",
            headers={**self._headers, **content_type, **signed},
            content=body,
            extensions=self._timeouts.extensions(),
        )

    async def _result(self, request: httpx.Request, token: UploadToken, *more_secrets: str) -> dict[str, object]:
        response = await self._exchange(request, timeout_s=self._timeouts.call_s)
        keys = token.credentials
        hidden = (keys.access_key_id, keys.secret_access_key, keys.session_token, *more_secrets)
        return upload_parsing.parse_result(
            response.status_code, response.content, retry_after=self._retry_after(response), secrets=hidden
        )

    async def _send(self, ready: Checksummed, place: Place) -> None:
        """The bytes, to the data host."""
        body = ready.body()
        request = httpx.Request(
            "POST",
            f"{self._scheme}://{place.host}/upload/v1/{place.uri}",
            headers={
                **self._headers,
                "Authorization": place.auth,
                "Content-CRC32": ready.crc32,
                "Content-Disposition": 'attachment; filename="undefined"',
                "Content-Length": str(ready.image.size_bytes),
                "Content-Type": "application/octet-stream",
            },
            **({"content": body} if isinstance(body, bytes) else {"stream": body}),
            extensions=self._timeouts.extensions(),
        )
        try:
            response = await self._exchange(request, timeout_s=self._timeouts.download_s)
        finally:
            if not isinstance(body, bytes):
                await body.aclose()
        upload_parsing.check_sent(
            response.status_code,
            response.content,
            retry_after=self._retry_after(response),
            secrets=(place.auth, place.session_key),
        )

    async def _exchange(self, request: httpx.Request, *, timeout_s: float) -> httpx.Response:
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._transport.handle_async_request(request)
                try:
                    await response.aread()
                finally:
                    await response.aclose()
        except TRANSPORT_ERRORS as exc:
            # Without its cause, which holds the request and so its authorization.
            raise upload_parsing.without_doubt(transport_failure(exc)) from None
        return response

    def _retry_after(self, response: httpx.Response) -> float | None:
        return retry_after_s(response.headers.get("retry-after"), now=datetime.fromtimestamp(self._clock(), UTC))
