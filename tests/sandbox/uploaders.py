"""Uploads as the page makes them, in four steps, signed by botocore; each step can be broken."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from PIL import Image

from tests.sandbox.callers import Caller

UPLOAD_TOKEN = "/mweb/v1/get_upload_token"
VERSION = "2018-08-01"


class PageSigner(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """SigV4 as the page does it: the Host header is not signed."""

    def headers_to_sign(self, request: AWSRequest) -> Any:
        signed = super().headers_to_sign(request)
        del signed["host"]
        return signed


def png(width: int = 40, height: int = 30) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "PNG")
    return written.getvalue()


@dataclass
class Uploader:
    """One account's uploads with one token. `region` and `service` can be wrong on purpose."""

    caller: Caller
    region: str = "cn-north-1"
    service: str = "imagex"
    signer: type[SigV4Auth] = PageSigner
    token: dict[str, str] = field(default_factory=dict)

    def fetch_token(self) -> dict[str, str]:
        referer = "https://jimeng.jianying.com/ai-tool/image/generate"
        self.token = self.caller.call(UPLOAD_TOKEN, {"scene": 2}, header={"Referer": referer})["data"]
        return self.token

    def signed(
        self, method: str, query: dict[str, str], body: bytes = b"", header: dict[str, str] | None = None
    ) -> httpx.Response:
        """A signed call of the upload control host; `header` is set after signing."""
        url = f"{self.caller.http.base_url}?{urlencode(query)}"
        request = AWSRequest(method=method, url=str(url), data=body)
        if body:
            request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
        credentials = Credentials(
            self.token["access_key_id"], self.token["secret_access_key"], self.token["session_token"]
        )
        self.signer(credentials, self.service, self.region).add_auth(request)
        headers = dict(request.headers.items()) | (header or {})
        return self.caller.http.request(method, "/", params=query, content=body or None, headers=headers)

    def apply(self, size: int, **changes: str) -> httpx.Response:
        query = {"Action": "ApplyImageUpload", "Version": VERSION, "ServiceId": self.token["service_id"]}
        return self.signed("GET", query | {"FileSize": str(size), "s": "a1b2c3d4e5"} | changes)

    def send(self, address: dict[str, Any], content: bytes, **changes: str) -> httpx.Response:
        store = address["StoreInfos"][0]
        headers = {
            "Authorization": store["Auth"],
            "Content-CRC32": f"{zlib.crc32(content):08x}",
            "Content-Type": "application/octet-stream",
            "Content-Disposition": 'attachment; filename="undefined"',
        }
        url = f"http://{address['UploadHosts'][0]}/upload/v1/{store['StoreUri']}"
        return self.caller.http.post(url, content=content, headers=headers | changes)

    def commit(self, session_key: str, **changes: str) -> httpx.Response:
        query = {"Action": "CommitImageUpload", "Version": VERSION, "ServiceId": self.token["service_id"]}
        body = {"SessionKey": session_key, "SuccessActionStatus": "200"} | changes
        return self.signed("POST", query, json.dumps(body).encode())

    def upload(self, content: bytes) -> str:
        """All steps: the uri of the picture."""
        if not self.token:
            self.fetch_token()
        address = self.apply(len(content)).json()["Result"]["UploadAddress"]
        assert self.send(address, content).json()["code"] == 2000
        result = self.commit(address["SessionKey"]).json()["Result"]
        assert result["Results"][0]["UriStatus"] == 2000
        return str(result["PluginResult"][0]["ImageUri"])
