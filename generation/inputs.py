"""The input pictures of a request: from what a client gives to checked files in storage.

The fetcher of addresses is generation/upstream/fetch.py, the look at pictures generation/input_pictures.py, their
files generation/input_files.py.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import PureWindowsPath
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from generation.errors import InvalidSpec
from generation.input_files import (
    StoredInput,
    base64_pieces,
    given_before,
    inputs_prune,
    open_input,
    store_file,
    write_pieces,
)
from generation.input_pictures import NotAPicture
from generation.models import InputImage
from generation.stored import new_part
from generation.upstream.fetch import FetchFailed, FetchPolicy, fetch_image_file
from jimeng_site.slots import Slots

__all__ = [
    "FetchPolicy",
    "InlineSource",
    "InputSource",
    "StoredInput",
    "UploadedFileSource",
    "UrlSource",
    "given_before",
    "inputs_prune",
    "open_input",
    "read_inputs",
    "source_of",
]

ALL_S: Final = 60.0  # for all pictures of a request together
FETCHES_AT_ONCE: Final = 4  # of one request
_FETCHES: Final = Slots(100)  # of the process, for the sake of its sockets
DECODERS: Final = 2  # of the process: a picture of 50 megapixels takes a second
_PIECE_BYTES: Final = 256 * 1024
_SCHEME: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFileSource:
    """A file of a multipart body. `param`: what to call it in an error."""

    file: UploadedFile[Any]
    param: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineSource:
    """Base64 or a data URL."""

    text: str = field(repr=False)
    param: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlSource:
    """An address to be fetched. It may hold a signature, so it is never shown whole."""

    url: str = field(repr=False)
    param: str


InputSource = UploadedFileSource | InlineSource | UrlSource


def source_of(value: Any, *, param: str) -> InputSource:
    """What stands for a picture in JSON, as a source. Nothing is ever opened by a path.

    Takes an http(s) address, a data URL, bare base64, and these in `{"url": …}`, `{"image_url": …}` (also with
    `{"url": …}` within), `{"b64_json": …}`. Raises InvalidSpec(param) for all else.
    """
    match value:
        case str() as text:
            return _source_of_text(text, param)
        case {"b64_json": str() as text}:
            return InlineSource(text=text, param=param)
        case {"image_url": {"url": str() as text}} | {"image_url": str() as text} | {"url": str() as text}:
            return _source_of_text(text, param)
    raise InvalidSpec("This is not an image: give an http(s) address, a data URL or base64.", param=param)


def _source_of_text(text: str, param: str) -> InputSource:
    scheme = _SCHEME.match(text[:100])
    if scheme is None or scheme[1].lower() == "data":
        return InlineSource(text=text, param=param)
    if scheme[1].lower() in ("http", "https"):
        return UrlSource(url=text, param=param)
    raise InvalidSpec("An image may be an http(s) address, a data URL or base64, nothing else.", param=param)


async def read_inputs(sources: Sequence[InputSource], *, policy: FetchPolicy | None = None) -> list[StoredInput]:
    """Fetch, check and store the pictures of a request, in order. Spends nothing.

    `policy`: of the fetcher; by default that of the settings. The first that fails ends all. Raises InvalidSpec with
    the `param` of the source.
    """
    rules = policy or FetchPolicy(allow_hosts=frozenset(host.lower() for host in settings.JIMENG_FETCH_ALLOW_HOSTS))
    slots = asyncio.Semaphore(FETCHES_AT_ONCE)
    tasks = [asyncio.create_task(_read(source, rules, slots), name="input") for source in sources]
    try:
        async with asyncio.timeout(ALL_S):
            return list(await asyncio.gather(*tasks))
    except TimeoutError as error:
        raise InvalidSpec(f"The images did not arrive within {ALL_S:.0f} s.", param=sources[0].param) from error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A failure holds this frame, and this frame would hold the failure, and so the pictures, until the collector
        # comes by.
        tasks.clear()


async def _read(source: InputSource, policy: FetchPolicy, slots: asyncio.Semaphore) -> StoredInput:
    try:
        if isinstance(source, UrlSource):
            async with slots, _FETCHES.taken():
                return await _fetched(source, policy)
        return await asyncio.get_running_loop().run_in_executor(_decoders(), _sent, source)
    except (NotAPicture, FetchFailed) as error:
        raise InvalidSpec(str(error), param=source.param) from error


async def _fetched(source: UrlSource, policy: FetchPolicy) -> StoredInput:
    with new_part() as part:
        fetched = await fetch_image_file(source.url, into=part, policy=policy)
        store = partial(store_file, part, origin=InputImage.Origin.FETCHED, source=fetched.host)
        return await asyncio.get_running_loop().run_in_executor(_decoders(), store)


def _sent(source: UploadedFileSource | InlineSource) -> StoredInput:
    """A picture that came with the request. Blocks."""
    with new_part() as part:
        if isinstance(source, InlineSource):
            write_pieces(base64_pieces(source.text), part)
            return store_file(part, origin=InputImage.Origin.INLINE, source="")
        write_pieces(source.file.chunks(_PIECE_BYTES), part)
        return store_file(part, origin=InputImage.Origin.UPLOAD, source=PureWindowsPath(source.file.name or "").name)


@cache
def _decoders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(DECODERS, thread_name_prefix="inputs")
