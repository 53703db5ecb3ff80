"""The page of a renewal link in a browser, without scripts: a browser's own headers must pass the CSRF check."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.live import Gateway, Sandbox, wait_until
from tests.live_admin import OPERATOR, Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
SHOTS = os.environ.get("SCREENSHOTS", "")  # a folder: to look at them


def shot(page: Page, name: str) -> None:
    """No page is wider than its window; and a picture of it, for those who ask for them."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_an_owner_renews_a_login_on_a_phone_and_the_operator_sees_it(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    gateway = new_gateway(new_sandbox(), **OPERATOR)
    gateway.add_accounts(["sb-alice"])
    gateway.start()
    known = "SELECT count(*) FROM accounts_account WHERE upstream_user_id != ''"
    wait_until(lambda: gateway.rows(known) == [(1,)], timeout_s=30, what="it was probed alive")
    operator = Browser(gateway)
    operator.sign_in()
    operator.close()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        desk = chromium.new_page(viewport={"width": 1280, "height": 900})
        desk.goto(f"{gateway.url}/admin/login/")
        desk.fill("#id_username", OPERATOR["DJANGO_SUPERUSER_USERNAME"])
        desk.fill("#id_password", OPERATOR["DJANGO_SUPERUSER_PASSWORD"])
        desk.keyboard.press("Enter")
        desk.wait_for_url("**/admin/")
        desk.goto(f"{gateway.url}/admin/accounts/account/1/change/")
        shot(desk, "desk-before")
        desk.get_by_role("button", name="Make a renewal link").click()
        link = desk.input_value("#new-key")
        shot(desk, "desk-link")
        desk.get_by_role("button", name="Copy").click()
        expect(desk.get_by_role("button", name="Copied")).to_be_visible()

        phone = chromium.new_context(
            viewport={"width": 390, "height": 844}, java_script_enabled=False, color_scheme="dark", locale="zh-CN"
        )
        page = phone.new_page()
        page.goto(link)
        shot(page, "phone-dark-chinese")
        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_contain_text("Renew the login of")
        page.fill("textarea", "rubbish")
        page.get_by_role("button", name="Check and renew").click()
        expect(page.get_by_role("alert")).to_contain_text("neither a sessionid")
        page.fill("textarea", "sb-another")
        page.get_by_role("button", name="Check and renew").click()
        expect(page.get_by_role("alert")).to_contain_text("another Jimeng user", timeout=30_000)
        shot(page, "phone-dark-problem")
        page.fill("textarea", "sb-alice.2")
        page.get_by_role("button", name="Check and renew").click()
        expect(page.locator("h1")).to_contain_text("it is renewed", timeout=30_000)
        shot(page, "phone-dark-done")

        desk.goto(f"{gateway.url}/renew/made-up/")
        shot(desk, "desk-dead")
        desk.goto(f"{gateway.url}/admin/accounts/account/1/change/")
        expect(desk.get_by_text("2 / 5")).to_be_visible()
        desk.set_viewport_size({"width": 390, "height": 844})
        shot(desk, "desk-after-phone")
        chromium.close()
