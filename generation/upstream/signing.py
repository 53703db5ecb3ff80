"""What makes a call look like the Jimeng web page: query, headers, cookie and signature. Pure.

Every version-like constant of the web page stands in `WEB`, so that a new release of the page is one edit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from types import MappingProxyType
from urllib.parse import quote_plus


@dataclass(frozen=True, slots=True, kw_only=True)
class WebVersion:
    """The release of the web page that we speak as (docs/upstream.md#versions)."""

    app_id: int = 513695
    app_version: str = "5.8.0"
    platform: str = "7"
    sign_version: str = "1"
    region: str = "CN"
    features: str = "app_lip_sync"
    image_web_version: str = "7.5.0"
    video_web_version: str = "6.6.0"
    draft_min_version: str = "3.0.2"
    blend_min_version: str = "3.2.9"
    video_draft_min_version: str = "3.0.5"
    video_component_min_version: str = "1.0.0"
    upload_draft_version: str = "3.3.4"
    chrome: str = "131"


WEB = WebVersion()

ORIGIN = "https://jimeng.jianying.com"
IMAGE_PAGE = f"{ORIGIN}/ai-tool/image/generate"
VIDEO_PAGE = f"{ORIGIN}/ai-tool/video/generate"

USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    f"Chrome/{WEB.chrome}.0.0.0 Safari/537.36"
)
SESSION_MAX_AGE_S = 5_184_000  # 60 days, as the page's own sid_guard cookie says

_SIGN_PREFIX, _SIGN_SUFFIX = "9e2c", "11ac"

# Only encodings that httpx surely decodes: advertising br or zstd would need packages we do not ship.
_FIXED_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Accept": "application/json, text/plain, */*",
        "Accept-Encoding": "gzip, deflate",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Appid": str(WEB.app_id),
        "Appvr": WEB.app_version,
        "Content-Type": "application/json",
        "Origin": ORIGIN,
        "Pf": WEB.platform,
        "Sec-Ch-Ua": f'"Google Chrome";v="{WEB.chrome}", "Chromium";v="{WEB.chrome}", "Not_A Brand";v="24"',
        "Sec-Ch-Ua-Mobile": "?0",
        "Sec-Ch-Ua-Platform": '"Windows"',
        "Sec-Fetch-Dest": "empty",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Site": "same-origin",
        "Sign-Ver": WEB.sign_version,
        "User-Agent": USER_AGENT,
    }
)

_OF_WEB_API = frozenset({"Appid", "Appvr", "Content-Type", "Pf", "Sign-Ver"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A Jimeng login with the device identity that its account keeps for life.

    `web_id`: 19 digits starting with 7. `uid_tt`: 32 hex digits. Neither may change from call to call.
    `proxy`: the whole address of the proxy that all its calls and uploads go through; "" for none.
    """

    sessionid: str = field(repr=False)
    web_id: str
    uid_tt: str
    proxy: str = field(default="", repr=False)


def sign(path: str, *, device_time: int) -> str:
    """The `Sign` header: MD5 in lower-case hex. `path` without its query, `device_time` in unix seconds."""
    parts = (_SIGN_PREFIX, path[-7:], WEB.platform, WEB.app_version, str(device_time), "", _SIGN_SUFFIX)
    return hashlib.md5("|".join(parts).encode(), usedforsecurity=False).hexdigest()


def cookie(login: Login, *, now: int) -> str:
    """The `Cookie` header at `now` (unix seconds).

    Raises ValueError, without the value, when the sessionid cannot stand in a cookie.
    """
    session = login.sessionid
    if not session or not (session.isascii() and session.isprintable()) or any(sign in session for sign in ' ;,"'):
        raise ValueError("The sessionid holds characters that no cookie can carry.")
    lapses = quote_plus(formatdate(now + SESSION_MAX_AGE_S, usegmt=True))
    return (
        f"_tea_web_id={login.web_id}; is_staff_user=false; store-region=cn-gd; store-region-src=uid; "
        f"sid_guard={session}%7C{now}%7C{SESSION_MAX_AGE_S}%7C{lapses}; "
        f"uid_tt={login.uid_tt}; uid_tt_ss={login.uid_tt}; "
        f"sid_tt={session}; sessionid={session}; sessionid_ss={session}"
    )


def headers(login: Login, path: str, *, device_time: int, referer: str = ORIGIN) -> dict[str, str]:
    """All headers of one web API call, the cookie and the signature among them."""
    return {
        **_FIXED_HEADERS,
        "Cookie": cookie(login, now=device_time),
        "Device-Time": str(device_time),
        "Referer": referer,
        "Sign": sign(path, device_time=device_time),
    }


def upload_headers(referer: str) -> dict[str, str]:
    """The browser's own headers on a call of the upload hosts: nothing of the account is among them."""
    own = {name: value for name, value in _FIXED_HEADERS.items() if name not in _OF_WEB_API}
    return {**own, "Referer": referer, "Sec-Fetch-Site": "cross-site"}


def query(web_id: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The query of one web API call: what every call carries, then what this one adds."""
    return {
        "aid": str(WEB.app_id),
        "device_platform": "web",
        "region": WEB.region,
        "webId": web_id,
        **(extra or {}),
    }
