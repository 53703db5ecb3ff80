"""Addresses that callers give, read by the library that will connect: two parsers would disagree on tricks. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

from yarl import URL

from generation.upstream.addresses import IPAddress

_URL_MAX_CHARS: Final = 8000  # more is refused by most servers
_VISIBLE: Final = re.compile(r"[!-~]+")
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
# As in the URL standard: a name whose last part is a number is an IPv4 address, or nothing.
_ENDS_IN_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")


class BadAddress(ValueError):
    """Not an address that is fetched. The text is for the caller and repeats nothing of it."""


def parse_address(text: str) -> URL:
    """An http or https address with a host, without user name and password. Raises BadAddress.

    An address that needs no quoting is kept to the letter: requoting would spoil signed ones.
    """
    try:
        address = URL(text.strip())
        exact = URL(text.strip(), encoded=True) if _VISIBLE.fullmatch(text.strip()) else address
        host, port = address.raw_host or "", address.port
    except ValueError as error:
        raise BadAddress("This is not a valid http or https address.") from error
    if address.scheme not in ("http", "https"):
        raise BadAddress("Only http and https addresses are fetched.")
    if address.raw_user is not None or address.raw_password is not None:
        raise BadAddress("An address with a user name or a password is not fetched.")
    if not port or len(text) > _URL_MAX_CHARS or not _is_host(host):
        raise BadAddress("This is not a valid http or https address.")
    is_same = (exact.scheme, exact.raw_authority) == (address.scheme, address.raw_authority)
    return (exact if is_same else address).with_fragment(None)


def ip_literal(host: str) -> IPAddress | None:
    """The IP address that a host is, in its one usual form; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def host_and_port(address: URL) -> tuple[str, str]:
    """`host` and `host:port` in lower case, as they stand in an address: IPv6 in brackets, the port told."""
    host = (address.host_subcomponent or "").lower()
    return host, f"{host}:{address.port}"


def _is_host(host: str) -> bool:
    """A name or an IP address. Not 127.1, 0177.0.0.1, 2130706433 or 0x7f000001, nor one with an interface (`%eth0`)."""
    if "%" in host or len(host) > 253:
        return False
    if ip_literal(host) is not None:
        return True
    return _NAME.fullmatch(host) is not None and _ENDS_IN_NUMBER.fullmatch(host) is None
