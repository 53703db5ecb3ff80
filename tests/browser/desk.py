"""Somebody at the admin in a real browser: clicks, types, waits for conditions, and looks at every page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext, override
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, expect

from tests.browser.reading import VISIBLE_TEXTS, english_words, han_words, raw_values
from tests.live import Gateway
from tests.live_admin import OPERATOR

TIMEOUT_MS: Final = 20_000
_LOCALES: Final = {"en": "en-GB", "zh-hans": "zh-CN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How somebody looks at the pages. `width` in pixels."""

    width: int
    language: str

    def __str__(self) -> str:
        return f"{self.width}-{self.language}"

    @property
    def slug(self) -> str:
        """For names that no other test uses."""
        return f"{self.width}{self.language[:2]}"


class Desk:
    """`typed`: words of people and of Jimeng, which are not ours to translate; shared, as all see the same lists."""

    def __init__(self, gateway: Gateway, browser: Browser, look: Look, typed: list[str]) -> None:
        self.gateway = gateway
        self.look = look
        self.browser = browser
        self.typed = typed
        self._complaints: list[str] = []
        self._context = browser.new_context(
            viewport={"width": look.width, "height": 900}, locale=_LOCALES[look.language], base_url=gateway.url
        )
        self._context.set_default_timeout(TIMEOUT_MS)
        self._context.on("console", self._on_console)
        self._context.on("weberror", lambda error: self._complaints.append(str(error.error)))
        self._context.on("response", self._on_response)
        self.page: Page = self._context.new_page()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append(message.text)

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._complaints.append(f"{response.status} {response.url}")

    # --- coming and going -------------------------------------------------------------------------

    def log_in(self) -> None:
        self.open("/admin/")
        self.fill("#id_username", OPERATOR["DJANGO_SUPERUSER_USERNAME"])
        self.fill("#id_password", OPERATOR["DJANGO_SUPERUSER_PASSWORD"])
        self.check()
        self.click("form button[type=submit]")
        self.page.wait_for_url("**/admin/")
        self.check()

    def session(self) -> str:
        return next(each["value"] for each in self._context.cookies() if each["name"] == "sessionid")

    def continue_session(self, value: str) -> None:
        self._context.add_cookies([{"name": "sessionid", "value": value, "url": self.gateway.url}])

    def stranger(self) -> Desk:
        """Somebody else with the same kind of screen, not logged in."""
        return Desk(self.gateway, self.browser, self.look, self.typed)

    def leave(self) -> None:
        self._context.close()

    # --- hands ------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        self.page.goto(path, wait_until="load")

    def click(self, selector: str) -> None:
        """Where it leads is loaded before this returns."""
        self.page.locator(selector).first.click()
        self.page.wait_for_load_state("load")

    def fill(self, selector: str, text: str) -> None:
        self.typed.append(text)
        self.page.fill(selector, text)

    def choose_action(self, name: str, *, rows: Locator) -> None:
        """Tick the rows of a list, choose an action, run it."""
        for row in rows.all():
            row.locator("input.action-select").check()
        self.page.select_option("select[name=action]", name)
        self.click("#changelist-actions button[name=index]")

    def row(self, text: str) -> Locator:
        return self.page.locator("#result_list tr.data-row").filter(has_text=text)

    # --- eyes -------------------------------------------------------------------------------------

    def words(self, message: str | Promise, **values: Any) -> str:
        """A text of ours as this person reads it."""
        with override(self.look.language):
            text = str(message) if isinstance(message, Promise) else gettext(message)
            return text % values if values else text

    def sees(self, text: str, *, within: str = "body") -> None:
        expect(self.page.locator(within).first).to_contain_text(text, timeout=TIMEOUT_MS)

    def reload_until(self, condition: Callable[[], bool]) -> None:
        """Reload the page until it shows what the engine does meanwhile."""
        for _ in range(60):
            if condition():
                return
            self.page.wait_for_timeout(250)
            self.page.reload()
        raise AssertionError(f"Not seen on {self.page.url}")

    def _written(self) -> list[str]:
        """Prompts and names that any of the tests brought to this gateway, as texts are shown: without line breaks."""
        tables = ["prompt FROM generation_generation", "source FROM generation_inputimage", "name FROM accounts_apikey"]
        tables += ["name FROM accounts_account", "screen_name FROM accounts_account", "username FROM auth_user"]
        rows = self.gateway.rows(" UNION ".join(f"SELECT {each}" for each in tables))
        return [text.strip() for (text,) in rows if text]

    def check(self, *, status: int = 200) -> None:
        """What holds on every page: it fits, nothing is broken or raw, and all words are of one language.

        `status`: what the page itself may have been answered with.
        """
        page, where = self.page, self.page.url.removeprefix(self.gateway.url)
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= self.look.width, f"{where} scrolls sideways"
        complaints = [each for each in self._complaints if status == 200 or str(status) not in each]
        assert not complaints, f"{where} complains: {complaints}"
        self._complaints.clear()
        texts: list[str] = page.evaluate(VISIBLE_TEXTS)
        typed = [*self.typed, *self._written()]
        raw = raw_values(texts, typed)
        assert not raw, f"{where} shows raw values: {raw}"
        foreign = han_words(texts, typed) if self.look.language == "en" else english_words(texts, typed)
        assert not foreign, f"{where} is not all in {self.look.language}: {foreign}"
