"""Uploading an input image in four steps, against botocore's signatures, and what is refused at each step."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth

from tests.sandbox.callers import Caller
from tests.sandbox.uploaders import UPLOAD_TOKEN, Uploader, png

Make = Callable[..., Caller]
Violations = Callable[[], list[str]]


@pytest.fixture
def uploader(caller: Make) -> Uploader:
    ready = Uploader(caller())
    ready.fetch_token()
    return ready


def error_of(answer: httpx.Response) -> str:
    told = answer.json()
    assert "Result" not in told
    return str(told["ResponseMetadata"]["Error"]["Message"])


def place(uploader: Uploader, content: bytes) -> dict[str, Any]:
    return dict(uploader.apply(len(content)).json()["Result"]["UploadAddress"])


def test_all_four_steps(uploader: Uploader, violations: Violations) -> None:
    content = png(40, 30)
    assert uploader.token["service_id"] == "tb4s082cfz"
    address = place(uploader, content)
    assert address["UploadHosts"] == [uploader.caller.http.base_url.netloc.decode()]
    uri = address["StoreInfos"][0]["StoreUri"]
    assert uri.startswith("tos-cn-i-tb4s082cfz/")
    assert len(uri.partition("/")[2]) == 32
    sent = uploader.send(address, content).json()
    assert (sent["code"], sent["message"]) == (2000, "Success")
    for _ in range(2):  # an answer that was lost can be asked for again
        result = uploader.commit(address["SessionKey"]).json()["Result"]
        assert result["Results"] == [{"Uri": uri, "UriStatus": 2000}]
        plugin = result["PluginResult"][0]
        assert (plugin["ImageUri"], plugin["ImageWidth"], plugin["ImageHeight"]) == (uri, 40, 30)
        assert (plugin["ImageFormat"], plugin["ImageSize"]) == ("png", len(content))
        assert plugin["ImageMd5"] == hashlib.md5(content).hexdigest()
    assert not violations()


def test_one_token_serves_several_images(uploader: Uploader, violations: Violations) -> None:
    assert len({uploader.upload(png(side, side)) for side in (8, 9, 10)}) == 3
    assert not violations()
    page = uploader.caller.http.get("/_control/accounts").json()[uploader.caller.sessionid.removeprefix("sb-")]
    assert page["calls"] == {
        UPLOAD_TOKEN: 1,
        "/?Action=ApplyImageUpload": 3,
        "/upload/v1": 3,
        "/?Action=CommitImageUpload": 3,
    }


@pytest.mark.parametrize("body", [{}, {"scene": 1}, {"scene": 2, "more": 1}])
def test_a_token_for_another_scene(caller: Make, violations: Violations, body: dict[str, int]) -> None:
    assert str(caller().call(UPLOAD_TOKEN, body)["ret"]) == "1000"
    assert len(violations()) == 1


@pytest.mark.parametrize(
    ("attribute", "value", "word"),
    [
        ("region", "us-east-1", "cn-north-1"),
        ("service", "s3", "imagex"),
        ("signer", SigV4Auth, "SignedHeaders"),
        ("token.secret_access_key", "guessed", "signature does not match"),
        ("token.access_key_id", "AKTPunknown", "not known"),
        ("token.session_token", "another", "X-Amz-Security-Token"),
    ],
)
def test_a_signature_that_is_wrong(
    uploader: Uploader, violations: Violations, attribute: str, value: Any, word: str
) -> None:
    name, _, part = attribute.partition(".")
    setattr(uploader, name, {**uploader.token, part: value} if part else value)
    assert word in error_of(uploader.apply(10))
    assert len(violations()) == 1


def test_a_signature_for_another_moment(uploader: Uploader, violations: Violations) -> None:
    query = {"Action": "ApplyImageUpload", "Version": "2018-08-01", "ServiceId": "tb4s082cfz"}
    early = datetime.fromtimestamp(time.time() - 60, UTC).strftime("%Y%m%dT%H%M%SZ")
    late = datetime.fromtimestamp(time.time() - 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    rest = {"FileSize": "10", "s": "a1b2c3d4e5"}
    answers = [uploader.signed("GET", query | rest, header={"X-Amz-Date": date}) for date in (early, late)]
    assert "does not match" in error_of(answers[0])
    assert "X-Amz-Date" in error_of(answers[1])
    assert "Authorization" in error_of(uploader.signed("GET", query | rest, header={"Authorization": "none"}))
    assert len(violations()) == 3


@pytest.mark.parametrize(
    "changes",
    [{"FileSize": "0"}, {"FileSize": "ten"}, {"s": "short"}, {"Version": "2020-01-01"}, {"ServiceId": "x"}],
    ids=str,
)
def test_a_place_asked_for_wrongly(uploader: Uploader, violations: Violations, changes: dict[str, str]) -> None:
    assert next(iter(changes)) in error_of(uploader.apply(10, **changes))
    assert len(violations()) == 1


def test_a_body_that_was_not_signed(uploader: Uploader, violations: Violations) -> None:
    query = {"Action": "CommitImageUpload", "Version": "2018-08-01", "ServiceId": "tb4s082cfz"}
    answer = uploader.signed("POST", query, b"{}", header={"X-Amz-Content-SHA256": "0" * 64})
    assert "X-Amz-Content-Sha256" in error_of(answer)
    assert len(violations()) == 1


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"Authorization": "SpaceKey/guessed"}, "Authorization"),
        ({"Content-CRC32": "00000000"}, "CRC32"),
        ({"Content-CRC32": "ABCDEF01"}, "lower-case"),
        ({"Content-Type": "image/png"}, "Content-Type"),
        ({"Content-Disposition": "inline"}, "Content-Disposition"),
    ],
    ids=str,
)
def test_bytes_sent_wrongly(uploader: Uploader, violations: Violations, changes: dict[str, str], word: str) -> None:
    content = png()
    sent = uploader.send(place(uploader, content), content, **changes).json()
    assert sent["code"] != 2000
    assert word in sent["message"]
    assert len(violations()) == 1


def test_a_length_that_was_not_announced(uploader: Uploader, violations: Violations) -> None:
    assert "FileSize" in uploader.send(place(uploader, png()), png() + b"more").json()["message"]
    assert len(violations()) == 1


def test_a_commit_without_bytes_or_of_another_account(uploader: Uploader, caller: Make, violations: Violations) -> None:
    address = place(uploader, png())
    assert "no bytes" in error_of(uploader.commit(address["SessionKey"]))
    uploader.send(address, png())
    other = Uploader(caller())
    other.fetch_token()
    assert "SessionKey" in error_of(other.commit(address["SessionKey"]))
    assert "SuccessActionStatus" in error_of(uploader.commit(address["SessionKey"], SuccessActionStatus="201"))
    assert len(violations()) == 3


def test_bytes_that_are_no_picture_are_a_status_and_no_violation(uploader: Uploader, violations: Violations) -> None:
    address = place(uploader, b"a text")
    uploader.send(address, b"a text")
    result = uploader.commit(address["SessionKey"]).json()["Result"]
    assert result["Results"][0]["UriStatus"] != 2000
    assert "PluginResult" not in result
    assert not violations()


def test_a_token_runs_out(uploader: Uploader, http: httpx.Client, violations: Violations) -> None:
    http.post("/_control/settings", json={"upload_token_ttl": 0})
    try:
        uploader.fetch_token()
    finally:
        http.post("/_control/settings", json={"upload_token_ttl": 3600})
    assert "expired" in error_of(uploader.apply(10))
    assert not violations()


def test_faults_of_uploads(caller: Make, violations: Violations) -> None:
    one = Uploader(caller("http500x1@upload"))
    assert one.caller.send(UPLOAD_TOKEN, {"scene": 2}).status_code == 500
    one.fetch_token()
    one.caller.http.post(
        "/_control/accounts", json={"sessionid": one.caller.sessionid, "faults": "http500-afterx2@upload"}
    )
    content = png()
    assert one.apply(len(content)).status_code == 500
    address_answer = one.apply(len(content))
    assert address_answer.status_code == 500
    assert one.upload(content)
    assert not violations()
