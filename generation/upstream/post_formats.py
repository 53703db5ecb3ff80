"""How each kind of channel wants a message, and how it says no. Pure.

Shapes as the providers document them: DingTalk and WeCom group robots (markdown), Feishu custom bots (cards),
Telegram's Bot API (sendMessage), ntfy (publish as JSON).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote_plus, urlsplit, urlunsplit

from accounts.alert_words import Message
from accounts.channels import telegram_chat
from accounts.models import AlertChannel
from generation.upstream.webhooks import USER_AGENT

Format = AlertChannel.Format
WECOM_MAX_BYTES = 4096
# What would be read as formatting; a name shall look like itself.
_PLAIN = str.maketrans({"[": "(", "]": ")", "<": "‹", ">": "›", "`": "'", "*": "∗", "#": "＃"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One HTTP POST."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message and where it goes. `secret` "": none."""

    message: Message
    target: str = field(repr=False)
    secret: str = field(repr=False)
    at: datetime


def post_of(medium: str, letter: Letter) -> Post:
    """The request for a chat or push service."""
    return _POSTS[medium](letter)


def refusal(medium: str, status: int, body: bytes) -> str:
    """Why the service did not take it; "" if it did. Several answer 200 to what they refuse."""
    said = _said(body)
    problem = "" if 200 <= status < 300 else f"HTTP status {status}"
    words = ""
    match medium:
        case Format.DINGTALK | Format.WECOM:
            words = _code_and_words(said, "errcode", "errmsg")
        case Format.FEISHU:
            words = _code_and_words(said, "code", "msg") if "code" in said else _code_and_words(said, "StatusCode", "")
        case Format.TELEGRAM:
            words = "" if said.get("ok") is True else str(said.get("description") or "not ok")
        case Format.NTFY if problem:
            words = str(said.get("error") or "")
    return ": ".join(filter(None, [problem, words]))


def _said(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}


def _code_and_words(said: Mapping[str, Any], code: str, words: str) -> str:
    """Empty for the code 0; an answer without a code is none of the service's."""
    if said.get(code) == 0:
        return ""
    return f"{said[code]} {said.get(words, '')}".strip() if code in said else "not its usual answer"


def dingtalk_post(letter: Letter) -> Post:
    message = letter.message
    text = f"#### {_plain(message.title)}\n\n" + "\n\n".join(f"> {_plain(line)}" for line in message.lines)
    if message.url:
        text += f"\n\n[{message.link_text}]({message.url})"
    url = letter.target
    if letter.secret:
        timestamp = str(int(letter.at.timestamp() * 1000))
        digest = hmac.new(letter.secret.encode(), f"{timestamp}\n{letter.secret}".encode(), hashlib.sha256).digest()
        sign = quote_plus(base64.b64encode(digest))
        url += f"{'&' if '?' in url else '?'}timestamp={timestamp}&sign={sign}"
    return _json(url, {"msgtype": "markdown", "markdown": {"title": _plain(message.title), "text": text}})


def feishu_post(letter: Letter) -> Post:
    message = letter.message
    elements: list[dict[str, Any]] = [{"tag": "div", "text": {"tag": "plain_text", "content": message.text}}]
    if message.url:
        button = {"tag": "button", "type": "default", "url": message.url}
        button_text = {"tag": "plain_text", "content": message.link_text}
        elements.append({"tag": "action", "actions": [{**button, "text": button_text}]})
    card = {
        "config": {"wide_screen_mode": True},
        "header": {"template": _colour(message), "title": {"tag": "plain_text", "content": message.title}},
        "elements": elements,
    }
    body: dict[str, Any] = {"msg_type": "interactive", "card": card}
    if letter.secret:
        timestamp = str(int(letter.at.timestamp()))
        # The text to sign is the key, and what is signed is nothing: so their documents have it.
        digest = hmac.new(f"{timestamp}\n{letter.secret}".encode(), b"", hashlib.sha256).digest()
        body = {"timestamp": timestamp, "sign": base64.b64encode(digest).decode(), **body}
    return _json(letter.target, body)


def wecom_post(letter: Letter) -> Post:
    message = letter.message
    content = f"**{_plain(message.title)}**\n" + "\n".join(f"> {_plain(line)}" for line in message.lines)
    link = f"\n[{message.link_text}]({message.url})" if message.url else ""
    room = WECOM_MAX_BYTES - len(link.encode())
    content = content.encode()[:room].decode(errors="ignore") + link
    return _json(letter.target, {"msgtype": "markdown", "markdown": {"content": content}})


def telegram_post(letter: Letter) -> Post:
    message, chat = letter.message, telegram_chat(letter.target)
    text = "\n".join(filter(None, [message.title, "", *message.lines, message.url]))
    url = f"{chat.base_url}/bot{chat.token}/sendMessage"
    return _json(url, {"chat_id": chat.chat, "text": text[:4096], "disable_web_page_preview": True})


def ntfy_post(letter: Letter) -> Post:
    """As JSON, to the server's root: titles in headers would have to be ASCII."""
    message = letter.message
    parts = urlsplit(letter.target)
    folder, _slash, topic = parts.path.rstrip("/").rpartition("/")
    body: dict[str, Any] = {
        "topic": topic,
        "title": message.title,
        "message": message.text,
        "priority": message.urgency,
        "tags": ["white_check_mark" if message.is_over else "warning"],
    }
    if message.url:
        body["click"] = message.url
    url = urlunsplit((parts.scheme, parts.netloc, folder + "/", "", ""))
    return _json(url, body, authorization=_ntfy_authorization(letter.secret))


def _ntfy_authorization(secret: str) -> str:
    """An access token, or "user:password"."""
    if ":" in secret:
        return "Basic " + base64.b64encode(secret.encode()).decode()
    return f"Bearer {secret}" if secret else ""


def _json(url: str, body: Mapping[str, Any], *, authorization: str = "") -> Post:
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": USER_AGENT}
    if authorization:
        headers["authorization"] = authorization
    return Post(url=url, headers=headers, body=json.dumps(body, ensure_ascii=False).encode())


def _plain(text: str) -> str:
    return " ".join(text.split()).translate(_PLAIN)


def _colour(message: Message) -> str:
    if message.is_over:
        return "green"
    return "red" if message.urgency >= 4 else "orange"


_POSTS: Mapping[str, Callable[[Letter], Post]] = MappingProxyType(
    {
        Format.DINGTALK: dingtalk_post,
        Format.FEISHU: feishu_post,
        Format.WECOM: wecom_post,
        Format.TELEGRAM: telegram_post,
        Format.NTFY: ntfy_post,
    }
)
