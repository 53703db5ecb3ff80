"""Every page in every state: it fits, is of one language, breaks no policy and hinders nobody, light or dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import serious_findings
from tests.browser.desk import Desk, Look
from tests.browser.museum import Museum

SMALLEST: Final = 360
LOOKS: Final = [Look(width=1280, language="en"), Look(width=390, language="en"), Look(width=390, language="zh-hans")]
PAGES: Final = {
    "home": ["/"],
    "history": ["/history/", "/history/?q=heron", "/history/?view=table&q=heron", "/history/?failed=1&status=failed"],
    "trash and nothing": ["/history/?trash=1", "/history/?q=MissingWord", "/history/?kind=sound", "/history/?pinned=1"],
    "retention": ["/history/retention/"],
    "create": ["/create/", "/create/?kind=video"],
}
STATES: Final = ("running", "many", "failed", "cancelled", "timed out", "video", "pruned", "edited", "lie")
POST: Final = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path });
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, value] of [...fields, ["csrfmiddlewaretoken", token]]) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}"""
# Texts of files and requests are of no language.
WITHOUT_CODE: Final = "document.querySelectorAll('pre').forEach(each => each.remove())"


@pytest.fixture(params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    chosen: Look = request.param
    return chosen


@pytest.fixture
def visitor(museum: Museum, browser: Browser, look: Look) -> Iterator[Callable[..., Desk]]:
    """Somebody by name; see `Museum.visitor`."""
    came: list[Desk] = []

    def come(person: str = "operator") -> Desk:
        came.append(museum.visitor(browser, look, person))
        came[-1].typed.append("MissingWord")
        return came[-1]

    yield come
    for desk in came:
        desk.leave()


def look_at(desk: Desk, *, status: int = 200) -> None:
    """Of the dark colours only the contrast is another matter."""
    page = desk.page
    found = serious_findings(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {each}" for each in serious_findings(page, only="color-contrast")]
    page.emulate_media(color_scheme="light")
    assert found == [], page.url
    if desk.look.width < 400:
        page.set_viewport_size({"width": SMALLEST, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST, page.url
        page.set_viewport_size({"width": desk.look.width, "height": 900})
    page.evaluate(WITHOUT_CODE)
    desk.check(status=status)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_hinders_nobody(visitor: Callable[..., Desk], name: str) -> None:
    desk = visitor()
    for path in PAGES[name]:
        desk.open(path)
        look_at(desk)


@pytest.mark.parametrize("states", [STATES[:3], STATES[3:6], STATES[6:]], ids=", ".join)
def test_the_page_of_one_hinders_nobody(museum: Museum, visitor: Callable[..., Desk], states: tuple[str, ...]) -> None:
    desk = visitor()
    for state in states:
        desk.open(f"/history/{museum.ids[state]}/")
        for summary in desk.page.locator(".detail-technical summary").all():  # not of what was never sent
            summary.click()
        look_at(desk)


def test_people_who_are_no_staff_are_hindered_by_nothing(museum: Museum, visitor: Callable[..., Desk]) -> None:
    desk = visitor("rita")
    for path in ("/", "/history/", "/create/", f"/history/{museum.ids['many']}/"):
        desk.open(path)
        look_at(desk)
    desk = visitor("nobody")  # for whom all is empty
    for path in ("/", "/history/", "/history/?trash=1", "/create/"):
        desk.open(path)
        look_at(desk)


def test_what_opens_in_the_history_hinders_nobody(visitor: Callable[..., Desk]) -> None:
    desk = visitor()
    page = desk.page
    desk.open("/history/?q=four+herons")
    page.locator(".filter-menu summary").click()
    look_at(desk)
    page.keyboard.press("Escape")
    page.locator(".tile input[name=ids]").first.check(force=True)
    look_at(desk)
    page.locator(".selection-bar button[value=delete]").click()
    expect(page.locator("#confirm")).to_be_visible()
    look_at(desk)
    page.locator("#confirm [data-cancel]").click()
    desk.open("/history/?q=four+herons")
    page.locator("a.open").first.click()
    expect(page.locator("#lightbox img")).to_be_visible()
    look_at(desk)
    desk.open("/history/?q=four+herons")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    look_at(desk)


def test_questions_and_refusals_hinder_nobody(visitor: Callable[..., Desk], museum: Museum) -> None:
    desk = visitor()
    for path, fields, status in (
        ("/history/selection/", [["action", "delete"], ["ids", museum.ids["many"]]], 200),
        ("/history/selection/", [["action", "again"], ["ids", museum.ids["many"]]], 200),
        ("/live/archive/", [], 404),
        ("/create/", [["prompt", ""], ["kind", "image"]], 422),
    ):
        desk.open("/history/")
        with desk.page.expect_navigation():
            desk.page.evaluate(POST, [path, fields])
        look_at(desk, status=status)


def test_errors_are_told_in_pages_that_hinder_nobody(visitor: Callable[..., Desk], museum: Museum) -> None:
    desk = visitor("rita")
    for path, status in (("/nothing", 404), ("/history/gen_0/", 404), ("/history/retention/", 403)):
        desk.open(path)
        look_at(desk, status=status)
    desk.open(museum.ids["gone"])
    look_at(desk, status=410)
    desk.open(museum.ids["gone"].replace("s=", "s=x"))
    look_at(desk, status=403)
    desk = visitor("")
    desk.open("/login/")
    look_at(desk)
    desk.page.evaluate("document.querySelector('[name=csrfmiddlewaretoken]').value = 'x'")
    desk.fill("#id_username", "rita")
    desk.fill("#id_password", "x")
    desk.click("form.login button")
    look_at(desk, status=403)
