"""The pictures of the pages in docs/images, drawn anew by `make screenshots`: of a sandbox and a gateway of its own."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.live import ROOT, Gateway, Sandbox, images_body
from tests.live_admin import OPERATOR

IMAGES: Final = ROOT / "docs" / "images"
COLOURS: Final = 256
THEMES: Final = ("light", "dark")
ACCOUNTS: Final = {"Alice": "sb-alice-1", "Bob": "sb-bobby-1", "Carol": "sb-carol--expired"}
MIST: Final = "A lighthouse in the morning mist, watercolour"
# Prompt, ratio, number of pictures. The last ones come first in the history.
ASKED: Final = (
    ("A fox asleep in autumn leaves, soft light", "1:1", 2),
    ("江南水乡的清晨，薄雾，乌篷船，水墨风格", "3:4", 3),
    ("Portrait of an old fisherman, film grain", "2:3", 1),
    ("赛博朋克城市夜景，霓虹灯，雨后街道", "16:9", 4),
    ("Panorama of a mountain lake at dawn", "21:9", 1),
    ("[filtered] a scene that Jimeng does not allow", "1:1", 1),
    ("一只戴着宇航员头盔的橘猫，棚拍", "9:16", 2),
    ("Isometric tiny island with a red-roofed cottage", "4:3", 4),
)
FILMED: Final = ("A paper boat on a rainy street, slow motion", "海浪拍打礁石，慢镜头")
# All pictures on the screen are there: small ones are made when they are first asked for.
ARE_SHOWN: Final = """() => [...document.images].every((each) => {
  const box = each.getBoundingClientRect();
  return box.top > innerHeight || box.bottom < 0 || box.width === 0 || (each.complete && each.naturalWidth > 0);
})"""
SHOWN: Final = "赛博朋克城市夜景"  # of which the detail page and the large view are drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """`suffix`: what the files' names say of it, before the theme."""

    width: int
    height: int
    locale: str
    suffix: str = ""


LAPTOP: Final = Screen(width=1280, height=840, locale="en-GB")
PHONE: Final = Screen(width=390, height=844, locale="zh-CN", suffix="-phone-zh")


# --- what is to be seen ---------------------------------------------------------------------------


@contextmanager
def running_gateway() -> Iterator[tuple[Sandbox, Gateway]]:
    """In front of a sandbox, with a pool of three and an operator."""
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        sandbox = Sandbox(Path(folder) / "sandbox.log", "--image-seconds", "1", "--video-seconds", "2", "--seed", "7")
        gateway = Gateway(Path(folder) / "data", upstream=sandbox.url, **OPERATOR)
        try:
            for name, sessionid in ACCOUNTS.items():
                gateway.manage("account_add", "-", "--name", name, stdin=sessionid)
            gateway.manage("createsuperuser", "--noinput", "--email", "operator@example.com")
            gateway.start()
            yield sandbox, gateway
        finally:
            gateway.close()
            sandbox.close()


