"""The frame of the pages and the first page in Chromium: they fit, hinder nobody, and break no policy."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious_findings
from tests.browser.desk import TIMEOUT_MS, Desk
from tests.live import Gateway, images_body
from tests.live_admin import OPERATOR

PLAIN = "paula-of-the-shell"


def look_at(desk: Desk, *, status: int = 200) -> None:
    """As it is, on the smallest phone, and in both colours. A broken policy is a complaint of the browser."""
    for colours in ("light", "dark"):
        desk.page.emulate_media(color_scheme=colours)
        desk.check(status=status)
        assert serious_findings(desk.page) == [], f"{desk.page.url} {colours}"
    if desk.look.width < 400:
        desk.page.set_viewport_size({"width": 360, "height": 740})
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= 360
        desk.page.set_viewport_size({"width": desk.look.width, "height": 900})


@pytest.fixture(scope="module")
def http(gateway: Gateway) -> Iterator[httpx.Client]:
    """A client of the API, with one result."""
    gateway.add_accounts(["sb-the-shell"])
    client = httpx.Client(base_url=gateway.url, trust_env=False, timeout=60)
    client.headers["authorization"] = f"Bearer {gateway.new_key('every page')}"
    assert client.post("/v1/images/generations", json=images_body()).status_code == 200
    code = f"from django.contrib.auth.models import User; User.objects.create_user({PLAIN!r}, password='{PLAIN}-1')"
    gateway.manage("shell", "-v0", "-c", code)
    yield client
    client.close()


@pytest.mark.usefixtures("http")
def test_the_first_page_is_whole(desk: Desk) -> None:
    desk.open("/")
    expect(desk.page.locator(".latest img").first).to_be_visible()
    look_at(desk)
    desk.page.locator(".places a").nth(2).click()
    desk.page.wait_for_url("**/history/")


def test_what_is_asked_for_appears_by_itself(desk: Desk, http: httpx.Client) -> None:
    prompt = f"a lighthouse in the mist {desk.look.slug}"
    desk.typed.append(prompt)
    desk.open("/")
    desk.page.wait_for_timeout(300)  # until it listens; else the first news may be missed, and the next is 15 s away
    assert http.post("/v1/images/generations", json=images_body(prompt=prompt)).status_code == 200
    expect(desk.page.locator(f".latest a[title='{prompt}']")).to_be_visible(timeout=TIMEOUT_MS)
    desk.check()


def test_the_login_says_what_was_wrong_and_lets_people_in(desk: Desk) -> None:
    stranger = desk.stranger()
    stranger.open("/history/")
    look_at(stranger)
    stranger.fill("#id_username", OPERATOR["DJANGO_SUPERUSER_USERNAME"])
    stranger.fill("#id_password", "wrong")
    stranger.click("form.login button")
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    expect(stranger.page.locator("#id_password")).to_be_focused()
    look_at(stranger)
    stranger.page.fill("#id_password", OPERATOR["DJANGO_SUPERUSER_PASSWORD"])
    stranger.click("form.login button")
    stranger.page.wait_for_url("**/history/")
    stranger.leave()


@pytest.mark.usefixtures("http")
def test_people_who_are_not_staff_see_their_own_and_are_told_what_is_not_theirs(desk: Desk) -> None:
    person = desk.stranger()
    person.typed.append(PLAIN)
    person.open("/login/")
    person.page.fill("#id_username", PLAIN)
    person.page.fill("#id_password", f"{PLAIN}-1")
    person.click("form.login button")
    person.page.wait_for_url(f"{person.gateway.url}/")
    look_at(person)
    for path, status in (("/history/retention/", 403), ("/history/nothing/", 404), ("/nothing", 404)):
        person.open(path)
        look_at(person, status=status)
    person.open("/admin/")
    person.check()
    person.sees(PLAIN)
    person.leave()


def test_menus_work_by_keyboard_and_colours_stay(desk: Desk) -> None:
    desk.open("/")
    page = desk.page
    menu = page.locator("details[data-menu]").filter(has=page.locator("button[name=theme]"))
    summary = menu.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert serious_findings(page, within="header") == []
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    with page.expect_response("**/theme/"):
        menu.locator("button[value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(menu).not_to_have_attribute("open", "")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    look_at(desk)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()


@pytest.mark.usefixtures("http")
def test_without_scripts_all_of_it_can_be_read_and_switched(desk: Desk) -> None:
    context = desk.browser.new_context(java_script_enabled=False, base_url=desk.gateway.url, locale="en-GB")
    context.add_cookies([{"name": "sessionid", "value": desk.session(), "url": desk.gateway.url}])
    page = context.new_page()
    page.goto("/")
    expect(page.locator(".latest img").first).to_be_visible()
    menus = page.locator("details[data-menu]")
    menus.nth(0).locator("summary").click()
    menus.nth(0).locator("button[value='zh-hans']").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    menus.nth(1).locator("summary").click()
    menus.nth(1).locator("button[value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.locator("[data-copy]:visible").count() == 0
    context.close()
