"""The gallery in a real browser: looked at, by keyboard, filtered, and without scripts."""

from __future__ import annotations

import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious_findings
from tests.browser.desk import Desk
from tests.browser.gallery import HOSTILE, ONE_LOOK, PROMPTS, TWO_LOOKS, TYPED, ask, is_told, open_gallery, tiles
from tests.live import Gateway


@pytest.fixture(scope="module")
def key(gateway: Gateway, typed: list[str]) -> str:
    """A client's key; with it were made two pictures, four, one with a hostile prompt, and one that was refused."""
    typed += TYPED
    gateway.add_accounts(["sb-in-the-gallery"])
    key = gateway.new_key("gallery key")
    assert ask(gateway, key, PROMPTS["refused"]) == 400
    assert ask(gateway, key, HOSTILE) == 200
    assert ask(gateway, key, PROMPTS["four"], n=4) == 200
    assert ask(gateway, key, PROMPTS["two"], n=2) == 200
    return key


@pytest.mark.usefixtures("key")
def test_it_can_be_looked_at_by_everybody(desk: Desk) -> None:
    for query in ({}, {"view": "table"}, {"trash": 1}, {"q": "MissingWord"}, {"kind": "sound", "pinned": 1}):
        open_gallery(desk, **query)
        desk.check()
        assert serious_findings(desk.page) == []
    open_gallery(desk, q="herons")
    tiles(desk, "herons").first.locator("a.open").click()
    expect(desk.page.locator("#lightbox img, #lightbox video")).to_be_visible()
    desk.check()
    assert serious_findings(desk.page) == []
    assert desk.page.evaluate("window.hurt") is None  # the hostile prompt is on the page, and did nothing


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
@pytest.mark.usefixtures("key")
def test_the_large_view_is_used_by_keyboard_alone(desk: Desk) -> None:
    page, box = desk.page, desk.page.locator("#lightbox")
    open_gallery(desk, q=PROMPTS["four"])
    first = tiles(desk, PROMPTS["four"]).first.locator("a.open")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    position = box.locator("[data-position]")
    expect(position).to_have_text("1 / 4")
    page.keyboard.press("End")
    expect(position).to_have_text("4 / 4")
    page.keyboard.press("ArrowLeft")
    expect(position).to_have_text("3 / 4")
    expect(box.locator("[data-words]")).to_have_text(PROMPTS["four"])
    assert re.search(r"[?&]show=med_", page.url)
    page.keyboard.press("+")
    expect(box).to_have_class(re.compile("is-zoomed"))
    page.keyboard.press("0")
    page.keyboard.press("p")
    expect(box.locator("[data-do=pin]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(box).not_to_be_visible()
    assert "show=" not in page.url
    expect(tiles(desk, PROMPTS["four"]).nth(2).locator("a.open")).to_be_focused()
    page.keyboard.press("p")  # not pinned any more: other tests begin as this one did
    is_told(desk, "1 result is no longer pinned.")


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
@pytest.mark.usefixtures("key")
def test_the_prompt_is_copied_from_the_large_view(desk: Desk) -> None:
    page, box = desk.page, desk.page.locator("#lightbox")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_gallery(desk, q=PROMPTS["four"])
    tiles(desk, PROMPTS["four"]).first.locator("a.open").click()
    box.get_by_role("button", name="Copy prompt").click()
    expect(box.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == PROMPTS["four"]


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
@pytest.mark.usefixtures("key")
def test_back_closes_the_large_view_and_its_address_opens_it(desk: Desk) -> None:
    page, box = desk.page, desk.page.locator("#lightbox")
    open_gallery(desk, q=PROMPTS["four"])
    tiles(desk, PROMPTS["four"]).nth(1).locator("a.open").click()
    expect(box).to_be_visible()
    address = page.url
    page.go_back()
    expect(box).not_to_be_visible()
    desk.open(address)
    expect(box.locator("[data-position]")).to_have_text("2 / 4")
    box.locator("[data-do=close]").click()
    expect(box).not_to_be_visible()


@pytest.mark.parametrize("look", TWO_LOOKS, indirect=True, ids=str)
@pytest.mark.usefixtures("key")
def test_filters_are_chosen_and_taken_away_again(desk: Desk) -> None:
    page = desk.page
    open_gallery(desk)
    page.locator(".filter-menu summary").click()
    page.select_option("#filter-key", label="gallery key")
    page.select_option("#filter-status", "failed")
    page.locator(".filter-sheet .button.main").click()
    expect(tiles(desk, PROMPTS["refused"])).to_have_count(1)
    expect(tiles(desk, PROMPTS["two"])).to_have_count(0)
    assert re.fullmatch(r".*/history/\?status=failed&key=\d+", page.url)
    desk.check()
    page.locator(".chips .chip").first.click()
    expect(tiles(desk, PROMPTS["two"]).first).to_be_visible()
    page.locator("#filter-q").fill("二 two")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    expect(tiles(desk, PROMPTS["four"])).to_have_count(0)
    expect(tiles(desk, PROMPTS["two"]).first).to_be_visible()


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
@pytest.mark.usefixtures("key")
def test_without_scripts_it_is_a_form_and_links(desk: Desk) -> None:
    context = desk.browser.new_context(java_script_enabled=False, base_url=desk.gateway.url, locale="en-GB")
    context.add_cookies([{"name": "sessionid", "value": desk.session(), "url": desk.gateway.url}])
    page = context.new_page()
    page.goto("/history/?q=four+herons")
    page.locator(".tile input[name=ids]").first.check()
    page.locator("button[value=pin]").click()
    expect(page.locator(".messages")).to_contain_text("1 result is pinned.")
    assert page.url.endswith("/history/?q=four+herons")
    page.locator(".tile input[name=ids]").first.check()
    page.locator("button[value=unpin]").click()
    page.locator(".tile input[name=ids]").first.check()
    page.locator("button[value=delete]").click()
    expect(page.locator("main h2")).to_have_text("Delete 1 result?")
    page.locator("main .question a").click()
    expect(page.locator(".tile")).to_have_count(4)
    with page.expect_download() as download:
        page.locator(".tile input[name=ids]").first.check()
        page.locator("button[value=download]").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.namelist()
    assert page.locator(".tile a.open").first.get_attribute("href") is not None
    context.close()
