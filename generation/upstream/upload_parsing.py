"""What the upload hosts answer (docs/upstream.md#uploads), turned into frozen dataclasses. Pure.

Raises UpstreamFailure only. Nothing is ever spent by an upload, so whatever is odd, broken or in doubt is
UNREACHABLE (worth trying again); a picture that was looked at and not taken is BAD_PARAMETER.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from generation.upstream.answers import UploadedPicture
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.sigv4 import Credentials
from generation.upstream.values import as_dict, as_int, as_list, as_text

DEFAULT_SERVICE_ID = "tb4s082cfz"
OK = 2000

_UNAUTHORIZED = (401, 403)
_NOT_TAKEN = (400, 413, 415, 422)
# Error codes of the control host that say: not with this token, or not with this signature.
_OF_TOKEN = re.compile(r"token|signature|accesskey|credential|authoriz|timestamp|denied|policy|expire", re.IGNORECASE)
_OF_SERVICE = re.compile(r"internal|unavailable|timeout|flowlimit|ratelimit|throttl|busy|servicefailure", re.IGNORECASE)
# Words of the data host about its Auth, or about bytes that changed on the way.
_NOT_OF_PICTURE = re.compile(r"auth|signature|token|expire|crc", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[0-9]{1,5})?")
_URI = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9][A-Za-z0-9._~-]*)*")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


class TokenRefused(UpstreamFailure):
    """Not with this token: a new one may do."""

    def __init__(self, code: str, *, http_status: int) -> None:
        # Without upstream's words: they repeat keys, and for a wrong signature all that was signed.
        super().__init__(
            FailureKind.UNREACHABLE, code=code, message="The upload token was refused.", http_status=http_status
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadToken:
    """The right of one account to upload, for about an hour."""

    credentials: Credentials
    service_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one picture's bytes go. `session_key` commits them."""

    host: str
    uri: str
    auth: str = field(repr=False)
    session_key: str = field(repr=False)


def parse_token(content: dict[str, Any]) -> UploadToken:
    """Read the `data` of `get_upload_token`."""
    return UploadToken(
        credentials=Credentials(
            access_key_id=_plain_text(content, "access_key_id"),
            secret_access_key=_plain_text(content, "secret_access_key"),
            session_token=_plain_text(content, "session_token"),
        ),
        service_id=_plain_text(content, "service_id") if content.get("service_id") else DEFAULT_SERVICE_ID,
    )


def parse_result(status: int, content: bytes, *, retry_after: float | None, secrets: Sequence[str]) -> dict[str, Any]:
    """The `Result` of an answer of the control host.

    `retry_after`: seconds. `secrets`: never repeated in a failure.
    """
    answer = _json(status, content, retry_after=retry_after)
    error = as_dict(as_dict(answer.get("ResponseMetadata")).get("Error"))
    result = answer.get("Result")
    if not error and status < 300 and isinstance(result, dict):
        return result
    code = _code(as_text(error.get("Code")) or as_text(error.get("CodeN")), status)
    if status in _UNAUTHORIZED or _OF_TOKEN.search(code):
        raise TokenRefused(code, http_status=status)
    message = _without(secrets, as_text(error.get("Message")))
    is_picture = bool(error) and not _OF_SERVICE.search(code)
    raise _failure(code, message or "The upload service gave no result.", status, is_picture=is_picture)


def parse_place(result: dict[str, Any]) -> Place:
    """Read the `Result` of ApplyImageUpload."""
    address = as_dict(result.get("UploadAddress"))
    store = as_dict(next(iter(as_list(address.get("StoreInfos"))), None))
    host = as_text(next(iter(as_list(address.get("UploadHosts"))), None))
    uri = as_text(store.get("StoreUri"))
    if not _HOST.fullmatch(host):
        raise broken("The upload address names no host.")
    if not _URI.fullmatch(uri):
        raise broken("The upload address names no StoreUri.")
    return Place(host=host, uri=uri, auth=_plain_text(store, "Auth"), session_key=_plain_text(address, "SessionKey"))


def check_sent(status: int, content: bytes, *, retry_after: float | None, secrets: Sequence[str]) -> None:
    """Raise UpstreamFailure unless the data host says that it has the bytes."""
    answer = _json(status, content, retry_after=retry_after)
    code = as_int(answer.get("code"))
    if code == OK and status < 300:
        return
    message = as_text(answer.get("message"))
    says_no = status in _NOT_TAKEN or (status == 200 and 4000 <= (code or 0) < 5000)
    raise _failure(
        _code(as_text(code), status),
        _without(secrets, message) or "The upload host did not take the bytes.",
        status,
        is_picture=says_no and not _NOT_OF_PICTURE.search(message),
    )


def parse_committed(result: dict[str, Any]) -> UploadedPicture:
    """Read the `Result` of CommitImageUpload."""
    first = as_dict(next(iter(as_list(result.get("Results"))), None))
    plugin = as_dict(next(iter(as_list(result.get("PluginResult"))), None))
    status = as_int(first.get("UriStatus"))
    if status is None:
        raise broken("The commit answers no UriStatus.")
    if status != OK:
        message = "The upstream did not take the picture."
        raise UpstreamFailure(FailureKind.BAD_PARAMETER, code=f"uri_status_{status}", message=message)
    uri = _plain_text(plugin, "ImageUri") if plugin.get("ImageUri") else _plain_text(first, "Uri")
    kind = as_text(plugin.get("ImageFormat")).lower()
    return UploadedPicture(
        uri=uri,
        width=max(as_int(plugin.get("ImageWidth")) or 0, 0),
        height=max(as_int(plugin.get("ImageHeight")) or 0, 0),
        format=kind if kind.isascii() else "",
    )


def broken(message: str) -> UpstreamFailure:
    """The failure for an answer that cannot be used."""
    return UpstreamFailure(FailureKind.UNREACHABLE, code="protocol", message=message)


def without_doubt(failure: UpstreamFailure) -> UpstreamFailure:
    """The failure of a call that cannot have spent anything: AMBIGUOUS is UNREACHABLE then."""
    if failure.kind is not FailureKind.AMBIGUOUS:
        return failure
    return UpstreamFailure(
        FailureKind.UNREACHABLE, code=failure.code, message=failure.message, http_status=failure.http_status
    )


def _json(status: int, content: bytes, *, retry_after: float | None) -> dict[str, Any]:
    """The object of an answer whose HTTP status lets it count."""
    if status == 429:
        raise UpstreamFailure(
            FailureKind.THROTTLED,
            code="http_429",
            message="Too many requests.",
            http_status=status,
            retry_after_s=retry_after,
        )
    if status >= 500:
        raise _failure(f"http_{status}", f"The upload service answered HTTP {status}.", status, is_picture=False)
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        return answer
    code = "not_json" if status == 200 else f"http_{status}"
    raise _failure(code, "The answer is not a JSON object.", status, is_picture=False)


def _failure(code: str, message: str, status: int, *, is_picture: bool) -> UpstreamFailure:
    kind = FailureKind.BAD_PARAMETER if is_picture else FailureKind.UNREACHABLE
    return UpstreamFailure(kind, code=code, message=message, http_status=status)


def _code(code: str, status: int) -> str:
    return code if _CODE.fullmatch(code) else f"http_{status}"


def _plain_text(content: dict[str, Any], key: str) -> str:
    """A text that must be there, of characters that a header can carry."""
    text = as_text(content.get(key))
    if not text or not (text.isascii() and text.isprintable()):
        raise broken(f"The answer holds no usable {key}.")
    return text


def _without(secrets: Sequence[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return text
