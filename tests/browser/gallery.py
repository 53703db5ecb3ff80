"""Somebody in the gallery: tiles by their prompts, and requests of a client meanwhile."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Locator, expect

from tests.browser.desk import Desk, Look
from tests.live import Gateway, images_body

ONE_LOOK = [Look(width=1280, language="en")]
TWO_LOOKS = [Look(width=1280, language="en"), Look(width=390, language="zh-hans")]
PROMPTS = {"two": "二 two herons at dawn", "four": "四 four herons at dusk", "refused": "[refused] herons"}
HOSTILE = '<script>window.hurt = 1</script>"><img src=x onerror="window.hurt = 2"> herons'
TYPED = [*PROMPTS.values(), HOSTILE, "herons", "gallery key", "MissingWord"]


def ask(gateway: Gateway, key: str, prompt: str, **fields: Any) -> int:
    """Ask for pictures over HTTP and wait for them. Returns the status."""
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=60) as http:
        http.headers["authorization"] = f"Bearer {key}"
        return http.post("/v1/images/generations", json=images_body(prompt=prompt, **fields)).status_code


def open_gallery(desk: Desk, **query: Any) -> None:
    desk.open("/history/" + (f"?{urlencode(query)}" if query else ""))


def tiles(desk: Desk, prompt: str) -> Locator:
    """The tiles, or rows of the table, of a prompt."""
    return desk.page.locator("#gallery [data-id]").filter(has_text=prompt)


def select(desk: Desk, tile: Locator) -> None:
    tile.hover()
    tile.locator("input[name=ids]").check()


def press(desk: Desk, action: str) -> None:
    desk.page.locator(f".selection-bar button[value={action}]").click()


def is_told(desk: Desk, words: str) -> None:
    expect(desk.page.locator("#toasts")).to_contain_text(words)
