"""A failed request, followed to its reason: found by a question, told in words, with which accounts could not serve."""

from __future__ import annotations

import httpx
import pytest

from generation.wording import ERRORS
from tests.browser.desk import Desk
from tests.live import Gateway, images_body

LIST = "/admin/generation/generation/"


@pytest.fixture(scope="module")
def _failed(gateway: Gateway) -> None:
    """One that Jimeng refused, and one of a key whose only account has no login any more."""
    gateway.add_accounts(["sb-for-failures"])
    gateway.manage("account_add", "-", "--name", "Zoe", stdin="sb-zoe--expired")
    for name, prompt, status in (("anybody", "[refused] by Jimeng", 400), ("of Zoe only", "served by nobody", 503)):
        options = ["--accounts", "Zoe"] if status == 503 else []
        key = gateway.manage("keys", "create", name, *options).splitlines()[-1]
        answer = httpx.post(
            f"{gateway.url}/v1/images/generations",
            json=images_body(prompt=prompt),
            headers={"authorization": f"Bearer {key}"},
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == status, answer.text


def to_failed_today(desk: Desk) -> None:
    """By the list's own filters."""
    desk.open(LIST)
    desk.page.locator("a[x-on\\:click='filterOpen = true']").first.click()
    desk.page.locator("#changelist-filter input[name=which][value=failed_today]").check()
    desk.check()
    desk.click("#filter-form button[type=submit]")
    desk.page.wait_for_url("**which=failed_today**")
    desk.check()


@pytest.mark.usefixtures("_failed")
def test_a_refusal_is_told_in_words_with_what_jimeng_said(desk: Desk) -> None:
    to_failed_today(desk)
    words = desk.words(ERRORS["content_policy_violation"])
    row = desk.row("[refused] by Jimeng").filter(has_text=words)
    row.locator("th a").first.click()
    desk.page.wait_for_url("**/change/**")
    desk.check()
    desk.sees(words)
    desk.sees(desk.words("Why this account?"))


@pytest.mark.usefixtures("_failed")
def test_without_an_account_it_says_why_there_was_none(desk: Desk) -> None:
    to_failed_today(desk)
    desk.row("served by nobody").locator("th a").first.click()
    desk.page.wait_for_url("**/change/**")
    desk.check()
    panel = desk.page.locator("section").filter(has_text=desk.words("Why no account?"))
    assert "Zoe" in panel.inner_text()
    desk.sees(desk.words("its login has expired"))
