"""A renewal link: made at the desk, used once by somebody without one."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.test_accounts import ACCOUNTS, add_login


def test_the_owner_of_a_login_renews_it_without_the_admin(desk: Desk) -> None:
    name, sessionid = f"Rita {desk.look.slug}", f"sb-rita-{desk.look.slug}"
    add_login(desk, sessionid, name)
    desk.click("#result_list .data-row th a")
    account_page = desk.page.url
    desk.click("form[action$='/renewal-link/'] button, form[action$='/renewal-link'] button")
    link = desk.page.input_value("#new-key")
    desk.typed += [link]
    desk.check()

    owner = desk.stranger()
    owner.typed += [name]
    owner.open(link)
    owner.check()
    owner.fill("#login", "neither a sessionid nor a cookie")
    owner.click("button.main")
    owner.sees("sessionid", within="[role=alert]")
    owner.check(status=400)
    owner.fill("#login", f"{sessionid}.2")  # a second login of the same Jimeng user
    owner.click("button.main")
    owner.page.wait_for_selector("p.good")
    owner.check()
    owner.open(link)
    expect(owner.page.locator("#login")).to_have_count(0)
    owner.check()
    owner.leave()

    desk.open(account_page)
    desk.typed += [f"rita-{desk.look.slug}"]
    desk.check()
    desk.sees(f"…{sessionid[-2:]}.2")
    desk.open(f"{ACCOUNTS}?q={name}")
    assert desk.row(name).count() == 1
