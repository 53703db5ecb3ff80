"""Uploading input pictures: what goes on the wire, in which order, and how many at once."""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from typing import BinaryIO
from urllib.parse import parse_qsl

import httpx
import pytest

from generation.upstream.failures import FailureKind
from generation.upstream.files import CHUNK_BYTES
from generation.upstream.signing import IMAGE_PAGE, USER_AGENT, VIDEO_PAGE
from generation.upstream.uploads import UPLOADS_AT_ONCE, ImageFile, UploadedPicture
from tests.generation.uploading import (
    AUTH,
    LOGIN,
    SESSION_KEY,
    SESSION_TOKEN,
    Hosts,
    Stored,
    failing,
    result,
    step_of,
    upload,
)


def test_the_token_is_asked_for_as_the_page_does() -> None:
    hosts = Hosts()
    upload(hosts, Stored(b"abc"), referer=VIDEO_PAGE)
    (request,) = hosts.of_step("token")
    assert str(request.url).startswith("https://upstream.test/mweb/v1/get_upload_token?")
    params = dict(request.url.params)
    assert (params["da_version"], params["aigc_features"], params["webId"]) == ("3.3.4", "app_lip_sync", LOGIN.web_id)
    assert json.loads(request.content) == {"scene": 2}
    assert request.headers["referer"] == VIDEO_PAGE
    assert f"sessionid={LOGIN.sessionid};" in request.headers["cookie"]


def test_the_place_is_applied_for_with_a_signed_query() -> None:
    hosts = Hosts()
    upload(hosts, Stored(b"abc"), Stored(b"abcd"))
    requests = hosts.of_step("apply")
    salts = set()
    for request, size in zip(requests, ("3", "4"), strict=True):
        query = dict(parse_qsl(request.url.query.decode()))
        salts.add(query.pop("s"))
        assert query == {
            "Action": "ApplyImageUpload",
            "Version": "2018-08-01",
            "ServiceId": "tb4s082cfz",
            "FileSize": size,
        }
        assert (request.method, request.url.host, request.url.path) == ("GET", "imagex.test", "/")
        assert request.headers["x-amz-date"] == "20260111T021839Z"
        assert request.headers["x-amz-security-token"] == SESSION_TOKEN
        assert "x-amz-content-sha256" not in request.headers
        assert "SignedHeaders=x-amz-date;x-amz-security-token," in request.headers["authorization"]
    assert len(salts) == 2
    assert all(re.fullmatch("[a-z0-9]{10}", salt) for salt in salts)


def test_the_bytes_go_to_the_host_that_was_named() -> None:
    content = bytes(range(256)) * 3
    hosts = Hosts()
    upload(hosts, Stored(content))
    (request,) = hosts.of_step("send")
    assert (request.method, str(request.url)) == ("POST", "https://tos.test/upload/v1/tos-cn-i-x/uri-768")
    assert request.content == content
    headers = request.headers
    assert (headers["authorization"], headers["content-crc32"]) == (AUTH, f"{zlib.crc32(content):08x}")
    assert (headers["content-length"], headers["content-type"]) == ("768", "application/octet-stream")
    assert headers["content-disposition"] == 'attachment; filename="undefined"'
    assert "transfer-encoding" not in headers


def test_a_checksum_keeps_its_leading_zeros() -> None:
    content = next(text for text in (str(number).encode() for number in range(10_000)) if zlib.crc32(text) < 1 << 24)
    hosts = Hosts()
    upload(hosts, Stored(content))
    assert re.fullmatch("0[0-9a-f]{7}", hosts.of_step("send")[0].headers["content-crc32"])


def test_the_commit_names_the_session_and_signs_its_body() -> None:
    hosts = Hosts()
    upload(hosts, Stored(b"abc"))
    (request,) = hosts.of_step("commit")
    assert json.loads(request.content) == {
        "SessionKey": f"{SESSION_KEY}tos-cn-i-x/uri-3",
        "SuccessActionStatus": "200",
    }
    assert dict(request.url.params)["Action"] == "CommitImageUpload"
    names = "SignedHeaders=x-amz-content-sha256;x-amz-date;x-amz-security-token,"
    assert names in request.headers["authorization"]


