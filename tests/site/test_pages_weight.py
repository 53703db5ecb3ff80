"""How much must be sent until a page is seen: its HTML and all that it links, compressed, without pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from jimeng_site.middleware import CONTENT_POLICY
from tests.live import Gateway, Sandbox
from tests.live_admin import OPERATOR, Browser

LIMIT_BYTES = 100_000
PATHS = ["/", "/history/", "/history/?view=table", "/history/?trash=1", "/history/retention/", "/create/"]
# A page full of results with long prompts, two pictures each; none of them need be there.
FULL = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from tests.factories import make_generation, make_media, make_webp
name = default_storage.save("results/full.webp", ContentFile(make_webp(400, 300)))
for number in range(40):
    made = make_generation(prompt="%d lighthouses in the mist 雾中的灯塔 " % number * 20)
    for position in range(2):
        make_media(generation=made, content=b"", file=name, thumbnail=name, sha256="0" * 64, size_bytes=number)
print("made:" + made.public_id)
"""
_LINKED = re.compile(r'<link [^>]*href="([^"]+)"|<script [^>]*src="([^"]+)"|<use href="([^"#]+)')


class Full(Browser):
    """`public_id`: of one of the results."""

    def __init__(self, gateway: Gateway, public_id: str) -> None:
        super().__init__(gateway)
        self.public_id = public_id


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    """Staff, with a page full of results."""
    folder = tmp_path_factory.mktemp("weight")
    sandbox = Sandbox(folder / "sandbox.log", "--image-seconds", "0.1", "--media-scale", "0.1")
    gateway = Gateway(folder / "data", upstream=sandbox.url, **OPERATOR)
    gateway.add_accounts(["sb-weight-1", "sb-weight-2"])
    browser = Full(gateway, gateway.manage("shell", "-v0", "-c", FULL).rpartition("made:")[2].strip())
    gateway.start()
    yield browser
    browser.close()
    gateway.close()
    sandbox.close()


def on_the_wire(http: httpx.Client, path: str) -> tuple[int, httpx.Response]:
    """Bytes of the body as sent, and the answer."""
    with http.stream("GET", path, headers={"accept-encoding": "gzip"}) as response:
        response.read()
        assert response.status_code == 200, path
        return response.num_bytes_downloaded, response


def weights(http: httpx.Client, path: str) -> dict[str, int]:
    """Bytes by address: the page, and what it links."""
    size, page = on_the_wire(http, path)
    linked = {unescape(next(filter(None, match))) for match in _LINKED.findall(page.text)}
    return {path: size, **{each: on_the_wire(http, each)[0] for each in linked if "/media/" not in each}}


def test_a_page_is_light(visitor: Full) -> None:
    found = {"/login/": weights(visitor.http, "/login/")}
    visitor.sign_in()
    detail, again = f"/history/{visitor.public_id}/", f"/create/?from={visitor.public_id}"
    found |= {path: weights(visitor.http, path) for path in (*PATHS, detail, again)}
    assert visitor.page("/history/").count("<article") >= 40
    for path, parts in found.items():
        assert len(parts) >= 5, parts
        assert sum(parts.values()) <= LIMIT_BYTES, f"{path}: {sum(parts.values())} {parts}"


def test_what_it_links_is_compressed_and_kept_for_good(visitor: Full) -> None:
    _size, page = on_the_wire(visitor.http, "/login/")
    assert page.headers["content-encoding"] == "gzip"
    linked = [unescape(next(filter(None, match))) for match in _LINKED.findall(page.text)]
    assert len(linked) >= 5
    for address in linked:
        _size, answer = on_the_wire(visitor.http, address)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", address
        assert answer.headers.get("content-encoding") == "gzip" or len(answer.content) < 512, address
        assert "Accept-Encoding" in answer.headers["vary"]


def test_an_address_of_another_version_is_not_kept_for_good(visitor: Full) -> None:
    for address in ("/static/css/site.css", "/static/css/site.css?v=000000000000"):
        assert "immutable" not in on_the_wire(visitor.http, address)[1].headers["cache-control"]


def test_who_cannot_unpack_or_wants_a_part_gets_it_plain(visitor: Full) -> None:
    for headers in ({"accept-encoding": "identity"}, {"accept-encoding": "gzip", "range": "bytes=0-9"}):
        answer = visitor.http.get("/static/css/site.css", headers=headers)
        assert "content-encoding" not in answer.headers
        assert answer.text.startswith("/* What al"[: len(answer.text)])
    same = visitor.http.get("/static/css/site.css", headers={"accept-encoding": "gzip"})
    etag = same.headers["etag"]
    assert visitor.http.get("/static/css/site.css", headers={"if-none-match": etag}).status_code == 304


def test_an_address_that_nobody_knows_is_told_in_a_page_of_ours(visitor: Full) -> None:
    answer = visitor.http.get("/no-prefix-of-pages", headers={"accept-language": "zh-CN"})
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert '<html lang="zh-hans"' in answer.text
