"""Images that callers give to make this server go where it must not, or work without end: for any way to ask.

Each value goes where a client puts an image in JSON. It must be answered as an invalid value (400) within 25 seconds;
nothing may connect to the forbidden server; nothing is spent. Only `Stage.pictures` is in JIMENG_FETCH_ALLOW_HOSTS.
"""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tests.generation import hostile_pictures as pictures
from tests.generation.picture_servers import PictureServer

# What the injected resolver says; None: the name does not exist.
NAMES: Final[dict[str, Sequence[str] | None]] = {
    "loopback.test": ["127.0.0.1"],
    "six.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "private.test": ["10.1.2.3"],
    "metadata.test": ["169.254.169.254"],
    "mixed.test": ["93.184.216.34", "127.0.0.1"],
    "nothing.test": [],
    "missing.test": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`pictures`: may be reached though it is on loopback. `forbidden_port`: counted on all addresses."""

    pictures: PictureServer
    forbidden_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """`because`: what the error must say, a pattern. `needs_names`: works only where NAMES can be injected.

    `is_slow`: takes as long as a fetch may.
    """

    name: str
    value: Callable[[Stage], Any]
    because: str
    needs_names: bool = False
    is_slow: bool = False


def _forbidden_url(authority: str, stage: Stage) -> str:
    return f"http://{authority.format(port=stage.forbidden_port)}/picture.png"


def _redirect_url(to: str, status: int, stage: Stage) -> str:
    return stage.pictures.redirect(to.format(port=stage.forbidden_port), status)


def _served_url(path: str, stage: Stage) -> str:
    return f"{stage.pictures.url}/{path}"


def _data_url(make: Callable[[], bytes], stage: Stage) -> str:
    return f"data:image/png;base64,{base64.b64encode(make()).decode()}"


def _itself(value: str, stage: Stage) -> str:
    return value


def _forbidden(because: str, *authorities: str) -> list[Hostile]:
    """Addresses with the forbidden port, which stands for `{port}`, or at the end."""
    whole = [each if "{port}" in each else f"{each}:{{port}}" for each in authorities]
    return [
        Hostile(
            name=f"to {each}",
            value=partial(_forbidden_url, each),
            because=because,
            needs_names=".test" in each,
        )
        for each in whole
    ]


def _redirected(because: str, *targets: str, statuses: Sequence[int] = (302,)) -> list[Hostile]:
    return [
        Hostile(
            name=f"redirect {status} to {to}",
            value=partial(_redirect_url, to, status),
            because=because,
            needs_names=".test" in to,
        )
        for to in targets
        for status in statuses
    ]


def _served(because: str, *paths: str, is_slow: bool = False) -> list[Hostile]:
    return [
        Hostile(
            name=f"served {path}",
            value=partial(_served_url, path),
            because=because,
            is_slow=is_slow,
        )
        for path in paths
    ]


def _plain(because: str, *values: str) -> list[Hostile]:
    return [Hostile(name=value[:40], value=partial(_itself, value), because=because) for value in values]


def _inline(because: str, **makers: Callable[[], bytes]) -> list[Hostile]:
    return [
        Hostile(
            name=f"inline {name}",
            value=partial(_data_url, make),
            because=because,
        )
        for name, make in makers.items()
    ]


_PRIVATE: Final = "no public address"
_INVALID: Final = "not a valid http or https address"
_USER: Final = "user name or a password"
_SCHEME: Final = "nothing else"
_NO_BASE64: Final = "neither an http"
_UNREADABLE: Final = "not a whole picture"

ADDRESSES: Final = [
    *_forbidden(_PRIVATE, "127.0.0.1", "0.0.0.0", "127.255.255.254", "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1\t"),
    *_forbidden(_INVALID, "2130706433", "0177.0.0.1", "017700000001", "0x7f000001", "0x7f.0.0.1", "0X7F.1", "127.1"),
    *_forbidden(_INVALID, "127.0.1", "0", "127.0.0.1.", "[::1%25lo]", "[fe80::1%25lo]", "127.0.0.1%00"),
    *_forbidden(_PRIVATE, "localhost", "LOCALHOST", "localhost.", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", socket.gethostname()),
    *_forbidden(
        _PRIVATE, "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"
    ),
    *_forbidden(_PRIVATE, "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]"),
    *_forbidden(_PRIVATE, "[fe80::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]"),
    *_forbidden(
        _PRIVATE, "169.254.169.254", "100.100.100.200", "168.63.129.16", "10.0.0.1", "192.168.0.1", "172.16.0.1"
    ),
    *_forbidden(_PRIVATE, "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1"),
    *_forbidden(_PRIVATE, *NAMES),
    *_forbidden(_USER, "public@127.0.0.1", "user:password@127.0.0.1", "93.184.216.34@127.0.0.1", "127.0.0.1%2f@[::1]"),
    *_forbidden(_USER, "127.0.0.1:{port}%23@93.184.216.34"),
    *_forbidden(_PRIVATE, "127.0.0.1:{port}#@93.184.216.34", "127.0.0.1:{port}?@93.184.216.34"),
    *_forbidden(_INVALID, "127.0.0.1:{port}\\@93.184.216.34", "127.0.0.1:{port}\r\nX-Injected: 1"),
    *_plain(_SCHEME, "file:///etc/passwd", "FILE:/etc/hostname", "ftp://127.0.0.1/a.png", "gopher://127.0.0.1:70/_"),
    *_plain(_SCHEME, "blob:http://127.0.0.1/1", "jar:http://127.0.0.1!/", "ws://127.0.0.1/", "C:\\secret.png"),
    *_plain(_INVALID, "http:", "http://", "https:///etc/passwd", "http://[::1", "http://a:x/", "http://a:0/"),
    *_plain(_NO_BASE64, "//127.0.0.1/a.png", "../../etc/passwd", "\\\\127.0.0.1\\share\\a.png"),
    *_plain(_UNREADABLE, "/etc/passwd"),  # which is good base64
]

REDIRECTS: Final = [
    *_redirected(_PRIVATE, "http://127.0.0.1:{port}/picture.png", statuses=(301, 302, 303, 307, 308)),
    *_redirected(_PRIVATE, "//127.0.0.1:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://localhost:{port}/"),
    *_redirected(_PRIVATE, "http://loopback.test:{port}/"),
    *_redirected("is not fetched", "http://2130706433:{port}/", "http://a@127.0.0.1:{port}/", "file:///etc/passwd"),
    *_redirected("is not fetched", "ftp://127.0.0.1:{port}/", "data:image/png;base64,AAAA", "http://["),
    *_redirected("HTTP status 302", ""),
    *_served("HTTP status 302", "nowhere"),
    *_served("more than 5 redirects", "hops/-1", "hops/6"),
]

CONTENTS: Final = [
    *_served("larger than 20 MB", "huge", "stream"),
    *_served("compressed", "packed"),
    *_served("could not be fetched", "many-headers", "short", "no-http"),
    *_served(_UNREADABLE, "packed-quietly", "html", "svg", "pdf", "text-bomb.png"),
    *_served("50 megapixels", "giant.png"),
    *_served("cut off", "cut.png"),
    *_served("empty", "empty"),
    *_served(r"HTTP status (404|500|206)", "missing", "broken", "part"),
    *_served("did not arrive within", "drip", "slow-headers", "silent", is_slow=True),
    *_inline(
        _UNREADABLE, html=lambda: pictures.HTML, svg=lambda: pictures.SVG, eps=lambda: pictures.EPS, nothing=bytes
    ),
    *_inline("50 megapixels", giant_png=pictures.giant_png, large_png=pictures.large_png),
    *_inline(_UNREADABLE, png_text_bomb=lambda: pictures.text_bomb_png(b"iTXt")),
    *_inline(_UNREADABLE, png_packed_text_bomb=lambda: pictures.text_bomb_png(b"zTXt")),
    *_inline(_UNREADABLE, png_profile_bomb=lambda: pictures.text_bomb_png(b"iCCP")),
    *_inline("too many chunks", png_of_many_chunks=pictures.many_chunks_png),
    *_inline("passes", jpeg_of_many_passes=pictures.many_passes_jpeg),
    *_inline("cut off", cut_png=lambda: pictures.picture()[:100], png_without_end=lambda: pictures.picture()[:-12]),
    *_inline(_UNREADABLE, cut_jpeg=lambda: pictures.picture("JPEG", width=640, height=480)[:-500]),
    *_inline(_UNREADABLE, cut_webp=lambda: pictures.picture("WEBP")[:-20]),
    *_inline("8 x 8 pixels", tiny_png=lambda: pictures.picture(width=8, height=8)),
    *_plain(_NO_BASE64, f"data:image/svg+xml,{pictures.SVG.decode()}", "data:text/html,<script>alert(1)</script>"),
    *_plain(_NO_BASE64, "data:image/png;base64,iVBORw0KGgo*"),
]

HOSTILE: Final = [*ADDRESSES, *REDIRECTS, *CONTENTS]
