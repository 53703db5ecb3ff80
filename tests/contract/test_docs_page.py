"""The API reference in a browser: everything comes from this host, and it fits on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.live import Gateway

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
OPERATION = "#operations-Images-createImage"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_it_shows_every_operation_with_what_this_host_has(gateway: Gateway, browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer = page.goto(f"{gateway.url}/docs/")
    assert answer is not None
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page.click(f"{OPERATION} .opblock-summary-control")
    page.wait_for_selector(f"{OPERATION} .responses-table")
    assert page.locator(".opblock").count() > 15
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith((gateway.url, "data:", "blob:"))] == []
    assert complaints == []
    page.close()


def test_an_operation_can_be_tried_out(gateway: Gateway, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{gateway.url}/docs/")
    page.click(".auth-wrapper .authorize")
    page.fill(".auth-container input", gateway.new_key())
    page.click(".auth-btn-wrapper .authorize")
    page.click(".auth-btn-wrapper .btn-done")
    page.click("#operations-Models-listModels .opblock-summary-control")
    page.click("#operations-Models-listModels .try-out__btn")
    page.click("#operations-Models-listModels .execute")
    page.wait_for_selector("#operations-Models-listModels .live-responses-table tbody .response-col_status")
    assert "200" in page.inner_text("#operations-Models-listModels .live-responses-table tbody .response-col_status")
    page.close()
