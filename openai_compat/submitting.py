"""From a checked request to its generations, old or new: what all creating endpoints share."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final, Protocol

from django.http import HttpRequest

from generation.errors import InvalidSpec
from generation.services import (
    Ask,
    Caller,
    InputSource,
    StoredInput,
    Submission,
    UrlSource,
    generation_find,
    generation_submit,
    read_inputs,
)
from generation.specs import Spec
from jimeng_site.admission import leave
from jimeng_site.slots import Slots
from openai_compat.authentication import put_to_work
from openai_compat.bodies import OFF_LOOP_BYTES, Body

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
    sources: Sequence[InputSource] = (),
) -> Submission:
    """The generations of this request: those stored before if it is a repetition, else new ones.

    Nothing is fetched or spent for a repetition. Raises what reading the inputs, the spec and the queue raise.
    """
    caller = await put_to_work(request, caller)
    if not sources or any(isinstance(source, UrlSource) for source in sources):
        if sources:
            leave()  # fetching pictures takes its time: the door of this process is for others
        return await _submitted(request, caller, body, operation=operation, wanted=wanted, sources=sources)
    # Requests that bring pictures are taken in few at a time, so that the first are done before the last.
    async with _WITH_PICTURES.taken():
        return await _submitted(request, caller, body, operation=operation, wanted=wanted, sources=sources)


async def _submitted(
    request: HttpRequest,
    caller: Caller,
    body: Body,
    *,
    operation: str,
    wanted: Wanted,
    sources: Sequence[InputSource],
) -> Submission:
    key, is_retry = idempotency_key(request), retry_count(request) > 0
    request_hash = await hash_of(body, operation)
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
