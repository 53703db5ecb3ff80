"""From a checked request to its generations, old or new: what all creating endpoints share."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, Protocol

from django.http import HttpRequest

from generation.errors import InvalidSpec, KeyLimitError
from generation.services import (
    Ask,
    Caller,
    InputSource,
    StoredInput,
    Submission,
    UrlSource,
    api_key_allowance,
    generation_find,
    generation_submit,
    read_inputs,
)
from generation.specs import Spec
from jimeng_site.admission import leave
from jimeng_site.slots import Slots
from openai_compat.authentication import put_to_work
from openai_compat.bodies import OFF_LOOP_BYTES, Body
from openai_compat.rate_headers import note_allowance

IDEMPOTENCY_KEY_MAX_CHARS: Final = 255
_CHUNK_BYTES: Final = 256 * 1024
_WITH_PICTURES: Final = Slots(3)


class Wanted(Protocol):
    """A request whose parameters are checked. `requested`: the caller's own words, for answer and history."""

    @property
    def requested(self) -> dict[str, Any]: ...

    def spec(self, inputs: Sequence[StoredInput]) -> Spec:
        """Raises InvalidSpec or UnknownModel."""
        ...


async def submitted(
    request: HttpRequest,
    caller: Caller,
    body: Body,
    *,
    operation: str,
    wanted: Wanted,
    sources: list[InputSource],
) -> Submission:
    """The generations of this request: those stored before if it is a repetition, else new ones.

    Notes with `request` what its API key may still ask for. Lets go of `body` and `sources`, which may be large.
    Nothing is fetched or spent for a repetition. Raises what reading the inputs, the spec and the queue raise.
    """
    caller = await put_to_work(request, caller)
    request_hash = await hash_of(body, operation)
    asking = partial(_counted, request, caller, operation=operation, wanted=wanted, request_hash=request_hash)
    try:
        if not sources:
            return await asking(sources=())
        leave()  # reading pictures takes its time: the door of this process is for others
        async with _UNDER_WAY.entered((caller.owner, request_hash), wait=may_be_repetition(request)):
            if any(isinstance(source, UrlSource) for source in sources):
                return await asking(sources=sources)
            # Requests that bring pictures are taken in few at a time, so that the first are done before the last.
            async with _WITH_PICTURES.taken():
                return await asking(sources=sources)
    finally:
        body.release()
        sources.clear()


def may_be_repetition(request: HttpRequest) -> bool:
    return idempotency_key(request) is not None or retry_count(request) > 0


class _UnderWay:
    """Requests whose pictures are being read: a repetition that comes meanwhile waits to find the first one stored."""

    def __init__(self) -> None:
        self._ends: dict[tuple[str, str], list[asyncio.Event]] = {}

    @asynccontextmanager
    async def entered(self, name: tuple[str, str], *, wait: bool) -> AsyncIterator[None]:
        before = list(self._ends.get(name, ())) if wait else []
        end = asyncio.Event()
        self._ends.setdefault(name, []).append(end)
        try:
            for each in before:
                await each.wait()
            yield
        finally:
            end.set()
            self._ends[name].remove(end)
            if not self._ends[name]:
                del self._ends[name]


_UNDER_WAY: Final = _UnderWay()


async def _counted(request: HttpRequest, caller: Caller, **asked: Any) -> Submission:
    try:
        submission = await _submitted(request, caller, **asked)
    except KeyLimitError as error:
        note_allowance(request, error.allowance)
        raise
    counted = submission.allowance
    if submission.attached and caller.api_key is not None:  # a repetition is not counted, but told of
        counted = await api_key_allowance(api_key=caller.api_key)
    note_allowance(request, counted)
    return submission


async def _submitted(
    request: HttpRequest,
    caller: Caller,
    *,
    operation: str,
    wanted: Wanted,
    request_hash: str,
    sources: Sequence[InputSource],
) -> Submission:
    key, is_retry = idempotency_key(request), retry_count(request) > 0
    if key is not None or is_retry:
        before = await generation_find(caller=caller, request_hash=request_hash, key=key, is_retry=is_retry)
        if before is not None:
            return before
    inputs = await read_inputs(sources) if sources else []
    ask = Ask(
        spec=wanted.spec(inputs),
        requested=wanted.requested,
        operation=operation,
        request_hash=request_hash,
        inputs=tuple(inputs),
        idempotency_key=key,
    )
    return await generation_submit(ask=ask, caller=caller)


def idempotency_key(request: HttpRequest) -> str | None:
    """The `Idempotency-Key` header; None when absent or empty. Raises InvalidSpec when too long to store."""
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > IDEMPOTENCY_KEY_MAX_CHARS:
        raise InvalidSpec(
            f"Idempotency-Key is longer than {IDEMPOTENCY_KEY_MAX_CHARS} characters.", param="Idempotency-Key"
        )
    return key or None


def retry_count(request: HttpRequest) -> int:
    """How often the SDK has sent this before on its own: `x-stainless-retry-count`."""
    count = request.headers.get("x-stainless-retry-count", "").strip()
    return int(count) if count.isascii() and count.isdigit() and len(count) < 6 else 0


async def hash_of(body: Body, operation: str) -> str:
    """SHA-256 (hex) of all that was sent: fields, files by content, and to which operation."""
    if body.size_bytes > OFF_LOOP_BYTES or body.files:
        return await asyncio.to_thread(_hash_of, body, operation)
    return _hash_of(body, operation)


def _hash_of(body: Body, operation: str) -> str:
    digest = hashlib.sha256(operation.encode())
    fields = body.lists or body.fields
    digest.update(json.dumps(fields, sort_keys=True, ensure_ascii=False).encode(errors="surrogatepass"))
    for name, file in body.parts:
        if isinstance(file, str):
            continue  # among the fields
        digest.update(f"\0{name}\0{file.size}\0".encode())
        for chunk in file.chunks(_CHUNK_BYTES):
            digest.update(chunk)
        file.seek(0)
    return digest.hexdigest()
