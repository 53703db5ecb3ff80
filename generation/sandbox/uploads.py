"""What the sandbox remembers of uploads: tokens, places taken for pictures, and the pictures that came."""

from __future__ import annotations

import hashlib
import io
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from PIL import Image

SERVICE_ID: Final = "tb4s082cfz"
OK: Final = 2000
NO_PICTURE: Final = 4001


@dataclass(frozen=True, slots=True)
class Token:
    """The right of one account to upload, until an instant in Unix seconds."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    account: str
    ends_at: float


@dataclass(slots=True)
class Upload:
    """One picture on its way: `content` between its arrival and its commit, `committed` once it may be used."""

    uri: str
    account: str
    size_bytes: int
    authorization: str
    session_key: str
    content: bytes | None = None
    committed: dict[str, Any] | None = None

    def commit(self) -> dict[str, Any]:
        """Take the picture in: the Result of the answer. What Pillow cannot read gets a UriStatus other than 2000.

        A second commit answers the same: the first answer may have been lost, and nothing is charged.
        """
        if self.committed is not None:
            return self.committed
        content = self.content or b""
        result: dict[str, Any] = {"Results": [{"Uri": self.uri, "UriStatus": NO_PICTURE}], "RequestId": ""}
        try:
            with Image.open(io.BytesIO(content)) as picture:
                picture.verify()
                (width, height), kind = picture.size, (picture.format or "").lower()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            return result
        self.committed, self.content = result, None
        result["Results"][0]["UriStatus"] = OK
        result["PluginResult"] = [
            {
                "FileName": self.uri.partition("/")[2],
                "SourceUri": self.uri,
                "ImageUri": self.uri,
                "ImageWidth": width,
                "ImageHeight": height,
                "ImageFormat": kind,
                "ImageSize": len(content),
                "ImageMd5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
                "FrameCnt": 1,
            }
        ]
        return result


@dataclass(slots=True)
class Uploads:
    """All tokens by access key id, and all uploads by uri and by session key."""

    tokens: dict[str, Token] = field(default_factory=dict)
    by_uri: dict[str, Upload] = field(default_factory=dict)
    by_session_key: dict[str, Upload] = field(default_factory=dict)

    def new_token(self, account: str, ends_at: float) -> Token:
        """A token for an account by its name."""
        token = Token(
            access_key_id="AKTP" + secrets.token_hex(16),
            secret_access_key=secrets.token_urlsafe(32),
            session_token="STS2" + secrets.token_urlsafe(120),
            account=account,
            ends_at=ends_at,
        )
        self.tokens[token.access_key_id] = token
        return token

    def begin(self, account: str, size_bytes: int) -> Upload:
        """A place for a picture of that size."""
        upload = Upload(
            uri=f"tos-cn-i-{SERVICE_ID}/{secrets.token_hex(16)}",
            account=account,
            size_bytes=size_bytes,
            authorization=f"SpaceKey/{SERVICE_ID}/1/:version:v2:{secrets.token_urlsafe(60)}",
            session_key=secrets.token_urlsafe(90),
        )
        self.by_uri[upload.uri] = upload
        self.by_session_key[upload.session_key] = upload
        return upload

    def is_usable(self, uri: str) -> bool:
        """Whether a draft may name this uri: it was uploaded and committed, by whichever account."""
        upload = self.by_uri.get(uri)
        return upload is not None and upload.committed is not None

    def md5_of(self, uri: str) -> str:
        """Of the bytes behind a committed uri, in hex; "" for others."""
        upload = self.by_uri.get(uri)
        committed = upload.committed if upload is not None else None
        return "" if committed is None else str(committed["PluginResult"][0]["ImageMd5"])
