"""The page of a generation: how far it is, what came of it, and what can be done, without loading it again."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious_findings
from tests.browser.desk import TIMEOUT_MS, Desk, Look
from tests.live import Gateway, Sandbox, images_body

PROMPT = "a lighthouse in the mist"
HOSTILE = "</pre><script>document.title='owned'</script> it's `$(date)` \x1b[201~ 雾"
STREAMS = """window.streams = [];
window.EventSource = class extends EventSource {
  constructor(...given) { super(...given); window.streams.push(this); }
};"""
ONE = pytest.mark.parametrize("look", [Look(width=1280, language="en")], ids=str)
PHONE = pytest.mark.parametrize("look", [Look(width=390, language="zh-hans")], ids=str)


@pytest.fixture(scope="module")
def api(gateway: Gateway) -> Iterator[httpx.Client]:
    """A program with a key that only the account Detail serves."""
    gateway.manage("account_add", "-", "--name", "Detail", stdin="sb-for-details")
    key = gateway.manage("keys", "create", "detail", "--accounts", "Detail").splitlines()[-1]
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=60, trust_env=False) as http:
        yield http


def made(api: httpx.Client, **fields: object) -> str:
    """The public id of a picture that is there."""
    answer = api.post("/v1/images/generations", json=images_body(**fields))
    assert answer.status_code == 200, answer.text
    public_id: str = answer.json()["jimeng"]["id"]
    return public_id


@pytest.fixture
def slow(sandbox: Sandbox) -> Iterator[None]:
    sandbox.settings(image_seconds=3, video_seconds=20)
    yield
    sandbox.settings(image_seconds=0.3, video_seconds=0.5)


@pytest.mark.usefixtures("slow")
@ONE
def test_the_same_again_is_seen_to_grow_until_it_is_there(desk: Desk, api: httpx.Client) -> None:
    first = made(api, prompt=PROMPT)
    desk.page.add_init_script(STREAMS)
    desk.open(f"/history/{first}/")
    desk.click(".detail-actions form[action$='/rerun/'] button")
    desk.page.wait_for_url(lambda url: first not in url)
    desk.page.evaluate("window.stays = true")
    bar = desk.page.locator("progress")
    expect(bar).to_be_visible()
    desk.page.wait_for_function("document.querySelector('progress')?.value > 5")
    expect(desk.page.locator(".detail-picture img")).to_be_visible(timeout=TIMEOUT_MS)
    expect(bar).to_have_count(0)
    assert desk.page.evaluate("window.stays") is True
    assert desk.page.evaluate("document.querySelector('.detail-picture img').naturalWidth") > 100
    desk.sees(desk.words("succeeded"), within=".detail-head")
    # There was one stream, and it is closed: one that only broke off would be asked for again.
    desk.page.wait_for_function("window.streams.every(each => each.readyState === EventSource.CLOSED)")
    assert desk.page.evaluate("window.streams.map(each => new URL(each.url).pathname.split('/')[2])") == ["generations"]
    assert desk.page.title().startswith("Picture gen_")


@pytest.mark.usefixtures("slow")
@PHONE
def test_what_waits_is_cancelled(desk: Desk, api: httpx.Client) -> None:
    asked = [api.post("/v1/videos", json={"prompt": PROMPT, "model": "jimeng-video-3.0"}).json() for _ in range(3)]
    desk.open(f"/history/{asked[-1]['id']}/")
    desk.click(".detail-actions form[action$='/cancel/'] button")
    desk.sees(desk.words("Cancelled; nothing was spent."), within="#messages")
    desk.sees(desk.words("cancelled"), within=".detail-head")
    assert api.get(f"/v1/videos/{asked[-1]['id']}").json()["status"] == "failed"


@ONE
def test_a_file_that_is_missing_comes_back_when_it_is_looked_for(desk: Desk, api: httpx.Client) -> None:
    public_id = made(api, prompt=PROMPT)
    lose = f"Media.objects.filter(generation__public_id='{public_id}').update(file='', size_bytes=None)"
    desk.gateway.manage("shell", "-c", f"from generation.models import Media; {lose}")
    desk.open(f"/history/{public_id}/")
    desk.sees(desk.words("The file is missing"))
    desk.click(".detail-missing button")
    desk.page.evaluate("window.stays = true")
    expect(desk.page.locator(".detail-picture img")).to_be_visible(timeout=TIMEOUT_MS)
    assert desk.page.evaluate("window.stays") is True


def test_it_fits_and_hinders_nobody(desk: Desk, api: httpx.Client) -> None:
    desk.typed += [PROMPT, "detail", "Detail", "[refused]", "KB", "SHA-256", "JIMENG_API_KEY", "curl", "Python"]
    ids = [made(api, prompt=PROMPT, n=2)]
    refused = api.post("/v1/images/generations", json=images_body(prompt="[refused]"))
    ids.append(refused.json()["error"]["message"].rpartition(" ")[2])
    for public_id in ids:
        desk.open(f"/history/{public_id}/")
        desk.page.locator(".detail-technical summary").click()
        assert serious_findings(desk.page) == []
        desk.page.locator(".detail-technical summary").click()
        desk.page.evaluate(
            "document.querySelectorAll('pre').forEach(each => each.remove())"
        )  # is no language of people
        desk.check()


@ONE
def test_examples_are_copied_as_they_stand_and_a_hostile_prompt_is_a_prompt(desk: Desk, api: httpx.Client) -> None:
    desk.open(f"/history/{made(api, prompt=HOSTILE)}/")
    assert "owned" not in desk.page.title()
    page = desk.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.locator("#python")).to_be_hidden()
    page.locator("label").filter(has_text="Python").click()
    expect(page.locator("#curl")).to_be_hidden()
    button = page.locator("[data-copy='#python']")
    button.dblclick()
    expect(button).to_have_text("Copied")
    expect(button).to_have_text("Copy")  # again, however often it was pressed
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#python").text_content()
    assert f"prompt={HOSTILE!r}," in copied


@ONE
def test_without_scripts_it_is_read_and_works(desk: Desk, api: httpx.Client) -> None:
    public_id = made(api, prompt=PROMPT)
    context = desk.browser.new_context(java_script_enabled=False, base_url=desk.gateway.url)
    context.add_cookies([{"name": "sessionid", "value": desk.session(), "url": desk.gateway.url}])
    page = context.new_page()
    page.goto(f"/history/{public_id}/")
    page.locator(".detail-actions form[action$='/rerun/'] button").click()
    page.wait_for_url(lambda url: public_id not in url)
    # Reloads itself every few seconds while there is something to wait for.
    expect(page.locator(".detail-picture img")).to_be_visible(timeout=TIMEOUT_MS)
    page.locator("label").filter(has_text="Python").click()
    expect(page.locator("#python")).to_be_visible()
    context.close()
