"""The life of a submission: progress, credits, the ledger, duplicates, pictures and their addresses."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.sandbox.builders import (
    CREDIT_HISTORY,
    CREDIT_RECEIVE,
    HISTORY,
    HISTORY_RECORDS,
    MODEL_30,
    QUEUE_INFO,
    submission,
)
from tests.sandbox.callers import Caller
from tests.sandbox.conftest import running, until

Make = Callable[..., Caller]
Finished = Callable[[Caller, str], dict[str, Any]]
Ledger = Callable[[Caller], tuple[list[dict[str, Any]], int]]


def test_progress(caller: Make) -> None:
    one = caller("slow:8")
    answer = one.submit(submission(count=3))["data"]["aigc_data"]
    assert (answer["status"], answer["item_list"], answer["total_image_count"]) == (20, [], 3)
    assert answer["task"]["history_id"] == answer["history_record_id"]
    record_id = answer["history_record_id"]
    seen: list[tuple[int, int]] = []

    def is_complete() -> bool:
        record = one.history(record_id)[record_id]
        assert record["task"]["status"] == record["status"]
        assert record["finished_image_count"] == len(record["item_list"])
        seen.append((record["status"], len(record["item_list"])))
        return bool(record["status"] == 50)

    until(is_complete)
    assert list(dict.fromkeys(status for status, _ in seen)) == [20, 42, 45, 50]
    assert list(dict.fromkeys(items for _, items in seen)) == [0, 1, 2, 3]


def test_other_ways_to_the_same_record(caller: Make) -> None:
    one, other = caller(), caller()
    body = submission()
    record_id = one.record_id(body)
    by_submit_id = one.call(HISTORY, {"submit_ids": [body["submit_id"]]})["data"]
    assert by_submit_id[body["submit_id"]]["history_record_id"] == record_id
    records = one.call(HISTORY_RECORDS, {"history_record_ids": [record_id, "1"]})["data"]["history_records"]
    assert [record["history_record_id"] for record in records] == [record_id]
    queue = one.call(QUEUE_INFO, {"history_ids": [record_id]})["data"][record_id]
    assert set(queue) == {"queue_info", "forecast_cost_time"}
    assert other.history(record_id) == {}


def test_the_same_submit_id_again(caller: Make, http: httpx.Client, ledger: Ledger) -> None:
    one = caller()
    body = submission(count=1)
    before = http.get("/_control/ledger").json()["duplicate_submits"]
    assert one.record_id(body) == one.record_id(body)
    submissions, balance = ledger(one)
    assert [(each["times_submitted"], each["charged"]) for each in submissions] == [(2, 3)]
    assert balance == 9_997
    assert http.get("/_control/ledger").json()["duplicate_submits"] == before + 1


def test_credits_and_their_history(caller: Make) -> None:
    for one in (caller("credits:20") for _ in range(4)):  # both shapes of the balance are among these
        assert one.balance() == 20
        assert str(one.submit(submission(MODEL_30, count=8))["ret"]) == "0"
        assert str(one.submit(submission(MODEL_30, count=8))["ret"]) == "1006"
        assert one.balance() == 4
        gift = one.call(CREDIT_RECEIVE, {"time_zone": "Asia/Shanghai"})["data"]
        assert gift == {"receive_quota": 66, "cur_total_credits": 70, "is_first_receive": True}
        again = one.call(CREDIT_RECEIVE, {"time_zone": "Asia/Shanghai"})
        assert str(again["ret"]) == "34010100" or again["data"]["receive_quota"] == 0
        page = one.call(CREDIT_HISTORY, {"count": 2, "cursor": "0"})["data"]
        assert [(entry["amount"], entry["history_type"]) for entry in page["records"]] == [(66, 1), (16, 2)]
        rest = one.call(CREDIT_HISTORY, {"count": 2, "cursor": page["new_cursor"]})["data"]
        assert (len(rest["records"]), page["has_more"], rest["has_more"]) == (1, True, False)


@pytest.mark.parametrize(
    ("fault", "start", "gift"), [("nocredits", 0, 0), ("nocredits-daily", 0, 66), ("no-gift", 10000, 0)]
)
def test_empty_accounts(caller: Make, fault: str, start: int, gift: int) -> None:
    one = caller(fault)
    assert one.balance() == start
    assert one.call(CREDIT_RECEIVE, {"time_zone": "Asia/Shanghai"})["data"]["receive_quota"] == gift
    assert one.balance() == start + gift


def addresses(record: dict[str, Any]) -> list[str]:
    return [item["image"]["large_images"][0]["image_url"] for item in record["item_list"]]


def test_pictures(caller: Make, finished: Finished, ledger: Ledger, http: httpx.Client) -> None:
    one = caller()
    record = finished(one, one.record_id(submission(size=(2560, 1440, "2k", 3), count=2)))
    assert len(set(addresses(record))) == 2
    downloads = http.get("/_control/ledger").json()["downloads"]
    for item, address in zip(record["item_list"], addresses(record), strict=True):
        assert item["common_attr"]["cover_url"] == address
        large = item["image"]["large_images"][0]
        assert (large["width"], large["height"], large["format"]) == (2560, 1440, "webp")
        answer = http.get(address)
        assert answer.headers["Content-Type"] == "image/webp"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (128, 72))
    assert http.get("/_control/ledger").json()["downloads"] == downloads + 2
    assert ledger(one)[0][0]["delivered"] == 2


def test_forged_addresses(caller: Make, finished: Finished, http: httpx.Client) -> None:
    one = caller()
    address = httpx.URL(addresses(finished(one, one.record_id()))[0])
    for change in ({"x-expires": "9999999999"}, {"x-signature": "0" * 40}):
        answer = http.get(address.copy_merge_params(change))
        assert (answer.status_code, answer.headers["Content-Type"][:9]) == (403, "text/html")
    assert http.get(address.copy_with(query=None)).status_code == 403


def test_addresses_expire_and_are_renewed(caller: Make, finished: Finished, http: httpx.Client) -> None:
    one = caller()
    record_id = one.record_id(submission(count=1))
    finished(one, record_id)
    http.post("/_control/settings", json={"media_ttl": 2})
    try:
        address = addresses(one.history(record_id)[record_id])[0]
        assert http.get(address).status_code == 200
        until(lambda: http.get(address).status_code == 403)
        assert http.get(addresses(one.history(record_id)[record_id])[0]).status_code == 200
    finally:
        http.post("/_control/settings", json={"media_ttl": 7200})


def test_settings_and_accounts_at_run_time() -> None:
    options = ("--closed", "--account", "sb-known", "--queue-seconds", "90", "--image-seconds", "2.5-3.5")
    with running(*options) as url, httpx.Client(base_url=url, trust_env=False) as http:
        known, stranger = Caller(http, "sb-known"), Caller(http, "sb-stranger")
        assert known.balance() == 10_000
        assert str(stranger.submit()["ret"]) == "1015"
        answer = http.post(
            "/_control/accounts", json={"sessionid": "sb-stranger", "faults": "riskholdx1", "credits": 7}
        )
        assert answer.json() == {"name": "stranger", "balance": 7}
        assert [str(stranger.submit(submission(count=1))["ret"]) for _ in "12"] == ["1019", "0"]
        record = known.submit()["data"]["aigc_data"]
        assert (record["forecast_generate_cost"], record["forecast_queue_cost"]) == (3, 90)
        assert record["queue_info"]["queue_idx"] > 0
        settings = http.post("/_control/settings", json={"time_scale": 0, "queue_seconds": 0}).json()
        assert settings["image_seconds"] == [2.5, 3.5]
        record_id = known.record_id()
        assert known.history(record_id)[record_id]["status"] == 50
        assert http.post("/_control/settings", json={"nonsense": 1}).status_code == 400
        assert http.post("/_control/accounts", json={"sessionid": "sb-known", "faults": "nonsense"}).status_code == 400
        assert http.get("/_control/calls").json()["/mweb/v1/aigc_draft/generate"] == 5
        http.post("/_control/reset")
        page = http.get("/_control/ledger").json()
        assert (page["submissions"], list(page["accounts"]), page["violations"]) == ([], ["known"], [])
        assert http.get("/_control/calls").json() == {}
        assert known.submit()["data"]["aigc_data"]["forecast_queue_cost"] == 90


def test_the_end_is_at_once_even_with_calls_hanging() -> None:
    with running() as url, httpx.Client(base_url=url, trust_env=False, timeout=0.2) as http:
        with pytest.raises(httpx.ReadTimeout):
            Caller(http, "sb-hanger--hang").submit()
        began = time.monotonic()
    assert time.monotonic() - began < 1
