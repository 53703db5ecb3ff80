"""A long history in a real browser: to its very end, searched while the index grows, and of whom it is."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk import TIMEOUT_MS
from tests.browser.museum import MARATHON, ONE_LOOK, Museum
from tests.live import wait_until

OF_THE_LAST = "(SELECT max(id) FROM generation_generation WHERE prompt LIKE 'marathon%')"
INDEXED = f"SELECT 1 FROM generation_wordindex WHERE indexed_pk >= {OF_THE_LAST}"
UNREAD = (
    "SELECT 1 FROM generation_generation WHERE prompt = '{}' AND id > (SELECT indexed_pk FROM generation_wordindex)"
)
STATUS = """path => {
  const asked = new AbortController();
  return fetch(path, { signal: asked.signal }).then(answer => { asked.abort(); return answer.status; });
}"""


def tiles(page: Page) -> int:
    return page.locator("#gallery [data-id]").count()


@pytest.mark.parametrize("view", ["grid", "table"])
def test_it_goes_on_by_itself_to_the_end(museum: Museum, browser: Browser, view: str) -> None:
    desk = museum.visitor(browser, ONE_LOOK[0])
    page = desk.page
    desk.open(f"/history/?q=marathon&view={view}")
    assert 0 < tiles(page) < MARATHON
    while page.locator("#gallery .older").count():
        shown = tiles(page)
        page.mouse.wheel(0, 100_000)
        expect(page.locator("#gallery [data-id]")).not_to_have_count(shown, timeout=TIMEOUT_MS)
    ids = page.eval_on_selector_all("#gallery [data-id]", "all => all.map(each => each.dataset.id)")
    assert len(ids) == len(set(ids)) == MARATHON
    expect(page.locator("#gallery [data-id]").last).to_contain_text("marathon 000")
    page.locator("#gallery a.open").last.scroll_into_view_if_needed()
    page.locator("#gallery a.open").last.click()
    expect(page.locator("#lightbox [data-position]")).to_have_text(f"{MARATHON} / {MARATHON}")
    desk.check()
    desk.leave()


def test_chinese_and_english_are_found_whether_the_index_has_them_or_not(museum: Museum, browser: Browser) -> None:
    """The engine indexes a prompt when it is a minute old: older ones are found there, younger ones are read."""
    wait_until(lambda: museum.gateway.rows(INDEXED), timeout_s=120, what="the index has what is an hour old")
    prompt = "a fresh kingfisher 新鲜的翠鸟在河边"
    with httpx.Client(base_url=museum.gateway.url, trust_env=False, timeout=120) as http:
        http.headers["authorization"] = f"Bearer {museum.keys['good']}"
        answer = http.post("/v1/images/generations", json={"prompt": prompt, "model": "jimeng-4.5"})
        assert answer.status_code == 200, answer.text
    desk = museum.visitor(browser, ONE_LOOK[0])
    # Where all below takes more than a minute, the last look is at the index, too: what is found is the same.
    was_unread = bool(museum.gateway.rows(UNREAD.format(prompt)))
    for words, found in (
        *(("KINGFISHER", prompt), ("翠鸟", prompt), ("河边 fresh", prompt)),
        *(("marathon 077", "marathon 077"), ("长跑 077", "marathon 077")),
    ):
        desk.open("/history/")
        desk.page.keyboard.press("/")
        desk.page.keyboard.type(words)
        desk.page.keyboard.press("Enter")
        desk.page.wait_for_url("**q=*")
        expect(desk.page.locator("#gallery [data-id]").first).to_contain_text(found)
        prompts = desk.page.locator("#gallery .words").all_inner_texts()
        assert set(prompts) == {desk.page.locator("#gallery .words").first.inner_text()}
    assert was_unread
    desk.leave()


def test_people_see_their_own_only(museum: Museum, browser: Browser) -> None:
    ids = museum.ids
    rita = museum.visitor(browser, ONE_LOOK[0], "rita")
    rita.open("/history/?q=heron")
    expect(rita.page.locator(f"[data-gen={ids['many']}]")).to_have_count(4)
    expect(rita.page.locator(f"[data-gen={ids['running']}]")).to_have_count(0)  # of a key that is not hers
    assert rita.page.locator("#filter-account").count() == 0
    staff = museum.visitor(browser, ONE_LOOK[0])
    staff.open("/history/?q=heron")
    expect(staff.page.locator(f"[data-gen={ids['running']}]")).to_have_count(1)
    nobody = museum.visitor(browser, ONE_LOOK[0], "nobody")
    nobody.open("/history/")
    expect(nobody.page.locator("#nothing")).to_be_visible()
    expect(nobody.page.locator("#gallery [data-id]")).to_have_count(0)
    pages = (f"/history/{ids['many']}/", f"/create/?from={ids['many']}", f"/live/generations/{ids['many']}/")
    for desk, wanted in ((staff, [200, 200, 200]), (rita, [200, 200, 200]), (nobody, [404, 200, 404])):
        seen = [status_of(desk.page, path) for path in pages]
        assert seen == wanted, (desk, seen)
    nobody.open(pages[1])
    assert "four herons" not in nobody.page.content()
    for desk in (rita, staff, nobody):
        desk.leave()


def status_of(page: Page, path: str) -> int:
    """Of what a script of that person gets, without reading it: a stream has no end."""
    status: int = page.evaluate(STATUS, path)
    return status
