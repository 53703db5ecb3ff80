"""The sandbox's calendar over HTTP: gifts lapse at the end of the Shanghai day, and its clock can be moved on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.sandbox.builders import CREDIT_HISTORY, CREDIT_RECEIVE, MODEL_30, USER_CREDIT, submission
from tests.sandbox.callers import Caller
from tests.sandbox.conftest import running, until
from tests.sandbox.input_builders import video

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def own() -> Iterator[httpx.Client]:
    """A sandbox whose clock no other test minds."""
    with (
        running("--image-seconds", "0", "--media-scale", "0.05") as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield client


def both_shapes(http: httpx.Client, faults: str) -> list[Caller]:
    """Callers of accounts that answer the balance in `response`, then one that does in `data`."""
    found: dict[bool, Caller] = {}
    for number in range(40):
        one = Caller(http, f"sb-cal{number:02}--{faults}")
        found.setdefault("response" in one.call(USER_CREDIT, {}), one)
    return [found[True], found[False]]


def advance(http: httpx.Client, seconds: float) -> datetime:
    answer = http.post("/_control/clock", json={"advance_s": seconds})
    assert answer.status_code == 200, answer.text
    return datetime.fromtimestamp(answer.json()["now"], SHANGHAI)


def to_next_day(http: httpx.Client) -> datetime:
    """Ten minutes into the next Shanghai day."""
    now = advance(http, 0)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=10, second=0, microsecond=0)
    return advance(http, (midnight - now).total_seconds())


def receive(one: Caller) -> tuple[str, int]:
    answer = one.call(CREDIT_RECEIVE, {"time_zone": "Asia/Shanghai"})
    return str(answer["ret"]), (answer["data"] or {}).get("receive_quota", 0)


def page(http: httpx.Client, one: Caller) -> dict[str, Any]:
    return dict(http.get("/_control/accounts").json()[one.sessionid.removeprefix("sb-").partition("--")[0]])


def told(one: Caller) -> dict[str, Any]:
    answer = one.call(USER_CREDIT, {})
    return dict(json.loads(answer["response"]) if "response" in answer else answer["data"])


def test_the_daily_gift_lapses_at_the_end_of_the_day_and_comes_anew(own: httpx.Client) -> None:
    to_next_day(own)  # away from a midnight that may be near
    for one in both_shapes(own, "credits:5"):
        now = advance(own, 0)
        assert receive(one) == ("0", 66)
        assert receive(one)[1] == 0
        tonight = now.replace(hour=23, minute=59, second=59, microsecond=0)
        answer = told(one)
        assert answer["credit"]["gift_credit"] == 71
        if "expiring_credits" in answer:
            assert answer["expiring_credits"] == [{"credit_amount": 66, "expire_time": int(tonight.timestamp())}]
        one.record_id(submission(MODEL_30, count=8))  # 16 of those that lapse
        to_next_day(own)
        assert (told(one)["credit"]["gift_credit"], page(own, one)["lapsed"]) == (5, 50)
        assert receive(one) == ("0", 66)
        titles = [record["title"] for record in history(one)]
        assert titles == ["Daily gift", "Lapsed", "Image", "Daily gift", "Start"]


def history(one: Caller) -> list[dict[str, Any]]:
    return list(one.call(CREDIT_HISTORY, {"count": 20, "cursor": "0"})["data"]["records"])


def test_what_callers_clocks_tell_is_held_against_the_real_time(own: httpx.Client) -> None:
    advance(own, 5 * 86_400)
    one = Caller(own, "sb-traveller")
    record_id = one.record_id()
    assert until(lambda: one.history(record_id)[record_id]["status"] == 50)
    assert own.get("/_control/ledger").json()["violations"] == []


def test_time_that_is_skipped_finishes_work(own: httpx.Client) -> None:
    own.post("/_control/settings", json={"video_seconds": 900})
    one = Caller(own, "sb-patient")
    record_id = one.record_id(video())
    assert one.history(record_id)[record_id]["status"] != 50
    advance(own, 901)
    assert one.history(record_id)[record_id]["status"] == 50


def test_an_address_dies_on_the_sandboxs_clock(own: httpx.Client) -> None:
    one = Caller(own, "sb-latecomer")
    record_id = one.record_id(submission(count=1))
    address = one.history(record_id)[record_id]["item_list"][0]["common_attr"]["cover_url"]
    assert own.get(address).status_code == 200
    advance(own, 7201)
    assert own.get(address).status_code == 403


def test_the_clock_never_goes_back(own: httpx.Client) -> None:
    before = advance(own, 100)
    for nonsense in ({"advance_s": -1}, {"advance_s": "nan"}, {}):
        assert own.post("/_control/clock", json=nonsense).status_code == 400
    assert timedelta() <= advance(own, 0) - before < timedelta(seconds=60)
    own.post("/_control/reset")
    assert advance(own, 0) < before


def test_accounts_begin_with_bought_and_member_credits(caller: Callable[..., Caller]) -> None:
    for one in (caller("credits:4--purchase:30--vip_20") for _ in range(4)):  # both shapes are among these
        assert told(one)["credit"] == {"vip_credit": 20, "gift_credit": 4, "purchase_credit": 30}
        one.record_id(submission(MODEL_30, count=5))  # 10: the gift of 4 and 6 of the member's
        assert told(one)["credit"] == {"vip_credit": 14, "gift_credit": 0, "purchase_credit": 30}


def test_gifts_of_the_start_lapse_only_if_that_is_said(own: httpx.Client) -> None:
    stays, goes = Caller(own, "sb-stays--credits:7"), Caller(own, "sb-goes--credits:7--lapses")
    assert [one.balance() for one in (stays, goes)] == [7, 7]
    to_next_day(own)
    assert [one.balance() for one in (stays, goes)] == [7, 0]


def test_credits_are_set_at_run_time(own: httpx.Client) -> None:
    one = Caller(own, "sb-set--credits:7--lapses")
    body = {"sessionid": one.sessionid, "credits": 3, "purchase": 9, "vip": 8}
    assert own.post("/_control/accounts", json=body).json() == {"name": "set", "balance": 20}
    own.post("/_control/accounts", json={"sessionid": one.sessionid, "purchase": 0, "faults": ""})
    assert told(one)["credit"] == {"vip_credit": 8, "gift_credit": 3, "purchase_credit": 0}
    to_next_day(own)
    assert (one.balance(), page(own, one)["lapsed"]) == (8, 3)


def test_a_refund_of_what_has_lapsed_meanwhile_lapses(own: httpx.Client) -> None:
    own.post("/_control/settings", json={"image_seconds": 86_400})
    one = Caller(own, "sb-unlucky--credits:12--lapses--failed")
    one.record_id(submission(count=4))
    advance(own, 2 * 86_400)
    assert (one.balance(), page(own, one)["lapsed"]) == (0, 12)
    assert [record["title"] for record in history(one)] == ["Lapsed", "Refund", "Image", "Start"]


def test_prices_change_at_run_time(own: httpx.Client) -> None:
    prices = {"jimeng-4.5/2k": 5, "jimeng-video-3.0/5": 12}
    assert own.post("/_control/settings", json={"prices": prices}).json()["prices"] == prices
    one = Caller(own, "sb-payer--credits:100")
    one.record_id(submission(count=4))
    assert one.balance() == 100 - 4 * 5
    one.record_id(video())
    assert one.balance() == 80 - 12
    own.post("/_control/settings", json={"prices": {}})
    one.record_id(submission(count=4))
    assert one.balance() == 68 - 4 * 3
    assert own.post("/_control/settings", json={"prices": {"jimeng-4.5/2k": "dear"}}).status_code == 400
