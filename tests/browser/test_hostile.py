"""What others wrote and sent, wherever it is shown: prompts, names of files and clients, files that are something else.

In a browser with a real gateway before the sandbox: nothing runs, nothing opens, and nothing is asked of anybody else.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Dialog, expect

from tests.browser.desk import Desk
from tests.browser.museum import HOSTILE, ONE_LOOK, Museum

HURT = "[window.hurt, document.querySelectorAll('img[src=x], svg[onload], main script, #gallery script').length]"


class Watch:
    """What a page does that it should not."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.dialogs: list[str] = []
        self.strangers: list[str] = []
        desk.page.on("dialog", self._opened)
        desk.page.on("request", lambda request: self._asked(request.url))

    def _opened(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _asked(self, url: str) -> None:
        if not url.startswith((self.desk.gateway.url, "data:", "blob:")):
            self.strangers.append(url)

    def calm(self) -> None:
        where = self.desk.page.url
        assert self.desk.page.evaluate(HURT) == [None, 0], where
        assert (self.dialogs, self.strangers) == ([], []), where
        self.desk.check()


@pytest.fixture(params=["operator", "rita"])
def watch(museum: Museum, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Watch]:
    desk = museum.visitor(browser, ONE_LOOK[0], request.param)
    yield Watch(desk)
    desk.leave()


def test_pages_show_it_as_what_it_is(museum: Museum, watch: Watch) -> None:
    desk, ids = watch.desk, museum.ids
    for path, where in (
        ("/", ""),
        ("/history/?q=hurt", "#gallery"),
        ("/history/?q=hurt&view=table", "#gallery"),
        ("/history/?q=%3Cscript%3Ealert(1)%3C/script%3E", ""),
        (f"/history/{ids['hostile']}/", "main"),
        (f"/history/{ids['edited']}/", "main"),
        ("/create/", ""),
    ):
        desk.open(path)
        if where:
            expect(desk.page.locator(where)).to_contain_text("window.hurt = 2")
        desk.page.evaluate("document.querySelectorAll('pre').forEach(each => each.remove())")
        watch.calm()
    desk.open(f"/create/?from={ids['hostile']}")
    expect(desk.page.locator("#prompt")).to_have_value(HOSTILE)
    watch.calm()
    desk.open(f"/create/?from={ids['edited']}")
    expect(desk.page.locator("#pictures img").first).to_have_attribute("alt", "<img src=x onerror=alert(1)>%22'.png")
    watch.calm()


def test_the_large_view_shows_it_as_what_it_is(watch: Watch) -> None:
    page = watch.desk.page
    watch.desk.open("/history/?q=hurt")
    page.locator("a.open").first.click()
    expect(page.locator("#lightbox [data-words]")).to_contain_text("window.hurt = 2")
    watch.calm()
    page.keyboard.press("Delete")
    expect(page.locator("#confirm")).to_be_visible()
    watch.calm()


def test_the_admin_shows_it_as_what_it_is(museum: Museum, browser: Browser) -> None:
    desk = museum.visitor(browser, ONE_LOOK[0])
    watch = Watch(desk)
    for words in ("hurt", "edited"):
        desk.open(f"/admin/generation/generation/?q={words}")
        expect(desk.page.locator("#result_list")).to_contain_text("window.hurt")
        watch.calm()
        desk.click("#result_list .data-row th a")
        expect(desk.page.locator("body")).to_contain_text("window.hurt")
        watch.calm()
    desk.open("/admin/")
    watch.calm()
    desk.leave()


@pytest.mark.parametrize("name", ["lie", "draw"])
def test_a_file_that_is_no_picture_is_neither_shown_nor_given(museum: Museum, browser: Browser, name: str) -> None:
    desk = museum.visitor(browser, ONE_LOOK[0])
    watch, public_id = Watch(desk), museum.ids[name]
    desk.open(f"/history/{public_id}/")
    expect(desk.page.locator(".detail-missing")).to_be_visible()
    expect(desk.page.locator(".detail-picture")).to_have_count(0)
    desk.page.evaluate("document.querySelectorAll('pre').forEach(each => each.remove())")
    watch.calm()
    for path in ("/history/?q=no+picture+but", "/history/?q=no+picture+but&view=table", f"/create/?from={public_id}"):
        desk.open(path)
        watch.calm()
    ((stored,),) = museum.gateway.rows(
        "SELECT count(*) FROM generation_media JOIN generation_generation ON generation_id = generation_generation.id"
        f" WHERE generation_generation.public_id = '{public_id}' AND file != ''"
    )
    assert stored == 0
    desk.leave()


def test_names_in_an_archive_and_headers_are_harmless(museum: Museum) -> None:
    cookies = {"sessionid": museum.sessions["rita"]}
    with httpx.Client(base_url=museum.gateway.url, trust_env=False, timeout=60, cookies=cookies) as http:
        page = http.get(f"/history/{museum.ids['edited']}/")
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        token = http.cookies["csrftoken"]
        ids = [museum.ids[each] for each in ("hostile", "edited", "many")]
        headers = {"origin": museum.gateway.url, "referer": f"{museum.gateway.url}/", "x-csrftoken": token}
        answer = http.post("/live/archive/", data={"ids": ids}, headers=headers)
        assert answer.status_code == 200
        path = page.text.partition('href="/media/')[2].partition('"')[0].replace("&amp;", "&")
        file = http.get(f"/media/{path}")
        saved = http.get(f"/media/{path}&download=1")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        table = list(csv.reader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
    assert len(names) == 7
    for name in names:
        assert not set(name) & set('<>"\\:|?*\r\n'), name
        assert not name.startswith("/")
        assert ".." not in name
    assert HOSTILE in {cell for row in table for cell in row}
    assert not [cell for row in table for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert file.headers["content-type"] == "image/webp"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-security-policy"].startswith("default-src 'none'")
    disposition = saved.headers["content-disposition"]
    assert disposition.startswith("attachment; ")
    assert not set(disposition) & set("<>\r\n")
