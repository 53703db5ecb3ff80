"""Which IP addresses are public: those that anybody on the Internet may be asked at. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

IPAddress = IPv4Address | IPv6Address

# The registries of special addresses of IANA (2026-11). Our own table, since `ipaddress.is_global` of the standard
# library changes from one patch release to the next.
_SPECIAL_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host; Linux connects 0.0.0.0 to itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata server is in it
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform server: a public number that only its own guests reach
        "169.254.0.0/16",  # link-local; the metadata servers of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# All of IPv6 that is in public use. Outside of it are loopback, mapped and compatible IPv4 (::/96, ::ffff:0:0/96),
# NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard, unique-local, link-local, site-local and multicast.
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_SPECIAL_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: holds an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)  # the upper half of an interface id that holds an IPv4 address


def is_public(address: IPAddress) -> bool:
    """Whether it is an ordinary unicast address of the public Internet.

    An IPv6 address that holds an IPv4 address is not, whatever that is.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address not in _GLOBAL_V6 or any(address in network for network in _SPECIAL_V6):
        return False
    return (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP
