"""The token endpoints against the sandbox: logins that live, died, are held, poor, and none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live import Gateway, Sandbox

# The names decide how a second request for the gift is answered: Anna's account says 0, Carl's refuses.
ALIVE, ANNA, CARL = "sb-token-alive-aaaa1111", "sb-token-bbbb2222", "sb-token-cccc3333"
DEAD, HELD = "sb-token-dead-dddd--expired", "sb-token-held-eeee--riskhold%40all"
POOR, NO_GIFT = "sb-token-poor-ffff--nocredits", "sb-token-nogift-gggg--no-gift"
ALL = [ALIVE, ANNA, CARL, DEAD, HELD, POOR, NO_GIFT]


@pytest.fixture(scope="module")
def http(sandbox: Sandbox, gateway: Gateway) -> Iterator[httpx.Client]:
    for sessionid in ALL:
        sandbox.account(sessionid)
    # As if each had asked for a picture before.
    store = f"from accounts.services import passthrough_accounts; passthrough_accounts(sessionids={ALL!r})"
    gateway.manage("shell", "-c", store)
    with httpx.Client(base_url=gateway.url, timeout=30, trust_env=False) as client:
        yield client


def ask(http: httpx.Client, what: str, tokens: list[str], **headers: str) -> Any:
    answer = http.post(f"/token/{what}", json={"tokens": tokens}, headers=headers)
    assert answer.status_code == 200, answer.text
    for token in tokens:
        assert token not in answer.text
    return answer.json()


def account(gateway: Gateway, token: str, columns: str) -> tuple[Any, ...]:
    (row,) = gateway.rows(f"SELECT {columns} FROM accounts_account WHERE sessionid_tail = '{token[-4:]}'")
    return row


def codes(results: list[dict[str, Any]]) -> list[str | None]:
    return [each["error"]["code"] if each["error"] else None for each in results]


def test_one_dead_login_does_not_fail_the_others(http: httpx.Client, gateway: Gateway) -> None:
    answer = ask(http, "check", [ALIVE, DEAD, HELD, "not a token"])
    assert answer["live"] is False
    assert [each["live"] for each in answer["results"]] == [True, False, False, False]
    assert codes(answer["results"]) == [None, "login_expired", "risk_hold", "invalid_token"]
    assert answer["results"][0]["screen_name"] == "token-alive-aaaa1111"
    assert answer["results"][0]["token"] == "sb…111"
    assert account(gateway, ALIVE, "health, screen_name") == ("alive", "token-alive-aaaa1111")
    assert account(gateway, DEAD, "health") == ("expired",)


def test_logins_in_the_bearer_are_asked_about(http: httpx.Client) -> None:
    answer = http.post("/v1/token/check", headers={"Authorization": f"Bearer {ALIVE},{ANNA}"})
    assert answer.status_code == 200
    assert answer.json()["live"] is True
    assert len(answer.json()["results"]) == 2


def test_points_are_those_of_the_account_and_are_kept(http: httpx.Client, gateway: Gateway) -> None:
    poor, dead, alive = ask(http, "points", [POOR, DEAD, ALIVE])
    assert poor["points"] == {"giftCredit": 0, "purchaseCredit": 0, "vipCredit": 0, "totalCredit": 0}
    assert (dead["points"], dead["error"]["code"]) == (None, "login_expired")
    assert alive["points"]["totalCredit"] == 10_000
    assert account(gateway, ALIVE, "gift_credits") == (10_000,)


def test_the_gift_comes_once_a_day(http: httpx.Client, gateway: Gateway) -> None:
    first = ask(http, "receive", [ANNA, CARL, DEAD, NO_GIFT])
    assert [each["received"] for each in first] == [66, 66, 0, 0]
    assert [each["already_received"] for each in first] == [False, False, False, True]
    assert codes(first) == [None, None, "login_expired", None]
    assert first[0]["points"]["totalCredit"] == 10_066
    again = ask(http, "receive", [ANNA, CARL])
    assert [(each["received"], each["already_received"]) for each in again] == [(0, True), (0, True)]
    assert codes(again) == [None, None]
    assert account(gateway, ANNA, "gift_credits") == (10_066,)
    assert account(gateway, ANNA, "checked_in_on") != (None,)


def test_a_login_given_twice_is_asked_about_once_and_answered_twice(http: httpx.Client, sandbox: Sandbox) -> None:
    path = "/passport/account/info/v2"
    before = sandbox.calls().get(path, 0)
    answer = ask(http, "check", [ALIVE, ALIVE, ALIVE])
    assert len(answer["results"]) == 3
    assert sandbox.calls()[path] == before + 1


def test_fifty_at_once_are_all_answered(http: httpx.Client, sandbox: Sandbox) -> None:
    many = [f"sb-token-many-{number:04d}" for number in range(50)]
    for token in many:
        sandbox.account(token)
    answer = ask(http, "points", many)
    assert [each["points"]["totalCredit"] for each in answer] == [10_000] * 50


def test_no_log_holds_a_login(http: httpx.Client, gateway: Gateway) -> None:
    ask(http, "check", ALL)
    log = gateway.log_text()
    assert log
    assert [token for token in ALL if token in log] == []


def test_without_pass_through_a_key_may_ask_and_nothing_is_stored(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    gateway = Gateway(tmp_path_factory.mktemp("closed") / "data", upstream=sandbox.url, JIMENG_PASSTHROUGH="false")
    stranger = "sb-token-stranger-0001"
    sandbox.account(stranger)
    gateway.start()
    try:
        key = {"Authorization": f"Bearer {gateway.new_key()}"}
        with httpx.Client(base_url=gateway.url, timeout=30, trust_env=False) as http:
            assert http.post("/token/check", json={"token": stranger}).status_code == 401
            for _ in range(2):  # the same device each time: another one would be held by risk control
                assert ask(http, "check", [stranger], **key)["live"] is True
        assert gateway.rows("SELECT COUNT(*) FROM accounts_account") == [(0,)]
    finally:
        gateway.close()
