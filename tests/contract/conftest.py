"""One sandbox and one gateway for all contract tests: they change nothing that another would see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import Gateway, Sandbox

ACCOUNTS = ["sb-alice-contract", "sb-bob-contract"]
# Logins of their own, not in the pool, and what is wrong with them.
GUESTS = ["sb-guest-contract", "sb-poor--nocredits", "sb-dead--expired", "sb-strict--filtered"]


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    options = [f"--account={sessionid}" for sessionid in [*ACCOUNTS, *GUESTS]]
    running = Sandbox(
        tmp_path_factory.mktemp("sandbox") / "sandbox.log",
        "--closed",
        "--image-seconds",
        "0.5",
        "--video-seconds",
        "1",
        "--media-scale",
        "0.1",
        *options,
    )
    yield running
    running.close()


@pytest.fixture(scope="package")
def gateway(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("gateway") / "data", upstream=sandbox.url)
    gateway.add_accounts(ACCOUNTS)
    # Its own results may be inputs again, though it stands on a private address.
    gateway.start(JIMENG_FETCH_ALLOW_HOSTS=f"127.0.0.1:{gateway.port}")
    yield gateway
    gateway.close()


@pytest.fixture(scope="package")
def api_key(gateway: Gateway) -> str:
    return gateway.new_key()