def fill(gateway: Gateway) -> None:
    """Ask for all of it, one after the other, so that the order is the same each time."""
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=120) as http:
        http.headers["authorization"] = f"Bearer {gateway.new_key('studio')}"
        for at, (prompt, ratio, count) in enumerate(ASKED):
            http.post("/v1/images/generations", json=images_body(prompt=prompt, ratio=ratio, n=count))
            if at in (3, 5):
                film(http, FILMED[at // 4])


def film(http: httpx.Client, prompt: str, **fields: Any) -> None:
    body = {"model": "jimeng-video-3.0", "prompt": prompt, "ratio": "16:9", **fields}
    http.post("/v1/videos/generations", json=body).raise_for_status()


def create_something(page: Page) -> None:
    """On the page itself, so that it has results of its own."""
    page.goto("/create/")
    page.fill("#prompt", MIST)
    page.click("label:has(input[name=ratio][value='4:3'])")
    page.click("#create-button")
    expect(page.locator("#results article.result img").first).to_be_visible(timeout=60_000)


# --- pages ----------------------------------------------------------------------------------------


def draw_home(page: Page) -> None:
    page.goto("/")


def draw_history(page: Page) -> None:
    page.goto("/history/")


def draw_table(page: Page) -> None:
    page.goto("/history/?view=table")


def draw_large(page: Page) -> None:
    page.goto("/history/")
    page.locator(f"#gallery a.open[data-full]:has(img[alt^='{SHOWN}'])").first.click()
    expect(page.locator("#lightbox img, #lightbox video").first).to_be_visible()


def draw_detail(page: Page) -> None:
    page.goto(f"/history/?view=table&q={SHOWN}")
    page.locator("#gallery td.prompt a").first.click()
    page.wait_for_url("**/history/gen_*/")


def draw_create(page: Page) -> None:
    page.goto("/create/")
    page.fill("#prompt", "")
    page.locator("#prompt").press_sequentially(
        "黄昏的海边灯塔，暖色调，胶片质感" if "zh" in page.evaluate("document.documentElement.lang") else MIST
    )
    page.click("label:has(input[name=ratio][value='16:9'])")
    expect(page.locator("#estimate")).to_contain_text("2560")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0); document.querySelector('.composer').scrollTo(0, 0)")


def draw_retention(page: Page) -> None:
    page.goto("/history/retention/")
    page.locator("button[value=count]").click()
    page.wait_for_load_state("load")


def draw_login(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/login/")


ON_LAPTOP: Final[dict[str, Callable[[Page], None]]] = {
    "home": draw_home,
    "history": draw_history,
    "history-table": draw_table,
    "lightbox": draw_large,
    "detail": draw_detail,
    "create": draw_create,
    "retention": draw_retention,
    "login": draw_login,  # logs out: the last
}
ON_PHONE: Final = {"home": draw_home, "history": draw_history, "create": draw_create}


# --- drawing --------------------------------------------------------------------------------------


def visit(browser: Browser, gateway: Gateway, screen: Screen, theme: str) -> BrowserContext:
    """Somebody who is logged in, with that screen and theme."""
    context = browser.new_context(
        base_url=gateway.url,
        viewport={"width": screen.width, "height": screen.height},
        locale=screen.locale,
        color_scheme="dark" if theme == "dark" else "light",
        is_mobile=screen is PHONE,
        has_touch=screen is PHONE,
    )
    page = context.new_page()
    page.goto("/login/?next=/create/")
    page.fill("input[name=username]", OPERATOR["DJANGO_SUPERUSER_USERNAME"])
    page.fill("input[name=password]", OPERATOR["DJANGO_SUPERUSER_PASSWORD"])
    page.click("form.login button")
    page.wait_for_url("**/create/")
    return context


def draw(page: Page, path: Path) -> None:
    """What stands on the screen, as a small file: a palette is enough for pages."""
    page.wait_for_function(ARE_SHOWN)
    page.wait_for_timeout(400)  # movements end
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    palette = shot.quantize(COLOURS)
    shot.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def draw_all(browser: Browser, sandbox: Sandbox, gateway: Gateway) -> None:
    first = visit(browser, gateway, LAPTOP, "light")
    create_something(first.pages[0])
    first.close()
    sandbox.settings(video_seconds=600)
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=60) as http:
        http.headers["authorization"] = f"Bearer {gateway.new_key('my-bot')}"
        film(http, "A kite over the dunes at sunset", **{"async": True})
    for theme in THEMES:
        for screen, pages in ((LAPTOP, ON_LAPTOP), (PHONE, ON_PHONE)):
            context = visit(browser, gateway, screen, theme)
            for name, prepare in pages.items():
                prepare(context.pages[0])
                draw(context.pages[0], IMAGES / f"page-{name}{screen.suffix}-{theme}.png")
            context.close()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with running_gateway() as (sandbox, gateway), sync_playwright() as playwright:
        fill(gateway)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        draw_all(browser, sandbox, gateway)
        browser.close()
    sizes = [path.stat().st_size for path in IMAGES.glob("page-*.png")]
    print(f"{len(sizes)} pictures, {sum(sizes) / 1e6:.1f} MB in {IMAGES.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