@pytest.mark.parametrize("referer", [IMAGE_PAGE, VIDEO_PAGE])
def test_upload_hosts_see_the_browser_and_no_login(referer: str) -> None:
    hosts = Hosts()
    upload(hosts, Stored(b"abc"), referer=referer)
    outside = [request for request in hosts.sent if step_of(request) != "token"]
    assert len(outside) == 3
    for request in outside:
        assert request.headers["user-agent"] == USER_AGENT
        assert request.headers["origin"] == "https://jimeng.jianying.com"
        assert request.headers["referer"] == referer
        assert request.headers["accept"] == "application/json, text/plain, */*"
        assert not {"cookie", "sign", "device-time", "appid", "pf"} & set(request.headers)
        assert LOGIN.sessionid not in str(request.headers.raw) + str(request.url)


def test_pictures_come_back_in_the_order_given_after_one_token() -> None:
    class Backwards(Hosts):
        """The later a picture was sent, the sooner it is committed."""

        def __init__(self) -> None:
            super().__init__()
            self.turn = asyncio.Condition()
            self.committed: list[int] = []

        async def __call__(self, request: httpx.Request) -> httpx.Response:
            answer = await super().__call__(request)
            if step_of(request) == "commit":
                size = int(json.loads(request.content)["SessionKey"].rpartition("-")[2])
                async with self.turn:
                    await self.turn.wait_for(lambda: size + 1 in {*self.committed, UPLOADS_AT_ONCE + 1})
                    self.committed.append(size)
                    self.turn.notify_all()
            return answer

    hosts = Backwards()
    uploaded = upload(hosts, *(Stored(b"x" * size) for size in range(1, UPLOADS_AT_ONCE + 1)))
    assert hosts.committed == [4, 3, 2, 1]
    assert [each.uri for each in uploaded] == [f"tos-cn-i-x/uri-{size}" for size in (1, 2, 3, 4)]
    assert uploaded[0] == UploadedPicture(uri="tos-cn-i-x/uri-1", width=40, height=30, format="png")
    assert hosts.steps().count("token") == 1


def test_no_more_than_four_are_under_way_at_once() -> None:
    class Crowded(Hosts):
        now = most = 0
        crowded = asyncio.Event()

        async def __call__(self, request: httpx.Request) -> httpx.Response:
            step = step_of(request)
            self.now += step == "apply"
            self.most = max(self.most, self.now)
            answer = await super().__call__(request)
            if self.now == UPLOADS_AT_ONCE:
                self.crowded.set()
            if step == "apply":
                await self.crowded.wait()
            await asyncio.sleep(0.002)  # lets a fifth come, if there is one
            self.now -= step == "commit"
            return answer

    hosts = Crowded()
    assert len(upload(hosts, *(Stored(b"x" * size) for size in range(1, 11)))) == 10
    assert hosts.most == UPLOADS_AT_ONCE == 4


def test_a_commit_that_tells_no_size() -> None:
    hosts = Hosts(commit=[result(Results=[{"Uri": "tos-cn-i-x/other", "UriStatus": "2000"}], PluginResult=None)])
    assert upload(hosts, Stored(b"abc")) == [UploadedPicture(uri="tos-cn-i-x/other", width=0, height=0, format="")]


def test_the_uri_of_the_picture_goes_before_that_of_the_place() -> None:
    plugin = {"ImageUri": "tos-cn-i-x/picture", "ImageWidth": "7", "ImageHeight": -1}
    hosts = Hosts(commit=[result(Results=[{"Uri": "tos-cn-i-x/place", "UriStatus": 2000}], PluginResult=[plugin])])
    assert upload(hosts, Stored(b"abc")) == [UploadedPicture(uri="tos-cn-i-x/picture", width=7, height=0, format="")]


def test_a_picture_is_read_in_chunks_and_closed() -> None:
    picture = Stored(b"x" * (2 * CHUNK_BYTES + 1))
    upload(Hosts(), picture)
    assert picture.opened == len(picture.closed) == 2  # for the checksum, and to be sent
    assert all(size is not None and 0 < size <= CHUNK_BYTES for size in picture.reads)
    assert len(picture.reads) == 4 + 3  # the checksum also reads the end


def test_a_file_that_is_not_what_was_stored_is_not_sent() -> None:
    def gone() -> BinaryIO:
        raise FileNotFoundError("/secret/place")

    missing = Stored(b"picture")
    missing.file = ImageFile(sha256="0" * 64, size_bytes=7, open=gone)
    for picture in (Stored(b"short", size_bytes=9), Stored(b"longer", size_bytes=3), Stored(b""), missing):
        hosts = Hosts()
        failure = failing(hosts, picture)
        assert (failure.kind, failure.code) == (FailureKind.BAD_PARAMETER, "input_file")
        assert "/secret/place" not in str(failure)
        assert hosts.steps() == ["token"]
