"""Proxies of accounts: what an address may look like, how it is kept, and how its tests went. No network here."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import SplitResult, quote, unquote, urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import vault
from accounts.models import Account, AccountEvent
from accounts.timeline import account_events_add

SCHEMES = ("http", "https", "socks5", "socks5h")
CREDENTIAL_MAX_BYTES = 255  # of SOCKS5 (RFC 1929), for both parts
LABEL_MAX_CHARS = 120
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?", re.I)


class InvalidProxy(ValueError):
    """The text is no address of a proxy. The message says why, in the current language, and never repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyAddress:
    """`username`, `password`: decoded, "" for none. The proxy itself resolves names, whatever the scheme."""

    scheme: str
    host: str
    port: int
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def label(self) -> str:
        """The address without user name and password."""
        return f"{self.scheme}://{self._host_in_url}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address. A secret."""
        if not self.username and not self.password:
            return self.label
        credentials = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        return f"{self.scheme}://{credentials}@{self._host_in_url}:{self.port}"

    @property
    def _host_in_url(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def parse_proxy(text: str) -> ProxyAddress:
    """`scheme://[user[:password]@]host:port`, the user name and the password percent-encoded. Raises InvalidProxy."""
    scheme, separator, _rest = text.strip().partition("://")
    if not separator or scheme.lower() not in SCHEMES:
        raise InvalidProxy(_("Begin with http://, https://, socks5:// or socks5h://."))
    try:
        parts = urlsplit(text.strip())
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise InvalidProxy(_("Host and port cannot be read. Expected: scheme://user:password@host:port")) from None
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise InvalidProxy(
            _("Nothing may follow the port. Percent-encode / ? # @ and : of a user name or password (%2F %3F …).")
        )
    if not _is_host(host):
        raise InvalidProxy(_("The host is neither a name nor an IP address."))
    if not port:
        raise InvalidProxy(_("The port is missing, as in socks5://host:1080."))
    username, password = _credentials(parts)
    address = ProxyAddress(scheme=scheme.lower(), host=host, port=port, username=username, password=password)
    if len(address.label) > LABEL_MAX_CHARS:
        raise InvalidProxy(_("The host is too long."))
    return address


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _HOST.fullmatch(host) is not None
    return True


def _credentials(parts: SplitResult) -> tuple[str, str]:
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if max(len(username.encode()), len(password.encode())) > CREDENTIAL_MAX_BYTES:
        raise InvalidProxy(_("User name and password have at most 255 bytes each."))
    if ":" in username or any(ord(sign) < 32 for sign in username + password):
        raise InvalidProxy(_("The user name or the password holds characters that no proxy takes."))
    return username, password


class HasProxy(Protocol):
    @property
    def proxy_encrypted(self) -> str: ...


def proxy_of(account: HasProxy) -> str:
    """The whole address; "" for none. Raises cryptography.fernet.InvalidToken when no key of ours fits."""
    return vault.decrypt(account.proxy_encrypted) if account.proxy_encrypted else ""


@transaction.atomic
def account_set_proxy(*, account_id: int, proxy: ProxyAddress | None, at: datetime) -> None:
    """Give an account another proxy, tested soon, or none. The next call of the account uses it."""
    Account.objects.filter(pk=account_id).update(
        proxy_encrypted=vault.encrypt(proxy.url) if proxy is not None else "",
        proxy_label=proxy.label if proxy is not None else "",
        proxy_test_due_at=at if proxy is not None else None,
        proxy_tested_at=None,
        proxy_test_error="",
        proxy_test_ms=None,
    )


def accounts_request_proxy_test(*, account_ids: Collection[int], at: datetime) -> int:
    """Ask the engine to try the proxies of these accounts now. Returns how many have one."""
    having = Account.objects.filter(pk__in=account_ids).exclude(proxy_encrypted="")
    return having.update(proxy_test_due_at=at)


@transaction.atomic
def account_proxy_tested(
    *, account_id: int, proxy_encrypted: str, took_ms: int | None, error: str, at: datetime, actor: str = ""
) -> bool:
    """Note how the test of this very proxy went. `error`: "" when Jimeng was reached, in `took_ms` milliseconds.

    False: the account has another proxy by now, and its own test is still due.
    """
    noted = Account.objects.filter(pk=account_id, proxy_encrypted=proxy_encrypted).update(
        proxy_test_due_at=None, proxy_tested_at=at, proxy_test_error=error[:200], proxy_test_ms=took_ms
    )
    if noted:
        account_events_add(
            account_ids=[account_id],
            kind=AccountEvent.Kind.PROXY_TESTED,
            at=at,
            actor=actor,
            took_ms=took_ms,
            error=error,
        )
    return noted == 1
