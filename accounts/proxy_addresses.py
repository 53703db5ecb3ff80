"""Pure: what the address of a proxy may look like."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, unquote, urlsplit

from django.utils.translation import gettext as _

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


def proxy_url(text: str) -> str:
    """The address in the form in which it is kept; "" for none. A secret. Raises InvalidProxy."""
    return parse_proxy(text).url if text else ""


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
