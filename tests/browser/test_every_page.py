"""Every page of the admin, as it is with something in it: it fits, is whole, and of one language."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.browser.desk import Desk
from tests.live import Gateway, images_body, wait_until

PAGES = [
    *("accounts/account/", "accounts/account/add/", "accounts/importbatch/add/", "accounts/bulktask/"),
    *("accounts/apikey/", "accounts/apikey/add/", "accounts/alert/", "accounts/alertchannel/"),
    *("accounts/alertchannel/add/", "accounts/delivery/", "generation/generation/", "generation/modelalias/"),
    *("generation/modelalias/add/", "generation/price/", "auth/user/", "auth/user/add/", "admin/logentry/"),
    *("password_change/", "accounts/", "generation/"),
]
# Lists, whose first row leads to a page of its own.
WITH_DETAILS = ["accounts/account/", "accounts/apikey/", "accounts/alert/", "generation/generation/", "auth/user/"]
WITH_DETAILS += ["generation/modelalias/"]
EMPTY = ["accounts/account/", "accounts/apikey/", "accounts/alert/", "accounts/alertchannel/", "generation/generation/"]


@pytest.fixture(scope="module")
def _things(gateway: Gateway) -> None:
    """A login that lives, one that does not, a key, a picture, and one that was refused."""
    gateway.add_accounts(["sb-every-page", "sb-every-page--expired"])
    key = gateway.new_key("every page")
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=60) as http:
        http.headers["authorization"] = f"Bearer {key}"
        assert http.post("/v1/images/generations", json=images_body()).status_code == 200
        assert http.post("/v1/images/generations", json=images_body(prompt="[refused]")).status_code == 400
    wait_until(lambda: gateway.rows("SELECT 1 FROM accounts_alert"), timeout_s=20, what="an alert of the dead login")


@pytest.mark.usefixtures("_things")
def test_it_can_be_looked_at(desk: Desk) -> None:
    for path in PAGES:
        desk.open(f"/admin/{path}")
        desk.check()
    for path in WITH_DETAILS:
        desk.open(f"/admin/{path}")
        desk.click("#result_list .data-row th a")
        desk.check()
        if desk.page.locator("a[href$='/history/']").count():
            desk.open(desk.page.url.split("?")[0].replace("/change/", "/history/"))
            desk.check()


@pytest.mark.usefixtures("_things")
def test_lists_without_rows_say_what_to_do_next(desk: Desk) -> None:
    desk.typed += ["nothing-like-that"]
    for path in EMPTY:
        desk.open(f"/admin/{path}?q=nothing-like-that")
        assert desk.row("").count() == 0
        desk.check()


@pytest.mark.usefixtures("_things")
def test_every_link_of_the_dashboard_leads_somewhere(desk: Desk) -> None:
    desk.open("/admin/")
    desk.check()
    found = desk.page.eval_on_selector_all(".jm-dash a[href]", "all => all.map((each) => each.getAttribute('href'))")
    kinds = {re.sub(r"\d+/|gen_\w+|=\d+", "…", href): href for href in found}  # one of those to a generation, and so on
    assert len(kinds) > 8
    for href in kinds.values():
        desk.open("/admin/")
        desk.click(f".jm-dash a[href='{href}']")
        desk.check()
