"""Logins: added and found alive, sent to rest and woken, probed many at once."""

from __future__ import annotations

from playwright.sync_api import expect

from accounts.models import Account, BulkTask
from tests.browser.desk import Desk

ACCOUNTS = "/admin/accounts/account/"
Health = Account.Health


def add_login(desk: Desk, sessionid: str, name: str) -> None:
    """From the list of accounts by its button, until the engine has found it alive."""
    desk.open(ACCOUNTS)
    desk.click(f"a[href^='{ACCOUNTS}add/']")
    desk.fill("#id_sessionids", sessionid)
    desk.fill("#id_name", name)
    desk.check()
    desk.click("[name=_save]")
    desk.open(f"{ACCOUNTS}?q={name}")
    alive = desk.words(Health.ALIVE.label)
    desk.reload_until(lambda: desk.row(name).filter(has_text=alive).count() > 0)


def test_an_added_login_is_alive_within_seconds(desk: Desk) -> None:
    name = f"Ada {desk.look.slug}"
    add_login(desk, f"sb-ada-{desk.look.slug}", name)
    desk.check()
    desk.reload_until(lambda: desk.row(name).filter(has_text="10000").count() > 0)  # its credits, read a moment later
    desk.click("#result_list .data-row th a")
    desk.typed += [f"ada-{desk.look.slug}"]  # its name at Jimeng
    desk.check()
    desk.sees(desk.words("Added."), within="#timeline")
    assert f"sb-ada-{desk.look.slug}" not in desk.page.content()  # the sessionid itself is never shown


def test_rubbish_is_refused_with_the_line_it_is_in(desk: Desk) -> None:
    desk.open(f"{ACCOUNTS}add/")
    desk.fill("#id_sessionids", "sb-good-one\nno sessionid at all")
    desk.click("[name=_save]")
    desk.sees(desk.words("Not a sessionid: line %(lines)s. Expected: 8 to 256 letters, digits and %% _ . -", lines="2"))
    desk.check()


def test_a_rest_says_until_when_and_who_wanted_it_and_can_be_ended(desk: Desk) -> None:
    name = f"Rex {desk.look.slug}"
    add_login(desk, f"sb-rex-{desk.look.slug}", name)
    desk.choose_action("rest_hour", rows=desk.row(name))
    desk.check()
    row = desk.row(name)
    expect(row).to_contain_text(desk.words(Health.RESTING.label))
    expect(row).to_contain_text(desk.words(Account.RestReason.OPERATOR.label))
    desk.click("#result_list .data-row th a")
    desk.typed += [f"rex-{desk.look.slug}"]
    desk.check()
    desk.sees(desk.words("by %(name)s", name="operator"), within="#timeline")
    desk.click("[name$=save_and_wake]")
    desk.open(f"{ACCOUNTS}?q={name}")
    alive = desk.words(Health.ALIVE.label)  # it is probed first
    desk.reload_until(lambda: desk.row(name).filter(has_text=alive).count() > 0)
    desk.check()


def test_several_are_probed_by_one_action_with_its_progress(desk: Desk) -> None:
    name = f"Pia {desk.look.slug}"
    desk.open(f"{ACCOUNTS}add/")
    desk.fill("#id_sessionids", "\n".join(f"sb-pia-{number}-{desk.look.slug}" for number in range(4)))
    desk.fill("#id_name", name)
    desk.click("[name=_save]")
    desk.open(f"{ACCOUNTS}?q={name}")
    assert desk.row(name).count() == 4
    desk.choose_action("probe_now", rows=desk.row(name))
    desk.sees(desk.words(BulkTask.Kind.PROBE.label))
    desk.page.wait_for_selector("#bulk-progress [data-over]")
    desk.sees(desk.words("%(done)s of %(total)s done", done=4, total=4))
    desk.check()
