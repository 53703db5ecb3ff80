"""Images that callers give to make this server go where it must not, or work without end: for any way to ask.

Each value goes where a client puts an image in JSON. It must be answered as an invalid value (400) within 25 seconds;
nothing may connect to the forbidden server; nothing is spent. Only `Stage.pictures` is in JIMENG_FETCH_ALLOW_HOSTS.
"""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """`needs_names`: works only where NAMES can be injected. `is_slow`: takes as long as a fetch may."""

    name: str
    value: Callable[[Stage], Any]
    needs_names: bool = False
    is_slow: bool = False

    def __str__(self) -> str:
        return self.name


def _forbidden(authority: str, name: str = "") -> Hostile:
    """An address with the forbidden port. `{port}` in `authority`, or at its end."""
    whole = authority if "{port}" in authority else f"{authority}:{{port}}"
    host = whole.partition(":{port}")[0]
    return Hostile(
        name=name or f"to {authority}",
        value=lambda stage: f"http://{whole.format(port=stage.forbidden_port)}/picture.png",
        needs_names=host in NAMES,
    )


def _redirected(to: str, status: int = 302) -> Hostile:
    return Hostile(
        name=f"redirect {status} to {to}",
        value=lambda stage: stage.pictures.redirect(to.format(port=stage.forbidden_port), status),
        needs_names="test" in to,
    )


def _habit(path: str, *, is_slow: bool = False) -> Hostile:
    return Hostile(name=f"served {path}", value=lambda stage: f"{stage.pictures.url}/{path}", is_slow=is_slow)


def _plain(name: str, value: Any) -> Hostile:
    return Hostile(name=name, value=lambda _stage: value)


def _inline(name: str, make: Callable[[], bytes], media_type: str = "image/png") -> Hostile:
    return Hostile(
        name=f"inline {name}",
        value=lambda _stage: f"data:{media_type};base64,{base64.b64encode(make()).decode()}",
    )


ADDRESSES: Final = [
    *map(_forbidden, ("127.0.0.1", "2130706433", "0177.0.0.1", "017700000001", "0x7f000001", "0x7f.0.0.1", "127.1")),
    *map(_forbidden, ("127.0.0.1.", "127.0.1", "0.0.0.0", "0", "127.255.255.254", "①②⑦.⓪.⓪.①", "127。0。0。1")),
    *map(_forbidden, ("localhost", "LOCALHOST", "localhost.", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", socket.gethostname())),
    *map(_forbidden, ("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]")),
    *map(_forbidden, ("[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]")),
    *map(_forbidden, ("[::1%25lo]", "[fe80::1%25lo]", "[fe80::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]")),
    *map(_forbidden, ("169.254.169.254", "100.100.100.200", "168.63.129.16", "10.0.0.1", "192.168.0.1", "172.16.0.1")),
    *map(_forbidden, ("198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1")),
    *map(_forbidden, NAMES),
    *map(_forbidden, ("public@127.0.0.1", "user:password@127.0.0.1", "93.184.216.34@127.0.0.1", "127.0.0.1%2f@[::1]")),
    _forbidden("127.0.0.1:{port}\\@93.184.216.34", "backslash"),
    _forbidden("127.0.0.1:{port}#@93.184.216.34", "fragment"),
    _forbidden("127.0.0.1:{port}%23@93.184.216.34", "quoted fragment"),
    _forbidden("127.0.0.1\t:{port}", "tab"),
    _forbidden("127.0.0.1:{port}\r\nX-Injected: 1", "line end"),
    *(
        _plain(url[:30], url)
        for url in ("file:///etc/passwd", "FILE:/etc/hostname", "ftp://127.0.0.1/a.png", "gopher://127.0.0.1:70/_")
    ),
    *(
        _plain(url[:30], url)
        for url in ("blob:http://127.0.0.1/1", "jar:http://127.0.0.1!/", "ws://127.0.0.1/", "http:")
    ),
    *(
        _plain(url, url)
        for url in ("http://", "https:///etc/passwd", "//127.0.0.1/a.png", "http://[::1", "http://a:x/")
    ),
    *(
        _plain(path, path)
        for path in ("/etc/passwd", "../../etc/passwd", "C:\\secret.png", "\\\\127.0.0.1\\share\\a.png")
    ),
]

REDIRECTS: Final = [
    *(_redirected("http://127.0.0.1:{port}/picture.png", status) for status in (301, 302, 303, 307, 308)),
    *map(_redirected, ("//127.0.0.1:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://localhost:{port}/")),
    *map(_redirected, ("http://2130706433:{port}/", "http://loopback.test:{port}/", "http://a@127.0.0.1:{port}/")),
    *map(_redirected, ("file:///etc/passwd", "ftp://127.0.0.1:{port}/", "data:image/png;base64,AAAA", "http://[", "")),
    _habit("hops/-1"),
    _habit("hops/6"),
    _habit("nowhere"),
]

CONTENTS: Final = [
    *map(_habit, ("huge", "stream", "packed", "packed-quietly", "many-headers", "html", "svg", "pdf", "giant.png")),
    *map(_habit, ("text-bomb.png", "cut.png", "empty", "missing", "broken", "part", "short", "no-http")),
    *(_habit(path, is_slow=True) for path in ("drip", "slow-headers", "silent")),
    _inline("HTML", lambda: pictures.HTML, "text/html"),
    _inline("HTML said to be PNG", lambda: pictures.HTML),
    _inline("SVG", lambda: pictures.SVG, "image/svg+xml"),
    _inline("EPS", lambda: pictures.EPS),
    _inline("giant PNG", pictures.giant_png),
    _inline("large PNG", pictures.large_png),
    _inline("PNG with a text bomb", lambda: pictures.text_bomb_png(b"iTXt")),
    _inline("PNG with a packed text bomb", lambda: pictures.text_bomb_png(b"zTXt")),
    _inline("PNG with a colour profile bomb", lambda: pictures.text_bomb_png(b"iCCP")),
    _inline("PNG of many chunks", pictures.many_chunks_png),
    _inline("JPEG of many passes", pictures.many_passes_jpeg),
    _inline("cut PNG", lambda: pictures.picture()[:100]),
    _inline("PNG without end", lambda: pictures.picture()[:-12]),
    _inline("cut JPEG", lambda: pictures.picture("JPEG", width=640, height=480)[:-500]),
    _inline("cut WebP", lambda: pictures.picture("WEBP")[:-20]),
    _inline("tiny PNG", lambda: pictures.picture(width=8, height=8)),
    _inline("nothing", bytes),
    _plain("SVG as text", f"data:image/svg+xml,{pictures.SVG.decode()}"),
    _plain("HTML as text", "data:text/html,<script>alert(1)</script>"),
    _plain("broken base64", "data:image/png;base64,iVBORw0KGgo*"),
]

HOSTILE: Final = [*ADDRESSES, *REDIRECTS, *CONTENTS]
