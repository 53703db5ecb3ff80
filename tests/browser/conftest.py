"""One sandbox and one gateway for all of them, and a desk for each width and language: each test has its own logins."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.desk import Desk, Look
from tests.browser.museum import Museum, open_museum
from tests.live import Gateway, Sandbox
from tests.live_admin import OPERATOR

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HERE = Path(__file__).parent
LOOKS = [Look(width=width, language=language) for width in (1280, 390) for language in ("en", "zh-hans")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"))


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Takes every sessionid for a login that lives, but for the faults in its name."""
    log = tmp_path_factory.mktemp("sandbox") / "sandbox.log"
    running = Sandbox(log, "--image-seconds", "0.3", "--video-seconds", "0.5", "--media-scale", "0.1")
    yield running
    running.close()


@pytest.fixture(scope="package")
def gateway(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("gateway") / "data", upstream=sandbox.url, **OPERATOR)
    gateway.manage("createsuperuser", "--noinput", "--email", "operator@example.com")
    gateway.start()
    yield gateway
    gateway.close()


@pytest.fixture(scope="package")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    """A second gateway, with a long history and something in every state."""
    museum = open_museum(tmp_path_factory.mktemp("museum"))
    yield museum
    museum.gateway.close()
    museum.sandbox.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    chosen: Look = request.param
    return chosen


@pytest.fixture(scope="package")
def sessions() -> dict[str, str]:
    """The session cookie by look: one logs in once."""
    return {}


@pytest.fixture(scope="package")
def typed() -> list[str]:
    """What people typed, their clients are called and Jimeng said, in any of the tests: each adds its own."""
    jimeng = ["content filtered", "login expired", "session expired"]
    prompts = ["a lighthouse in the mist", "[refused] by Jimeng", "served by nobody", "[refused]"]
    return [*jimeng, *prompts, "operator", "every page", "every-page", "anybody", "of Zoe only", "Zoe", "python-httpx"]


@pytest.fixture
def desk(gateway: Gateway, browser: Browser, look: Look, sessions: dict[str, str], typed: list[str]) -> Iterator[Desk]:
    """The operator, logged in, before the dashboard."""
    desk = Desk(gateway, browser, look, typed)
    if str(look) in sessions:
        desk.continue_session(sessions[str(look)])
    else:
        desk.log_in()
        sessions[str(look)] = desk.session()
    yield desk
    desk.leave()
