"""Input pictures, drafts and forms without a script on the page to create: in a real browser, in one look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.axe import serious_findings
from tests.browser.conftest import LOOKS
from tests.browser.desk import Desk, Look
from tests.generation.hostile_pictures import SVG, picture
from tests.live import Gateway

RESULT: Final = "article.result"
# A file from another program: dropped on the form, or pasted.
_BRING: Final = """([how, name, type, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const target = document.getElementById("prompt");
  if (how === "paste") {
    target.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
    return;
  }
  for (const what of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(what, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(scope="module", autouse=True)
def _pool(gateway: Gateway) -> None:
    gateway.add_accounts(["sb-for-pictures-one", "sb-for-pictures-two"])


@pytest.fixture(params=LOOKS[:1], ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    chosen: Look = request.param
    return chosen


@pytest.fixture
def page(desk: Desk) -> Page:
    """The page without anybody's draft."""
    desk.open("/create/")
    desk.page.evaluate("localStorage.clear()")
    desk.open("/create/")
    return desk.page


def bring(page: Page, how: str, name: str, content: bytes, *, type_: str = "image/png") -> None:
    page.evaluate(_BRING, [how, name, type_, list(content)])


def expect_pictures(page: Page, *names: str) -> None:
    expect(page.locator("#pictures img")).to_have_count(len(names))
    for at, name in enumerate(names):
        expect(page.locator("#pictures img").nth(at)).to_have_attribute("alt", name)


def wait_saved(page: Page, text: str) -> None:
    page.wait_for_function("text => Object.values(localStorage).some(each => each.includes(text))", arg=text)


def three_pictures(page: Page) -> None:
    bring(page, "drop", "a.png", picture("PNG"))
    expect_pictures(page, "a.png")
    bring(page, "paste", "b.png", picture("PNG", width=80))
    expect_pictures(page, "a.png", "b.png")
    page.set_input_files("#files", {"name": "c.png", "mimeType": "image/png", "buffer": picture("PNG", width=90)})
    expect_pictures(page, "a.png", "b.png", "c.png")


def test_pictures_are_dropped_pasted_and_chosen_and_go_with_the_request(desk: Desk, page: Page) -> None:
    three_pictures(page)
    assert page.evaluate("document.querySelector('#pictures img').decode().then(() => true)")
    page.locator("[data-move=later]").first.focus()
    page.keyboard.press("Enter")
    expect_pictures(page, "b.png", "a.png", "c.png")
    expect(page.locator("#pictures li").nth(1).locator("[data-move=later]")).to_be_focused()
    page.drag_and_drop("#pictures li:nth-child(3)", "#pictures li:nth-child(1)")
    expect_pictures(page, "c.png", "b.png", "a.png")
    page.locator("[data-move=remove]").nth(1).focus()
    page.keyboard.press("Enter")
    expect_pictures(page, "c.png", "a.png")
    desk.fill("#prompt", "both of them together")
    page.click("#create-button")
    expect(page.locator(RESULT).first).to_contain_text("both of them together")
    expect(page.locator(RESULT).first.locator("img").first).to_be_visible()
    made = desk.gateway.rows(
        "SELECT i.source FROM generation_inputimage i JOIN generation_generation g ON g.id = i.generation_id"
        " WHERE g.prompt = 'both of them together' ORDER BY i.position"
    )
    assert made == [("c.png",), ("a.png",)]


def test_nothing_is_asked_for_while_a_picture_is_on_its_way(desk: Desk, page: Page) -> None:
    held: list[Route] = []
    asked: list[str] = []
    page.route("**/create/inputs/", lambda route: held.append(route))  # noqa: PLW0108
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/create/") else None)
    page.fill("#prompt", "as in the picture")
    bring(page, "drop", "slow.png", picture("PNG"))
    expect(page.locator(".picture.storing")).to_have_count(1)
    page.locator("#prompt").press("Control+Enter")
    page.locator("#create-button").press("Enter")
    expect(page.locator("#inputs-news")).not_to_be_empty()
    assert asked == []
    held[0].continue_()
    expect_pictures(page, "slow.png")
    page.locator("#prompt").press("Control+Enter")
    # Cards of what this person made before may be there, too.
    expect(page.locator(RESULT).first).to_contain_text("as in the picture")
    assert len(asked) == 1


def test_a_hostile_file_is_refused_in_words(desk: Desk, page: Page) -> None:
    bring(page, "drop", "evil<img src=x>.svg", SVG, type_="image/svg+xml")
    expect(page.locator("#refused")).to_contain_text("cannot be used")
    expect_pictures(page)
    bring(page, "drop", "good.png", picture("PNG"))
    expect_pictures(page, "good.png")
    expect(page.locator("#refused")).to_be_empty()


def test_a_video_is_made_from_a_first_and_a_last_frame(desk: Desk, page: Page) -> None:
    three_pictures(page)
    page.locator("label:has(#kind-video)").click()
    expect(page.locator("#pictures li").nth(0)).to_contain_text("First frame")
    expect(page.locator("#pictures li").nth(1)).to_contain_text("Last frame")
    expect(page.locator("#pictures li").nth(2)).to_contain_text("not used")
    expect(page.locator("#seconds-5")).to_be_checked()
    desk.check()
    assert serious_findings(page) == []
    desk.fill("#prompt", "from here to there")
    page.click("#create-button")
    expect(page.locator(RESULT).first).to_contain_text("from here to there")
    video = page.locator(RESULT).first.locator("video")
    expect(video).to_be_visible()
    made = desk.gateway.rows("SELECT kind, json_array_length(spec, '$.inputs') FROM generation_generation ORDER BY id")
    assert made[-1] == ("video", 2)


def test_a_result_becomes_the_first_frame_of_a_video(desk: Desk, page: Page) -> None:
    desk.fill("#prompt", "a mountain at night")
    page.click("#create-button")
    card = page.locator(RESULT).first
    expect(card.locator("img").first).to_be_visible()
    card.hover()
    card.locator("a[href*='kind=video']").first.click()
    expect(page.locator("#kind-video")).to_be_checked()
    expect(page.locator("#pictures li")).to_have_count(1)
    assert page.input_value("#prompt") == "a mountain at night"


def test_a_draft_survives_a_reload_and_gives_way_to_what_is_asked_for(desk: Desk, page: Page) -> None:
    desk.fill("#prompt", "half a thought")
    page.locator("label:has(#kind-video)").click()
    expect(page.locator("#seconds-5")).to_be_attached()
    bring(page, "drop", "kept.png", picture("PNG"))
    expect_pictures(page, "kept.png")
    wait_saved(page, "half a thought")
    page.wait_for_function("Object.values(localStorage).some(each => each.includes('input'))")
    desk.open("/create/")
    expect_pictures(page, "kept.png")
    expect(page.locator("#kind-video")).to_be_checked()
    assert page.input_value("#prompt") == "half a thought"
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert "csrf" not in stored
    made = desk.gateway.rows("SELECT public_id, prompt FROM generation_generation WHERE kind = 'image' ORDER BY id")[-1]
    desk.open(f"/create/?from={made[0]}")
    assert page.input_value("#prompt") == made[1]
    page.locator("[data-restore]").click()
    expect(page.locator("#prompt")).to_have_value("half a thought")
    expect_pictures(page, "kept.png")
    page.click("#create-button")
    expect(page.locator(RESULT).first).to_contain_text("half a thought")
    desk.open("/create/")
    assert page.input_value("#prompt") == ""


def test_recent_prompts_are_used_again(desk: Desk, page: Page) -> None:
    desk.fill("#prompt", "a prompt to come back to")
    page.click("#create-button")
    expect(page.locator(RESULT).first).to_contain_text("a prompt to come back to")
    desk.open("/create/")
    page.locator("#recent summary").click()
    page.locator("#recent a").first.click()
    expect(page.locator("#prompt")).to_have_value("a prompt to come back to")
    expect(page.locator("#prompt")).to_be_focused()


@pytest.fixture
def plain(gateway: Gateway, browser: Browser, desk: Desk) -> Iterator[Page]:
    """The same person in a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, base_url=gateway.url)
    context.add_cookies([{"name": "sessionid", "value": desk.session(), "url": gateway.url}])
    yield context.new_page()
    context.close()


def test_everything_works_without_a_script(plain: Page) -> None:
    page = plain
    page.goto("/create/")
    page.check("#kind-video", force=True)
    page.set_input_files("#files", {"name": "frame.png", "mimeType": "image/png", "buffer": picture("PNG")})
    page.get_by_role("button", name="Update options").click()
    expect(page.locator("#seconds-10")).to_be_attached()
    expect(page.locator("#pictures img")).to_have_attribute("alt", "frame.png")
    page.check("#seconds-10", force=True)
    page.get_by_role("button", name="Remove frame.png").click()
    expect(page.locator("#pictures img")).to_have_count(0)
    expect(page.locator("#seconds-10")).to_be_checked()
    page.click("#create-button")
    expect(page.locator("#prompt-error")).to_be_visible()
    page.fill("#prompt", "without a script")
    page.click("#create-button")
    page.wait_for_url("**/history/gen_*/")
    expect(page.locator("main")).to_contain_text("without a script")
