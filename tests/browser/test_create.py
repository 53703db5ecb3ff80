"""Somebody makes pictures and a video on the page to create, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import serious_findings
from tests.browser.desk import Desk
from tests.live import Gateway, Sandbox

PROMPT: Final = {"en": "a red kite over the sea", "zh-hans": "海上的红色风筝，连续4张"}
RESULT: Final = "article.result"


@pytest.fixture(scope="module", autouse=True)
def _pool(gateway: Gateway) -> None:
    gateway.add_accounts(["sb-for-creating-one", "sb-for-creating-two"])


@pytest.fixture
def _slow(sandbox: Sandbox) -> Iterator[None]:
    """Slow enough for a person to see it under way."""
    sandbox.settings(image_seconds=3)
    yield
    sandbox.settings(image_seconds=0.3)


def empty_form(desk: Desk) -> Page:
    """The page without anybody's draft."""
    desk.open("/create/")
    desk.page.evaluate("localStorage.clear()")
    desk.open("/create/")
    return desk.page


def estimated(page: Page) -> Any:
    """Do something whose estimate is waited for."""
    return page.expect_response(lambda response: response.url.endswith("/create/estimate/"))


@pytest.mark.usefixtures("_slow")
def test_a_picture_is_made_before_ones_eyes(desk: Desk) -> None:
    page = empty_form(desk)
    desk.check()
    with estimated(page):
        desk.fill("#prompt", PROMPT[desk.look.language])
    desk.sees("≈ 12" if desk.look.language != "en" else "≈ 3", within="#estimate")
    page.keyboard.press("Control+Enter")
    card = page.locator(RESULT).first
    expect(card).to_contain_text(PROMPT[desk.look.language])
    expect(card.locator("progress")).to_be_visible()
    expect(card.locator("progress")).to_have_attribute("value", re.compile(r"[1-9]"))
    desk.check()
    expect(card.locator("img").first).to_be_visible()
    expect(card.locator("progress")).to_have_count(0)
    assert page.evaluate("document.querySelector('article.result img').decode().then(() => true)")
    assert card.locator("img").count() == (4 if desk.look.language != "en" else 1)
    page.locator("#details summary").click()
    page.locator("#model-picker summary").click()
    desk.check()
    page.locator("#model-picker summary").click()
    assert serious_findings(page) == []
    with page.expect_download() as download:
        card.locator("a[download]").first.click()
    assert download.value.path().stat().st_size > 100
    page.reload()
    expect(page.locator(RESULT).first).to_contain_text(PROMPT[desk.look.language])
    assert page.input_value("#prompt") == ""  # the draft went with what was asked for


def test_what_is_wrong_is_told_where_it_is(desk: Desk) -> None:
    page = empty_form(desk)
    page.locator("#details summary").click()
    desk.fill("#seed", "-4")
    desk.fill("#negative_prompt", "boats")
    page.click("#create-button")
    expect(page.locator("#prompt")).to_be_focused()
    desk.fill("#prompt", "a kite")
    page.click("#create-button")
    expect(page.locator("#seed")).to_be_focused()
    desk.sees(desk.words("The seed is a whole number that is not negative, or nothing."), within="#seed-error")
    assert (page.input_value("#seed"), page.input_value("#negative_prompt")) == ("-4", "boats")
    desk.check()
    assert serious_findings(page) == []


def test_the_model_is_chosen_and_the_options_follow(desk: Desk) -> None:
    page = empty_form(desk)
    page.locator("label[for=kind-video], label:has(#kind-video)").click()
    expect(page.locator("#seconds-5")).to_be_checked()
    expect(page.locator("#resolution-4k")).to_have_count(0)
    page.locator("#model-picker summary").focus()
    page.keyboard.press("Enter")
    page.locator("#model-jimeng-video-3\\.0").focus()
    with page.expect_response(lambda response: response.url.endswith("/create/options/")):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#model-jimeng-video-3\\.0-pro")).to_be_checked()
    expect(page.locator("#model-jimeng-video-3\\.0-pro")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#model-picker")).not_to_have_attribute("open", "")
    expect(page.locator("#model-picker summary")).to_be_focused()
    desk.sees("≈ 30", within="#estimate")
    page.locator("label:has(#kind-image)").click()
    desk.sees("jimeng-4.5", within="#model-chosen")
    desk.check()
