"""What every web API call must carry: query, headers, signature and cookie (§2 of the protocol)."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from generation.sandbox import facts


class Violation(Exception):
    """The caller broke the protocol. The message says how, and never holds a sessionid."""


class Refusal(Exception):
    """The service declines a well-formed call: the ret code and its message."""

    def __init__(self, ret: str, message: str) -> None:
        super().__init__(message)
        self.ret = ret
        self.message = message


_HEADERS: Final = {
    "Accept": "application/json, text/plain, */*",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Appid": str(facts.AID),
    "Appvr": facts.APP_VERSION,
    "Pf": facts.PF,
    "Origin": facts.ORIGIN,
    "Sec-Ch-Ua-Mobile": "?0",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
    "Sign-Ver": "1",
}
_QUERY: Final = {"aid": str(facts.AID), "device_platform": "web", "region": "CN"}
_OPTIONAL_QUERY: Final[dict[str, frozenset[str]]] = {
    "da_version": facts.DRAFT_VERSIONS,
    "web_version": facts.WEB_VERSIONS,
    "web_component_open_flag": frozenset({"1"}),
    "aigc_features": frozenset({"app_lip_sync"}),
}
_COOKIE: Final = {"is_staff_user": "false", "store-region": "cn-gd", "store-region-src": "uid"}
_USER_AGENT: Final = re.compile(
    r"Mozilla/5\.0 \((Windows NT 10\.0; Win64; x64|Macintosh; Intel Mac OS X 10_15_7|X11; Linux x86_64)\) "
    r"AppleWebKit/537\.36 \(KHTML, like Gecko\) Chrome/(\d{2,3})\.0\.0\.0 Safari/537\.36"
)
_PLATFORMS: Final = {"W": '"Windows"', "M": '"macOS"', "X": '"Linux"'}
_WEB_ID: Final = re.compile(r"7\d{18}")
_HEX32: Final = re.compile(r"[0-9a-f]{32}")
_CLOCK_TOLERANCE_S: Final = 300
_SHORTEST_SESSIONID: Final = 8


def need(condition: object, reason: str) -> None:
    """Raise Violation with that reason unless the condition holds."""
    if not condition:
        raise Violation(reason)


def sign(path: str, platform: str, version: str, device_time: str) -> str:
    """The Sign header of a call: lower-case hex."""
    text = f"9e2c|{path[-7:]}|{platform}|{version}|{device_time}||11ac"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def check_query(query: Mapping[str, str]) -> str:
    """The webId of a call. Raises Violation for a missing or unexpected value."""
    for name, wanted in _QUERY.items():
        need(query.get(name) == wanted, f"query {name} must be {wanted}")
    for name, values in _OPTIONAL_QUERY.items():
        need(name not in query or query[name] in values, f"query {name} must be one of {sorted(values)}")
    web_id = query.get("webId", query.get("web_id", ""))
    need(_WEB_ID.fullmatch(web_id), "query webId must be 19 digits that start with 7")
    need(query.get("web_id", web_id) == web_id, "query webId and web_id differ")
    return web_id


def check_headers(path: str, headers: Mapping[str, str], now: float) -> None:
    """Every header of a call. `now` is in Unix seconds. Raises Violation."""
    for name, wanted in _HEADERS.items():
        need(headers.get(name) == wanted, f"header {name} must be {wanted}")
    referers = _referers(path)
    need(headers.get("Referer") in referers, f"header Referer must be {' or '.join(referers)}")
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    need(kind == "application/json", "header Content-Type must be application/json")
    _check_browser(headers)
    device_time = headers.get("Device-Time", "")
    need(re.fullmatch(r"\d{10}", device_time), "header Device-Time must be Unix seconds")
    need(abs(int(device_time) - now) <= _CLOCK_TOLERANCE_S, "header Device-Time is more than 300 s off")
    wanted = sign(path, facts.PF, facts.APP_VERSION, device_time)
    need(headers.get("Sign") == wanted, "header Sign does not fit path, Pf, Appvr and Device-Time")


def _referers(path: str) -> tuple[str, ...]:
    """The pages that a call may come from: uploads are made from either of the pages that generate."""
    if path.startswith("/commerce/"):
        return (facts.CREDIT_REFERER,)
    if path == "/mweb/v1/get_upload_token":
        return facts.ORIGIN, facts.CREDIT_REFERER, facts.VIDEO_REFERER
    return (facts.ORIGIN,)


def _check_browser(headers: Mapping[str, str]) -> None:
    agent = _USER_AGENT.fullmatch(headers.get("User-Agent", ""))
    if not agent:
        raise Violation("header User-Agent must be a desktop Chrome")
    brands = headers.get("Sec-Ch-Ua", "")
    need(f'"Chromium";v="{agent[2]}"' in brands, "header Sec-Ch-Ua does not match User-Agent")
    platform = _PLATFORMS[agent[1][0]]
    need(headers.get("Sec-Ch-Ua-Platform") == platform, "header Sec-Ch-Ua-Platform does not match User-Agent")


def check_cookie(header: str, web_id: str) -> tuple[str, str]:
    """The sessionid and uid_tt of a call. Raises Violation for a missing or unfitting part."""
    parts: dict[str, str] = {}
    for piece in header.split(";"):
        name, separator, value = piece.strip().partition("=")
        need(separator and name not in parts, "cookie is malformed or names a part twice")
        parts[name] = value
    for name, wanted in _COOKIE.items():
        need(parts.get(name) == wanted, f"cookie {name} must be {wanted}")
    need(parts.get("_tea_web_id") == web_id, "cookie _tea_web_id must be the webId of the query")
    uid_tt = parts.get("uid_tt", "")
    need(_HEX32.fullmatch(uid_tt), "cookie uid_tt must be 32 hex digits")
    need(parts.get("uid_tt_ss") == uid_tt, "cookie uid_tt_ss must equal uid_tt")
    sessionid = parts.get("sessionid", "")
    need(len(sessionid) >= _SHORTEST_SESSIONID, "cookie sessionid is missing or too short")
    for name in ("sid_tt", "sessionid_ss"):
        need(parts.get(name) == sessionid, f"cookie {name} must equal sessionid")
    _check_guard(parts.get("sid_guard", ""), sessionid)
    return sessionid, uid_tt


def _check_guard(guard: str, sessionid: str) -> None:
    """`<sessionid>%7C<unix>%7C5184000%7C<RFC 1123 date>`, all url-encoded."""
    session, _, rest = guard.rpartition("%7C5184000%7C")[0].rpartition("%7C")
    day = guard.rpartition("%7C")[2]
    need(sessionid in (session, unquote(session)), "cookie sid_guard must begin with the sessionid")
    need(re.fullmatch(r"\d{10}", rest), "cookie sid_guard must hold Unix seconds and 5184000")
    need(re.fullmatch(r"[A-Za-z0-9%+.\-]+", day), "cookie sid_guard date must be url-encoded with + for spaces")
    try:
        datetime.strptime(unquote_plus(day), "%a, %d %b %Y %H:%M:%S GMT")  # noqa: DTZ007 - only its shape is of interest
    except ValueError:
        raise Violation("cookie sid_guard must end in an RFC 1123 date") from None


def check_call(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str, str]:
    """The sessionid, webId and uid_tt of a call. Raises Violation."""
    web_id = check_query(query)
    check_headers(path, headers, time.time())
    sessionid, uid_tt = check_cookie(headers.get("Cookie", ""), web_id)
    return sessionid, web_id, uid_tt


def check_history(body: dict[str, Any], are_videos: Callable[[list[str]], bool]) -> list[str]:
    """The ids asked for in get_history_by_ids: history ids, then submit ids. Raises Violation.

    `are_videos` tells whether ids all are those of videos, for which the ids alone are enough.
    """
    history_ids, submit_ids = body.get("history_ids", []), body.get("submit_ids", [])
    for name, ids in (("history_ids", history_ids), ("submit_ids", submit_ids)):
        need(isinstance(ids, list) and all(isinstance(one, str) for one in ids), f"{name} must be a list of strings")
    need(history_ids or submit_ids, "history_ids or submit_ids must be given")
    if "image_info" in body or (history_ids and not are_videos(history_ids)):
        _check_image_info(body.get("image_info"))
        need(body.get("http_common_info") == {"aid": facts.AID}, "http_common_info must hold the aid")
    return [*history_ids, *submit_ids]


def _check_image_info(image_info: Any) -> None:
    """The sizes that pictures are wanted in. Raises Violation."""
    if not isinstance(image_info, dict):
        raise Violation("image_info is required for images")
    need(image_info.get("width") == 2048 and image_info.get("height") == 2048, "image_info must be 2048 by 2048")
    need(image_info.get("format") == "webp", "image_info.format must be webp")
    scenes = image_info.get("image_scene_list")
    need(isinstance(scenes, list) and scenes, "image_info.image_scene_list must be a list")
    wanted = {"scene", "width", "height", "uniq_key", "format"}
    for scene in scenes or []:
        need(isinstance(scene, dict) and set(scene) == wanted, f"image_scene_list entries must have {sorted(wanted)}")


def check_ids(body: dict[str, Any], name: str) -> list[str]:
    """The list of record ids under that name. Raises Violation."""
    ids = body.get(name)
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise Violation(f"{name} must be a list of strings")
    return ids
