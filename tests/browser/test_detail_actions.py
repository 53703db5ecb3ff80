"""What is done with one result on its page, in a real browser: kept, thrown away, taken home, and looked for late."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.gallery import ONE_LOOK, TWO_LOOKS, open_gallery, tiles
from tests.live import Gateway, images_body, wait_until

# A video that Jimeng has, as if its time had been over before it was there.
_GIVE_UP = """
from generation.models import Generation, Media
Media.objects.filter(generation__public_id="{public_id}").delete()
failed = {{"status": "failed", "error_code": "timed_out"}}
assert Generation.objects.filter(public_id="{public_id}", status="succeeded").update(**failed) == 1
"""


@pytest.fixture(scope="module")
def api(gateway: Gateway) -> Iterator[httpx.Client]:
    """A program with a key that only the account Act serves."""
    gateway.manage("account_add", "-", "--name", "Act", stdin="sb-for-acting")
    key = gateway.manage("keys", "create", "acting", "--accounts", "Act").splitlines()[-1]
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=60, trust_env=False) as http:
        yield http


def made(api: httpx.Client, prompt: str, **fields: object) -> str:
    answer = api.post("/v1/images/generations", json=images_body(prompt=prompt, **fields))
    assert answer.status_code == 200, answer.text
    public_id: str = answer.json()["jimeng"]["id"]
    return public_id


def press(desk: Desk, action: str) -> None:
    """The button of all of it, not of one of its files."""
    desk.click(f".detail-actions button[value={action}]")


@pytest.mark.parametrize("look", TWO_LOOKS, indirect=True, ids=str)
def test_it_is_pinned_thrown_away_and_taken_back(desk: Desk, api: httpx.Client) -> None:
    prompt = f"a kept heron {desk.look.slug}"
    public_id = made(api, prompt)
    desk.open(f"/history/{public_id}/")
    press(desk, "pin")
    desk.sees(desk.words("Pinned"), within=".detail-head")
    open_gallery(desk, pinned=1)
    expect(tiles(desk, prompt)).to_have_count(1)
    desk.open(f"/history/{public_id}/")
    press(desk, "unpin")
    expect(desk.page.locator(".detail-actions button[value=pin]")).to_be_visible()
    open_gallery(desk, pinned=1)
    expect(tiles(desk, prompt)).to_have_count(0)
    desk.open(f"/history/{public_id}/")
    press(desk, "delete")
    desk.check()  # asked first
    desk.click("main .question button")
    open_gallery(desk, q=prompt)
    expect(tiles(desk, prompt)).to_have_count(0)
    desk.open(f"/history/{public_id}/")
    desk.sees(desk.words("In the trash"), within=".detail-head")
    press(desk, "restore")
    open_gallery(desk, q=prompt)
    expect(tiles(desk, prompt)).to_have_count(1)


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
def test_all_of_it_is_taken_home_in_one_file(desk: Desk, api: httpx.Client) -> None:
    desk.open(f"/history/{made(api, 'four to take', n=4)}/")
    with desk.page.expect_download() as download:
        desk.page.locator(".detail-actions form[action$='/live/archive/'] button").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if name != "index.csv"]) == 4


@pytest.mark.parametrize("look", ONE_LOOK, indirect=True, ids=str)
def test_a_video_that_came_late_is_looked_for_by_a_button(desk: Desk, api: httpx.Client) -> None:
    public_id = api.post("/v1/videos", json={"prompt": "a late heron", "model": "jimeng-video-3.0"}).json()["id"]
    path = f"/v1/videos/{public_id}"
    wait_until(lambda: api.get(path).json()["status"] == "completed", timeout_s=60, what="the video is there")
    desk.gateway.manage("shell", "-v0", "-c", _GIVE_UP.format(public_id=public_id))
    desk.open(f"/history/{public_id}/")
    desk.sees("failed", within=".detail-head")
    desk.click(".detail-trouble form[action$='/look-again/'] button")
    expect(desk.page.locator("#messages")).not_to_be_empty()
    desk.reload_until(lambda: desk.page.locator(".detail-picture video").count() > 0)
    desk.sees("succeeded", within=".detail-head")
    expect(desk.page.locator(".detail-trouble")).to_have_count(0)
    assert api.get(path).json()["status"] == "completed"
