"""An import: pasted as it comes, looked at before anything is stored, followed to its end."""

from __future__ import annotations

from accounts.models import ImportEntry
from tests.browser.desk import Desk

Verdict = ImportEntry.Verdict


def pasted(slug: str) -> str:
    """Three logins, one of them in a cookie header and one twice, and two lines that are none."""
    return "\n".join(
        [
            f"sb-imp-1-{slug}",
            f"sb-imp-2-{slug}",
            f"Cookie: passport_csrf_token=x; sessionid=sb-imp-3-{slug}; sid_guard=abc",
            "what is this?",
            f"sb-imp-1-{slug}",
            "short",
        ]
    )


def counted(desk: Desk) -> dict[str, int]:
    """What the preview says: verdict → how many."""
    links = desk.page.locator("nav.jm-choices a[href^='?verdict=']").all()
    return {str(each.get_attribute("href")).partition("=")[2]: int(each.inner_text().split()[-1]) for each in links}


def test_a_paste_is_previewed_stored_and_checked(desk: Desk) -> None:
    desk.typed += ["what is this?", f"imported {desk.look.slug}"]
    desk.open("/admin/accounts/account/")
    if desk.look.width < 1024:  # on a phone the buttons of a page are behind three dots
        desk.page.locator("main button, header button, [x-on\\:click]").filter(has_text="more_horiz").first.click()
    desk.page.locator("a[href$='/import/'], a[href$='/import']").locator("visible=true").first.click()
    desk.page.wait_for_url("**/importbatch/add/")
    desk.check()
    desk.page.fill("#id_text", pasted(desk.look.slug))
    desk.fill("#id_tags", f"imported {desk.look.slug}")
    desk.click("form.jm-panel button[type=submit]")
    desk.check()
    assert counted(desk) == {Verdict.NEW: 3, Verdict.REPEATED: 1, Verdict.BAD: 2}
    assert f"sb-imp-1-{desk.look.slug}" not in desk.page.content()
    desk.click("nav.jm-choices a[href='?verdict=bad']")
    desk.check()
    desk.click("[name=store]")
    desk.page.wait_for_selector("#bulk-progress [data-over]")
    desk.sees(desk.words("%(done)s of %(total)s done", done=3, total=3))
    desk.check()
    desk.open(f"/admin/accounts/account/?q=0{desk.look.slug}")
    desk.open("/admin/accounts/account/?tag=imported+" + desk.look.slug)
    assert desk.row("").count() == 3


def test_a_discarded_preview_stores_nothing(desk: Desk) -> None:
    desk.open("/admin/accounts/importbatch/add/")
    desk.page.fill("#id_text", f"sb-never-{desk.look.slug}")
    desk.click("form.jm-panel button[type=submit]")
    desk.click("[name=discard]")
    desk.check()
    assert desk.page.url.endswith("/importbatch/add/")
    tail = f"{desk.look.slug}"[-4:]
    stored = desk.gateway.rows(f"SELECT COUNT(*) FROM accounts_account WHERE name LIKE '%never%{tail}'")
    assert stored == [(0,)]
