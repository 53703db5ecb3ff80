"""Our signatures are those of botocore, the reference."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from generation.upstream.sigv4 import Credentials, query_string, signed_headers

APPLY = {"Action": "ApplyImageUpload", "Version": "2018-08-01", "ServiceId": "tb4s082cfz"}
COMMIT = {"Action": "CommitImageUpload", "Version": "2018-08-01", "ServiceId": "tb4s082cfz"}
KEYS = Credentials(access_key_id="AKTPx", secret_access_key="a/b+c==", session_token="STS2eyJ/+==")


class PageSigner(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """SigV4 as the page does it: the Host header is not signed."""

    def headers_to_sign(self, request: AWSRequest) -> Any:
        signed = super().headers_to_sign(request)
        del signed["host"]
        return signed


def both(
    keys: Credentials,
    method: str,
    query: dict[str, str],
    body: bytes | None = None,
    *,
    region: str = "cn-north-1",
    service: str = "imagex",
) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of botocore for this moment, and ours for the same."""
    request = AWSRequest(
        method=method, url=f"https://imagex.test/?{urlencode(query, quote_via=quote)}", data=body or b""
    )
    if body is not None:
        request.headers["X-Amz-Content-Sha256"] = hashlib.sha256(body).hexdigest()
    reference = BotoCredentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
    PageSigner(reference, service, region).add_auth(request)
    theirs = dict(request.headers.items())
    at = datetime.strptime(theirs["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signed_headers(keys, method=method, query=query, body=body, at=at, region=region, service=service)
    return theirs, ours


@pytest.mark.parametrize("salt", ["a1b2c3d4e5", "zzzzzzzzzz"])
def test_applying_for_a_place(salt: str) -> None:
    theirs, ours = both(KEYS, "GET", APPLY | {"FileSize": "12345", "s": salt})
    assert ours == theirs
    assert "SignedHeaders=x-amz-date;x-amz-security-token," in ours["Authorization"]
    assert "/cn-north-1/imagex/aws4_request" in ours["Authorization"]


@pytest.mark.parametrize("body", [b'{"SessionKey":"k","SuccessActionStatus":"200"}', "图片".encode(), b"", bytes(256)])
def test_committing(body: bytes) -> None:
    theirs, ours = both(KEYS, "POST", COMMIT, body)
    assert ours == theirs
    assert "SignedHeaders=x-amz-content-sha256;x-amz-date;x-amz-security-token," in ours["Authorization"]


ODD = "aZ09-_.~ !\"#$%&'()*+,/:;<=>?@[]^`{|}é图\U0001f600"


@pytest.mark.parametrize("seed", range(25))
def test_any_query_and_any_keys(seed: int) -> None:
    chance = random.Random(seed)

    def text(letters: str = ODD) -> str:
        return "".join(chance.choices(letters, k=chance.randint(1, 12)))

    query = {text(): text() for _ in range(chance.randint(1, 6))}
    printable = "".join(map(chr, range(33, 127)))
    keys = Credentials(access_key_id=text("ABC019"), secret_access_key=text(printable), session_token=text(printable))
    body = None if seed % 2 else text().encode()
    theirs, ours = both(keys, "GET" if body is None else "POST", query, body, region=text("abc-1"), service="s3x")
    assert ours == theirs


def test_a_query_is_sent_with_every_odd_character_encoded() -> None:
    assert query_string({"a b": "x/y+z&=~", "图": ""}) == "a%20b=x%2Fy%2Bz%26%3D~&%E5%9B%BE="


def test_keys_are_not_shown() -> None:
    assert KEYS.secret_access_key not in repr(KEYS)
    assert KEYS.session_token not in repr(KEYS)
