"""A gateway whose account has a proxy: pictures come through it, and a dead one spends nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.generation.proxy_servers import Mood, Proxy, proxying
from tests.live import Gateway, Sandbox, images_body, wait_until
from tests.live_admin import OPERATOR, Browser

PAGE = "/admin/accounts/account/1/"
PASSWORD = "ann:very-secret"


@contextmanager
def running(scheme: str, *, mood: Mood = "well", credentials: str = "") -> Iterator[Proxy]:
    """A proxy on a thread of its own."""
    loop, started, proxies = asyncio.new_event_loop(), threading.Event(), []
    stop = asyncio.Event()

    async def serve() -> None:
        async with proxying(scheme, mood=mood, credentials=credentials) as proxy:
            proxies.append(proxy)
            started.set()
            await stop.wait()
            proxy.hang_up()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait(10)
    try:
        yield proxies[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


class Desk:
    """The account's page, and what the API answers meanwhile."""

    def __init__(self, gateway: Gateway, sandbox: Sandbox) -> None:
        self.gateway, self.sandbox = gateway, sandbox
        self.browser = Browser(gateway)
        self.browser.sign_in()
        self.key = gateway.new_key()

    def give(self, proxy: str) -> None:
        fields = {"name": "alice", "enabled": "on", "priority": "0", "tags": "", "notes": "", "new_proxy": proxy}
        assert "is tested now" in self.browser.post(f"{PAGE}change/", **fields).text

    def tested(self) -> str:
        """What the page says once the test has ended."""
        return wait_until(
            lambda: text if "data-again" not in (text := self.browser.page(f"{PAGE}proxy-state/")) else "",
            timeout_s=30,
            what="the proxy was tested",
        )

    def generate(self) -> httpx.Response:
        return httpx.post(
            f"{self.gateway.url}/v1/images/generations",
            json=images_body(),
            headers={"authorization": f"Bearer {self.key}"},
            timeout=60,
            trust_env=False,
        )


@pytest.fixture
def desk(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], tmp_path: Path) -> Iterator[Desk]:
    sandbox = new_sandbox()
    sandbox.settings(image_seconds=[0.2, 0.2], media_scale=0.1)
    gateway = new_gateway(sandbox, JIMENG_QUEUE_TIMEOUT_S="1", LOG_LEVEL="DEBUG", **OPERATOR)
    gateway.add_accounts(["sb-alice"])
    gateway.start()
    made = Desk(gateway, sandbox)
    yield made
    made.browser.close()


def test_pictures_come_through_the_proxy(desk: Desk) -> None:
    with running("socks5", credentials=PASSWORD) as proxy:
        desk.give(proxy.url(PASSWORD))
        assert "Jimeng was reached" in desk.tested()
        assert desk.generate().status_code == 200
        assert set(proxy.targets) == {f"127.0.0.1:{desk.sandbox.port}"}
    assert "very-secret" not in desk.gateway.log_text()
    assert "very-secret" not in desk.browser.page(f"{PAGE}change/")


def test_a_proxy_that_dies_spends_nothing_and_another_one_works_at_once(desk: Desk) -> None:
    with running("http") as proxy:
        desk.give(proxy.url())
        assert "Jimeng was reached" in desk.tested()
    answer = desk.generate()
    assert answer.status_code in (429, 503)
    assert desk.sandbox.ledger()["submissions"] == []
    desk.browser.post(f"{PAGE}proxy-test/")
    assert "could not be reached" in desk.tested()
    [(health, reason)] = desk.gateway.rows("SELECT health, rest_reason FROM accounts_account")
    assert (health, reason) == ("resting", "unreachable")
    with running("http") as better:
        desk.give(better.url())
        assert "Jimeng was reached" in desk.tested()
        # Its rest has to end first.
        wait_until(lambda: desk.generate().status_code == 200, timeout_s=60, what="it serves again")
    assert len(desk.sandbox.ledger()["submissions"]) == 1
