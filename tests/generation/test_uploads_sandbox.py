"""Uploads over real HTTP to the sandbox, which checks signatures, checksums and lengths, with faults at every step."""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest
from PIL import Image

from generation.upstream.client import Timeouts, UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.http import new_transport
from generation.upstream.signing import VIDEO_PAGE, Login
from generation.upstream.uploads import UploadedPicture
from tests.generation.uploading import Stored
from tests.live import Sandbox

TOKEN, APPLY, SEND, COMMIT = (
    "/mweb/v1/get_upload_token",
    "/?Action=ApplyImageUpload",
    "/upload/v1",
    "/?Action=CommitImageUpload",
)
SHORT = Timeouts(connect_s=5, read_s=0.5, pool_s=5, call_s=5, download_s=5)
FAULTS = ["http500x1", "reset-beforex1", "brokenjsonx1", "htmlx1", "hang:30x1", "http500-afterx1", "reset-afterx1"]
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    started = Sandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.log")
    yield started
    started.close()


@pytest.fixture(autouse=True)
def no_violation(sandbox: Sandbox) -> Iterator[None]:
    yield
    ledger = sandbox.ledger()
    assert ledger["violations"] == []
    assert ledger["submissions"] == []


class After(httpx.AsyncBaseTransport):
    """The real transport, which does something once: after the first answer whose address holds `part`."""

    def __init__(self, part: str, do: Callable[[], None]) -> None:
        self._inner = new_transport(max_connections=10)
        self._part = part
        self._do: Callable[[], None] | None = do

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        do = self._do
        if do is not None and self._part in str(request.url):
            self._do = None
            await response.aread()
            do()
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class Uploads:
    """One fresh account of the sandbox, and the calls that its uploads made."""

    def __init__(self, sandbox: Sandbox, faults: str = "") -> None:
        self.sandbox = sandbox
        self.name = f"uploads{next(NUMBERS):04}"
        self.sessionid = f"sb-{self.name}" + (f"--{faults}" if faults else "")

    def change(self, faults: str) -> Callable[[], None]:
        return lambda: self.sandbox.account(self.sessionid, faults=faults)

    def upload(self, *pictures: Stored, transport: httpx.AsyncBaseTransport | None = None) -> list[UploadedPicture]:
        return asyncio.run(self._upload(pictures, transport))

    async def _upload(
        self, pictures: tuple[Stored, ...], transport: httpx.AsyncBaseTransport | None
    ) -> list[UploadedPicture]:
        login = Login(sessionid=self.sessionid, web_id="7123456789012345678", uid_tt="f" * 32)
        async with UpstreamClient(
            base_url=self.sandbox.url,
            imagex_url=self.sandbox.url,
            upload_scheme="http",
            transport=transport,
            timeouts=SHORT,
        ) as client:
            try:
                files = [picture.file for picture in pictures]
                return await client.upload_images(login, files, referer=VIDEO_PAGE)
            finally:
                assert len(asyncio.all_tasks()) == 1

    def calls(self) -> dict[str, int]:
        accounts = self.sandbox.http.get("/_control/accounts").json()
        calls: dict[str, int] = accounts[self.name]["calls"]
        return calls


def png(width: int, height: int = 8) -> Stored:
    written = io.BytesIO()
    Image.effect_noise((width, height), 60).save(written, "PNG")
    return Stored(written.getvalue())


def test_several_pictures_with_one_token_in_the_order_given(sandbox: Sandbox) -> None:
    uploads = Uploads(sandbox)
    widths = [900, 8, 700, 9, 600, 10, 11]
    uploaded = uploads.upload(*(png(width, 700 if width > 99 else 8) for width in widths))
    assert [(each.width, each.format) for each in uploaded] == [(width, "png") for width in widths]
    assert len({each.uri for each in uploaded}) == 7
    assert uploads.calls() == {TOKEN: 1, APPLY: 7, SEND: 7, COMMIT: 7}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("part", "step"), [("get_upload_token", 0), ("ApplyImageUpload", 1), ("/upload/v1", 2)])
def test_a_fault_at_any_step_costs_one_more_try(sandbox: Sandbox, fault: str, part: str, step: int) -> None:
    uploads = Uploads(sandbox)
    (uploaded,) = uploads.upload(png(12), transport=After(part, uploads.change(f"{fault}@upload")))
    assert uploaded.width == 12
    begun = [1 + (step >= each) for each in range(3)]
    assert uploads.calls() == dict(zip((TOKEN, APPLY, SEND, COMMIT), (1, *begun), strict=True))


@pytest.mark.parametrize("fault", ["http500", "reset-before", "brokenjson", "hang:30"])
def test_what_never_works_is_unreachable(sandbox: Sandbox, fault: str) -> None:
    uploads = Uploads(sandbox)
    pictures = [png(width) for width in (8, 9, 10)]
    with pytest.raises(UpstreamFailure) as raised:
        uploads.upload(*pictures, transport=After("get_upload_token", uploads.change(f"{fault}@upload")))
    assert raised.value.kind is FailureKind.UNREACHABLE
    calls = uploads.calls()
    assert calls[TOKEN] == 1
    assert calls[APPLY] <= 4 * len(pictures)  # two each, and aiohttp repeats a GET whose connection was lost
    assert SEND not in calls


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ("expired", FailureKind.EXPIRED),
        ("riskhold@upload", FailureKind.RISK_HOLD),
        ("http429:7@upload", FailureKind.THROTTLED),
        ("http500@upload", FailureKind.UNREACHABLE),
        ("reset-before@upload", FailureKind.UNREACHABLE),
        ("hang@upload", FailureKind.UNREACHABLE),
    ],
)
def test_an_account_that_gets_no_token(sandbox: Sandbox, faults: str, kind: FailureKind) -> None:
    uploads = Uploads(sandbox, faults)
    with pytest.raises(UpstreamFailure) as raised:
        uploads.upload(png(8))
    assert raised.value.kind is kind
    assert uploads.calls() == {TOKEN: 1}


def test_a_token_that_ran_out_is_replaced_once_for_all(sandbox: Sandbox) -> None:
    uploads = Uploads(sandbox)
    lengthen = partial(sandbox.settings, upload_token_ttl=3600)
    sandbox.settings(upload_token_ttl=0)
    try:
        uploaded = uploads.upload(*(png(width) for width in (8, 9, 10)), transport=After("get_upload_token", lengthen))
    finally:
        lengthen()
    assert [each.width for each in uploaded] == [8, 9, 10]
    assert uploads.calls()[TOKEN] == 2
    assert uploads.calls()[COMMIT] == 3


def test_bytes_that_are_no_picture_are_refused(sandbox: Sandbox) -> None:
    uploads = Uploads(sandbox)
    with pytest.raises(UpstreamFailure) as raised:
        uploads.upload(Stored(b"a text"))
    assert (raised.value.kind, raised.value.code) == (FailureKind.BAD_PARAMETER, "uri_status_4001")
    assert uploads.calls() == {TOKEN: 1, APPLY: 1, SEND: 1, COMMIT: 1}
