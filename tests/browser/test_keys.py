"""A key with limits: shown once, it works over HTTP, and its limits hold."""

from __future__ import annotations

import httpx
import pytest

from tests.browser.desk import Desk
from tests.live import Gateway, images_body

KEYS = "/admin/accounts/apikey/"


@pytest.fixture(scope="module")
def _login(gateway: Gateway) -> None:
    gateway.add_accounts(["sb-for-the-keys"])


@pytest.mark.usefixtures("_login")
def test_a_minted_key_is_shown_once_and_keeps_to_its_limits(desk: Desk) -> None:
    name = f"Kim {desk.look.slug}"
    desk.open(KEYS)
    desk.click(f"a[href^='{KEYS}add/']")
    desk.fill("#id_name", name)
    desk.fill("#id_requests_per_minute", "1")
    desk.fill("#id_credits_per_day", "100")
    desk.check()
    desk.click("[name=_save]")
    key = desk.page.input_value("#new-key")
    desk.typed += [key]
    desk.check()
    desk.click("#copy-key")
    desk.sees(desk.words("Copied"), within="#copy-key")

    with httpx.Client(base_url=desk.gateway.url, trust_env=False, timeout=60) as http:
        http.headers["authorization"] = f"Bearer {key}"
        assert http.post("/v1/images/generations", json=images_body()).status_code == 200
        assert http.post("/v1/images/generations", json=images_body()).status_code == 429

    desk.page.reload()  # shows the key's page: nothing is minted again, nothing shown twice
    assert key not in desk.page.content()
    desk.typed += [key[:9]]
    desk.check()
    desk.sees(desk.words("requests in this minute"))
    desk.click("a[href*='api_key__id__exact=']")
    desk.check()
    assert desk.row("gen_").count() == 1
