"""`manage.py accounts` with real processes: a running gateway does the work, or the command itself if none runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox, wait_until

LINES = [
    "sb-alice",
    "sb-bob--expired",
    "sb-carol--riskhold%40account",
    "rubbish!",
    "sb-alice",
    "sb-dan--html%40account",
]
OUTCOMES = ["alive", "expired", "risk_hold", "unreachable"]


def outcomes(told: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["outcome"] for each in told["accounts"]}


def test_the_running_gateway_makes_the_probes(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    gateway = new_gateway(new_sandbox())
    gateway.start()
    told = json.loads(gateway.manage("accounts", "import", "-", "--json", stdin="\n".join(LINES)))
    assert told["counts"] == {"new": 4, "repeated": 1, "known": 0, "joins": 0, "bad": 1}
    assert [each["outcome"] for each in told["checks"]["accounts"]] == OUTCOMES
    assert gateway.manage("accounts", "probe", "…lice").endswith("1 accounts: 1 alive.")
    listed = json.loads(gateway.manage("accounts", "list", "--json"))
    assert [each["health"] for each in listed] == ["alive", "expired", "resting", "unknown"]
    assert listed[0]["credits"] == 10_000
    ill = json.loads(gateway.manage("accounts", "list", "--ill", "--json"))
    assert [each["id"] for each in ill] == [listed[1]["id"], listed[2]["id"]]


def test_without_a_gateway_the_command_makes_them_itself(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    gateway = new_gateway(new_sandbox())
    gateway.add_accounts(["sb-alice", "sb-bob--expired"])
    told = json.loads(gateway.manage("accounts", "probe", "--all", "--json"))
    assert outcomes(told) == {"…lice": "alive", "…ired": "expired"}
    left = gateway.manage("accounts", "probe", "…lice", "--no-wait")
    assert left.endswith("0 of 1 done; the gateway goes on with it as soon as it runs.")
    gateway.start()  # the lock is free again, and the engine takes up what was left
    wait_until(
        lambda: gateway.rows("SELECT count(*) FROM accounts_bulkitem WHERE done_at IS NULL") == [(0,)],
        timeout_s=20,
        what="the gateway has done what was left",
    )


CHECKED_IN = {"…lice": "received", "…gift": "already"}


@pytest.mark.parametrize("is_running", [True, False])
def test_gifts_are_asked_for_and_proxies_tried_by_whoever_is_there(
    is_running: bool, new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    gateway = new_gateway(new_sandbox())
    gateway.add_accounts(["sb-alice", "sb-bob--no-gift"])
    if is_running:
        gateway.start()
    told = json.loads(gateway.manage("accounts", "checkin", "--all", "--json"))
    assert outcomes(told) == CHECKED_IN
    assert gateway.rows("SELECT check_in_credits FROM accounts_account WHERE sessionid_tail = 'lice'") == [(66,)]
    gateway.manage("accounts", "import", "-", "--no-wait", stdin="sessionid,proxy\nsb-daniel,http://127.0.0.1:9")
    told = json.loads(gateway.manage("accounts", "testproxy", "…niel", "…lice", "--json"))
    assert outcomes(told) == {"…lice": "left_alone", "…niel": "unreachable"}


def test_the_same_user_with_a_new_sessionid_is_one_account(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox()
    gateway = new_gateway(sandbox)
    gateway.start()
    gateway.manage("accounts", "import", "-", "--tag", "old", stdin="sessionid,name\nsb-erinna,Erin")
    told = json.loads(gateway.manage("accounts", "import", "-", "--json", stdin="sb-erinna.2"))
    assert outcomes(told["checks"]) == {"…na.2": "merged"}
    (account,) = json.loads(gateway.manage("accounts", "list", "--json"))
    assert (account["name"], account["tags"], account["sessionid_ends_in"]) == ("Erin", ["old"], "na.2")
    (shown,) = json.loads(gateway.manage("accounts", "show", "Erin", "--json"))
    assert "merged" in [each["kind"] for each in shown["events"]]


def test_a_bundle_goes_from_one_gateway_to_another(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway], tmp_path: Path
) -> None:
    sandbox = new_sandbox()
    here, there = new_gateway(sandbox), new_gateway(sandbox)
    here.manage("accounts", "import", "-", "--no-wait", stdin="sessionid,name,tags\nsb-alice,Alice,a|b\nsb-bob,Bob,")
    bundle = tmp_path / "bundle.json"
    here.manage("accounts", "export", str(bundle), "--tag", "a", "--password-stdin", stdin="correct horse\n")
    assert bundle.stat().st_mode & 0o777 == 0o600
    assert "sb-alice" not in bundle.read_text()
    there.manage("accounts", "import", str(bundle), "--no-wait", "--password-stdin", stdin="correct horse\n")
    (account,) = json.loads(there.manage("accounts", "list", "--json"))
    assert (account["name"], account["tags"]) == ("Alice", ["a", "b"])
    device = "SELECT web_id, uid_tt FROM accounts_account WHERE name = 'Alice'"
    assert there.rows(device) == here.rows(device)


def test_a_key_is_rotated_while_the_gateway_works(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    gateway = new_gateway(new_sandbox(), JIMENG_ENCRYPTION_KEYS="")
    gateway.add_accounts(["sb-alice"])
    gateway.start()
    key_file = gateway.data_dir / "encryption_key"
    (first,) = key_file.read_text().split()
    stored = "SELECT sessionid_encrypted FROM accounts_account ORDER BY id"
    before = gateway.rows(stored)
    gateway.manage("encryption_key_rotate")
    assert gateway.rows(stored) != before
    assert gateway.manage("accounts", "probe", "…lice").endswith("1 alive.")
    gateway.manage("encryption_key_rotate", "--drop-old")
    assert first not in key_file.read_text()
    assert len(key_file.read_text().split()) == 1
    # The same process, started with the first key, reads what is under the third, and writes with it.
    assert gateway.manage("accounts", "probe", "…lice").endswith("1 alive.")
    answer = httpx.post(
        f"{gateway.url}/v1/images/generations",
        json={"model": "jimeng-4.5", "prompt": "a lighthouse", "n": 1},
        headers={"authorization": "Bearer sb-fresh"},
        timeout=60,
        trust_env=False,
    )
    assert answer.status_code == 200
    gateway.manage("encryption_key_rotate", "--resume", "--drop-old")
    assert gateway.manage("accounts", "probe", "--source", "any", "--all").endswith("2 alive.")
