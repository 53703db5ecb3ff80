"""Alert channels: where alerts go. Addresses and secrets are encrypted, and known to people by a label only."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import vault
from accounts.models import AlertChannel, AlertKind

Format = AlertChannel.Format

WEBHOOK_SECRET_PREFIX = "whsec_"
_SECRET_BYTES = range(16, 129)
TELEGRAM = "https://api.telegram.org"
_TELEGRAM_TARGET = re.compile(
    r"(?:(?P<base>https?://[^\s@]+?)/bot)?(?P<token>[0-9]+:[A-Za-z0-9_-]+)@(?P<chat>@?[\w-]+)"
)
_URL_MAX_CHARS = 1000

# What is asked for, by format; a test keeps it complete.
TARGET_HINTS: Mapping[str, Promise] = MappingProxyType(
    {
        Format.EMAIL: _("Mail addresses, separated by commas. EMAIL_URL must be set."),
        Format.WEBHOOK: _("The address that gets the POST."),
        Format.DINGTALK: _("The robot's webhook address. A keyword of it may be: Jimeng."),
        Format.FEISHU: _("The bot's webhook address."),
        Format.WECOM: _("The robot's webhook address."),
        Format.TELEGRAM: _("The bot's token and the chat: 123456:ABC-token@-1001234567890"),
        Format.NTFY: _("The address of the topic: https://ntfy.sh/my-topic"),
    }
)


class InvalidTarget(ValueError):
    """Not an address of that format, or not its secret. The text is for the operator and repeats nothing of it."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(str(words))


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramChat:
    base_url: str
    token: str
    chat: str


def clean_target(medium: str, given: str) -> str:
    """The address as it is stored. Raises InvalidTarget."""
    target = given.strip()
    match medium:
        case Format.EMAIL:
            return ", ".join(mail_addresses(target))
        case Format.TELEGRAM:
            telegram_chat(target)
        case _:
            _check_url(target)
            if medium == Format.NTFY and not urlsplit(target).path.strip("/"):
                raise InvalidTarget(_("The address lacks the topic."))
    return target


def clean_secret(medium: str, given: str) -> str:
    """The secret as it is stored; "" for none. Raises InvalidTarget."""
    secret = given.strip()
    if secret and medium == Format.WEBHOOK:
        webhook_key(secret)
    return secret


def _check_url(target: str) -> None:
    try:
        parts = urlsplit(target)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or len(target) > _URL_MAX_CHARS or re.search(r"\s", target):
        raise InvalidTarget(_("This is not a valid http or https address."))


def mail_addresses(target: str) -> list[str]:
    """Raises InvalidTarget."""
    addresses = [part.strip() for part in re.split(r"[,;，；\s]+", target) if part.strip()]
    try:
        for each in addresses:
            validate_email(each)
    except ValidationError as error:
        raise InvalidTarget(_("This is not a list of mail addresses.")) from error
    if not addresses:
        raise InvalidTarget(_("This is not a list of mail addresses."))
    return addresses


def telegram_chat(target: str) -> TelegramChat:
    """Token and chat, and the server if it is not Telegram's own. Raises InvalidTarget."""
    found = _TELEGRAM_TARGET.fullmatch(target)
    if found is None:
        raise InvalidTarget(_("Expected: the bot's token, @, and the chat's id or @name."))
    return TelegramChat(base_url=found["base"] or TELEGRAM, token=found["token"], chat=found["chat"])


def webhook_key(secret: str) -> bytes:
    """The bytes of a secret of Standard Webhooks, `whsec_` and base64. Raises InvalidTarget."""
    encoded = secret.removeprefix(WEBHOOK_SECRET_PREFIX)
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if encoded == secret or len(key) not in _SECRET_BYTES:
        raise InvalidTarget(_("Expected: whsec_ and the base64 of 16 to 128 random bytes."))
    return key


def new_webhook_secret() -> str:
    return WEBHOOK_SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def target_label(medium: str, target: str) -> str:
    """What lists and logs show: the host, the chat or the mail addresses, nothing that would let others write there."""
    match medium:
        case Format.EMAIL:
            label = target
        case Format.TELEGRAM:
            label = telegram_chat(target).chat
        case _:
            parts = urlsplit(target)
            label = parts.hostname or ""
            label += f":{parts.port}" if parts.port else ""
    return label if len(label) <= 120 else label[:119] + "…"


def channel_aim(channel: AlertChannel, *, target: str | None, secret: str | None) -> None:
    """Set address and secret of a row (not saved), cleaned before. None: it stays as it is. `secret` "": none."""
    if target is not None:
        channel.target_encrypted = vault.encrypt(target)
        channel.target_label = target_label(channel.format, target)
    if secret is not None:
        channel.secret_encrypted = vault.encrypt(secret) if secret else ""


def channels_wanting(kind: str) -> list[AlertChannel]:
    """The enabled channels that are to hear of this kind of alert."""
    enabled = AlertChannel.objects.filter(enabled=True)
    return [each for each in enabled if not each.kinds or kind in each.kinds]


def kinds_wanted() -> list[str]:
    """The kinds of alerts that some enabled channel is to hear of."""
    enabled = list(AlertChannel.objects.filter(enabled=True))
    return [kind for kind in AlertKind.values if any(not each.kinds or kind in each.kinds for each in enabled)]
