"""Results in the gallery, in a real browser: taken home, thrown away, made again, and as they come."""

from __future__ import annotations

import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.gallery import ONE_LOOK, TWO_LOOKS, TYPED, ask, is_told, open_gallery, press, select, tiles
from tests.live import Gateway


@pytest.fixture(scope="module")
def key(gateway: Gateway, typed: list[str]) -> str:
    """A client's key. Each test asks for pictures of its own with it."""
    typed += [*TYPED, "take home", "results key"]
    gateway.add_accounts(["sb-results-in-the-gallery"])
    return gateway.new_key("results key")


@pytest.mark.parametrize("look", TWO_LOOKS, indirect=True, ids=str)
def test_what_is_selected_is_taken_home_as_a_zip(desk: Desk, key: str) -> None:
    prompts = [f"{word} to take home {desk.look.slug}" for word in ("many", "one")]
    desk.typed += prompts
    for prompt, count in zip(prompts, (4, 2), strict=True):
        assert ask(desk.gateway, key, prompt, n=count) == 200
    open_gallery(desk, q="take home")
    four, two = (tiles(desk, prompt) for prompt in prompts)
    select(desk, four.nth(0))
    four.nth(2).locator("input[name=ids]").click(modifiers=["Shift"])
    select(desk, two.nth(1))
    expect(desk.page.locator("[data-count]")).to_have_text("4")
    with desk.page.expect_download() as download:
        press(desk, "download")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len([name for name in archive.namelist() if name.endswith((".webp", ".png", ".jpeg", ".jpg"))]) == 4
    desk.check()


@pytest.mark.parametrize("look", TWO_LOOKS, indirect=True, ids=str)
def test_what_is_deleted_goes_after_a_question_and_comes_back(desk: Desk, key: str) -> None:
    page, prompt = desk.page, f"to be thrown away {desk.look.slug}"
    desk.typed.append(prompt)
    assert ask(desk.gateway, key, prompt) == 200
    open_gallery(desk, q=prompt)
    select(desk, tiles(desk, prompt).first)
    press(desk, "delete")
    expect(page.locator("#confirm")).to_contain_text("30")
    desk.check()
    page.locator("#confirm [data-cancel]").click()
    expect(tiles(desk, prompt)).to_have_count(1)
    press(desk, "delete")
    page.locator("#confirm button").click()
    expect(tiles(desk, prompt)).to_have_count(0)
    page.locator("#toasts button").click()
    expect(tiles(desk, prompt)).to_have_count(1)
    open_gallery(desk, q=prompt)
    expect(tiles(desk, prompt)).to_have_count(1)
    tiles(desk, prompt).locator("a.open").focus()
    page.keyboard.press("Delete")
    page.locator("#confirm button").click()
    expect(tiles(desk, prompt)).to_have_count(0)
    open_gallery(desk, trash=1)
    select(desk, tiles(desk, prompt).first)
    press(desk, "restore")
    expect(tiles(desk, prompt)).to_have_count(0)
    desk.check()


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
def test_made_again_it_appears_by_itself(desk: Desk, key: str) -> None:
    prompt = "to be made again"
    desk.typed.append(prompt)
    assert ask(desk.gateway, key, prompt, n=2) == 200
    open_gallery(desk, q=prompt)
    expect(tiles(desk, prompt)).to_have_count(2)
    select(desk, tiles(desk, prompt).first)
    press(desk, "again")
    expect(desk.page.locator("#confirm")).to_contain_text("about 6 credits")
    desk.page.locator("#confirm button").click()
    is_told(desk, "1 request is on its way.")
    expect(tiles(desk, prompt)).to_have_count(4)
    desk.check()


@pytest.mark.parametrize("look", TWO_LOOKS, indirect=True, ids=str)
def test_new_results_appear_and_move_nothing_that_is_looked_at(desk: Desk, key: str) -> None:
    page = desk.page
    here, later = (f"a heron {word} {desk.look.slug}" for word in ("meanwhile", "below"))
    desk.typed += [here, later]
    open_gallery(desk, q=desk.look.slug)
    assert ask(desk.gateway, key, here) == 200
    expect(tiles(desk, here)).to_have_count(1)
    tiles(desk, here).locator("input[name=ids]").check()  # somebody is busy with it
    assert ask(desk.gateway, key, later) == 200
    expect(page.locator("#pill")).to_be_visible()
    expect(tiles(desk, later)).to_have_count(0)
    page.locator("#pill").click()
    expect(tiles(desk, later)).to_have_count(1)
    expect(tiles(desk, here).locator("input[name=ids]")).to_be_checked()
    desk.check()


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
def test_the_large_view_stays_where_it_is_when_something_comes_and_goes_on_when_it_is_deleted(
    desk: Desk, key: str
) -> None:
    page, prompt = desk.page, "three in a row"
    desk.typed.append(prompt)
    assert ask(desk.gateway, key, prompt, n=3) == 200
    open_gallery(desk, q=prompt)
    tiles(desk, prompt).nth(1).locator("a.open").click()
    expect(page.locator("#lightbox [data-position]")).to_have_text("2 / 3")
    with page.expect_response("**/history/news/**"):
        assert ask(desk.gateway, key, prompt) == 200
    expect(page.locator("#pill")).to_have_text("1 new")
    expect(page.locator("#lightbox [data-position]")).to_have_text("2 / 3")
    page.keyboard.press("Delete")
    page.locator("#confirm button").click()
    expect(page.locator("#lightbox [data-position]")).to_have_text("2 / 2")
    expect(tiles(desk, prompt)).to_have_count(2)
    page.locator("#toasts button").click()  # undo, above the large picture
    is_told(desk, "1 result is restored.")
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).not_to_be_visible()


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
def test_what_is_undone_stands_where_it_stood(desk: Desk, key: str) -> None:
    names = [f"row of ducks {number}" for number in range(4)]
    desk.typed += names
    for name in names:
        assert ask(desk.gateway, key, name) == 200
    open_gallery(desk, q="row of ducks")
    shown = [each.get_attribute("data-id") for each in tiles(desk, "row of ducks").all()]
    assert len(shown) == 4
    for name in names[1:3]:  # two neighbours
        select(desk, tiles(desk, name))
    desk.page.keyboard.press("Delete")
    desk.page.locator("#confirm button").click()
    expect(tiles(desk, "row of ducks")).to_have_count(2)
    desk.page.locator("#toasts button").click()
    expect(tiles(desk, "row of ducks")).to_have_count(4)
    assert [each.get_attribute("data-id") for each in tiles(desk, "row of ducks").all()] == shown
