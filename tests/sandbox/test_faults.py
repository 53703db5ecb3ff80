"""What each fault does on the wire, and whether anything was done and charged."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from generation.sandbox.faults import FILTERED_PROMPT, REFUSED_PROMPT, parse_faults, parse_sessionid
from tests.sandbox.builders import ACCOUNT_INFO, GENERATE, HISTORY, sealed, submission
from tests.sandbox.callers import Caller
from tests.sandbox.conftest import until

Make = Callable[..., Caller]
Finished = Callable[[Caller, str], dict[str, Any]]
Ledger = Callable[[Caller], tuple[list[dict[str, Any]], int]]
INFO = {"account_sdk_source": "web"}


@pytest.mark.parametrize("text", ["nonsense", "partial", "busy@nowhere", "slow:fast", "http500:0.5:2"])
def test_faults_that_do_not_exist(text: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        parse_faults(text)


@pytest.mark.parametrize("text", ["http429:2.5x3@history", "--http429:2.5x3@history", "http429_2.5x3%40history"])
def test_the_writing_of_faults(text: str) -> None:
    (fault,) = parse_faults(text)
    assert (fault.name, fault.number(0), fault.left, fault.scope) == ("http429", 2.5, 3, "history")
    assert parse_sessionid("sb-lee--vanish_2--reset-afterx1")[0] == "lee"
    assert parse_sessionid("0123456789abcdef") == ("0123…cdef", [])


def test_an_unknown_fault_is_said(caller: Make) -> None:
    assert "unknown fault" in caller("nonsense").submit()["errmsg"]


@pytest.mark.parametrize(
    ("fault", "ret"), [("expired", "1015"), ("riskhold", "1019"), ("busy", "1310"), ("filtered-submit", "2043")]
)
def test_refusals(caller: Make, ledger: Ledger, fault: str, ret: str) -> None:
    one = caller(fault)
    answer = one.submit()
    assert (str(answer["ret"]), answer["data"]) == (ret, None)
    assert ledger(one) == ([], 10_000)


def test_account_info_alive_and_dead(caller: Make) -> None:
    alive = caller().call(ACCOUNT_INFO, {}, query=INFO)
    assert alive["data"]["user_id"]
    dead = caller("expired").call(ACCOUNT_INFO, {}, query=INFO)
    assert (dead["message"], "ret" in dead, "user_id" in dead["data"]) == ("error", False, False)


def test_forbidden_above_a_resolution(caller: Make) -> None:
    one = caller("forbidden:1k")
    assert str(one.submit(submission(size=(1024, 1024, "1k", 1)))["ret"]) == "0"
    assert str(one.submit()["ret"]) == "1006"
    assert one.balance() == 10_000 - 8


def test_busy_while_some_run(caller: Make, finished: Finished) -> None:
    one = caller("busy:2")
    first = one.record_id()
    assert [str(one.submit()["ret"]) for _ in "12"] == ["0", "1310"]
    finished(one, first)
    until(lambda: str(one.submit()["ret"]) == "0")


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        ("http500", False),
        ("http500-after", True),
        ("http429:7", False),
        ("html", False),
        ("brokenjson", False),
        ("brokenjson-after", True),
    ],
)
def test_answers_of_no_use(caller: Make, ledger: Ledger, fault: str, done: bool) -> None:
    one = caller(f"{fault}x1")
    response = one.send(GENERATE, sealed(submission(count=1)))
    if fault.startswith("http"):
        assert response.status_code == int(fault[4:7])
        assert response.headers.get("Retry-After") == ("7" if "429" in fault else None)
    else:
        assert response.status_code == 200
        with pytest.raises(ValueError):
            response.json()
    assert len(ledger(one)[0]) == done
    assert ledger(one)[1] == 10_000 - 3 * done
    assert str(one.submit()["ret"]) == "0"


@pytest.mark.parametrize(
    ("fault", "done", "error"),
    [
        ("reset-before", False, httpx.ReadError),
        ("reset-after", True, httpx.ReadError),
        ("hang:0.1", False, httpx.ReadError),
        ("hang-after", True, httpx.ReadTimeout),
        ("hang", False, httpx.ReadTimeout),
    ],
)
def test_no_answer(caller: Make, ledger: Ledger, fault: str, done: bool, error: type[Exception]) -> None:
    one = caller(f"{fault}x1")
    body = submission(count=1)
    with httpx.Client(base_url=one.http.base_url, trust_env=False, timeout=0.3) as impatient:
        one.http, patient = impatient, one.http
        with pytest.raises(error):
            one.submit(body)
        one.http = patient
    assert len(ledger(one)[0]) == done
    found = one.call(HISTORY, {"submit_ids": [body["submit_id"]]})["data"]
    assert bool(found) == done
    one.record_id(body)
    assert ledger(one)[1] == 10_000 - 3


def test_scopes(caller: Make) -> None:
    one = caller("http500x1@history--html@credits")
    record_id = one.record_id()
    body = {"submit_ids": ["x"]}
    assert [one.send(HISTORY, body).status_code for _ in "12"] == [500, 200]
    assert record_id in one.history(record_id)
    with pytest.raises(ValueError):
        one.balance()


def test_probability(caller: Make) -> None:
    one = caller("http500:0.5")
    codes = {one.send(GENERATE, sealed(submission(count=1))).status_code for _ in range(40)}
    assert codes == {200, 500}


@pytest.mark.parametrize(("fault", "code"), [("filtered", "2038"), ("filtered-int", 2043), ("failed", "5001")])
def test_failures_are_refunded(caller: Make, finished: Finished, ledger: Ledger, fault: str, code: object) -> None:
    one = caller(f"{fault}x1")
    record = finished(one, one.record_id())
    assert (record["status"], record["fail_code"], record["item_list"]) == (30, code, [])
    submissions, balance = ledger(one)
    assert (submissions[0]["charged"], submissions[0]["refunded"], balance) == (12, 12, 10_000)
    assert finished(one, one.record_id())["status"] == 50


def test_prompts_that_the_content_filter_takes(caller: Make, finished: Finished, ledger: Ledger) -> None:
    one = caller()
    assert str(one.submit(submission(prompt=f"a cat {REFUSED_PROMPT}"))["ret"]) == "2043"
    assert ledger(one) == ([], 10_000)
    record = finished(one, one.record_id(submission(prompt=f"a cat {FILTERED_PROMPT}")))
    assert (record["status"], record["fail_code"]) == (30, "2038")
    assert ledger(one)[1] == 10_000


def test_partial(caller: Make, finished: Finished, ledger: Ledger) -> None:
    one = caller("partial:2")
    record = finished(one, one.record_id())
    assert (record["status"], len(record["item_list"])) == (50, 2)
    assert (ledger(one)[0][0]["delivered"], ledger(one)[1]) == (2, 10_000 - 6)


def test_vanish(caller: Make) -> None:
    gone, late = caller("vanish"), caller("vanish:0.2")
    record_id = gone.record_id()
    assert gone.history(record_id) == {}
    record_id = late.record_id()
    assert late.history(record_id) == {}
    until(lambda: late.history(record_id))


def test_nourl(caller: Make, finished: Finished) -> None:
    one = caller("nourl:0.2")
    record_id = one.record_id()

    def first_url(record: dict[str, Any]) -> str:
        return str(record["item_list"][0]["image"]["large_images"][0]["image_url"])

    assert first_url(finished(one, record_id)) == ""
    until(lambda: first_url(one.history(record_id)[record_id]))


def test_lateitems(caller: Make, finished: Finished) -> None:
    one = caller("lateitems")
    record_id = one.record_id()
    record = finished(one, record_id)
    assert (record["total_image_count"], len(record["item_list"])) == (4, 3)
    until(lambda: len(one.history(record_id)[record_id]["item_list"]) == 4)


def test_unknownstatus(caller: Make, finished: Finished) -> None:
    one = caller("unknownstatus")
    record_id = one.record_id()
    assert one.history(record_id)[record_id]["status"] == 77
    assert finished(one, record_id)["status"] == 50


def test_slow(caller: Make, finished: Finished) -> None:
    one = caller("slow:2")
    began = time.monotonic()
    finished(one, one.record_id())
    assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize(("fault", "status"), [("media500", 500), ("media404", 404), ("mediahtml", 200)])
def test_media(caller: Make, finished: Finished, fault: str, status: int) -> None:
    one = caller(f"{fault}x1")
    record = finished(one, one.record_id(submission(count=1)))
    address = record["item_list"][0]["common_attr"]["cover_url"]
    answer = one.http.get(address)
    assert answer.status_code == status
    assert not answer.headers["Content-Type"].startswith("image/")
    assert one.http.get(address).headers["Content-Type"] == "image/webp"


@pytest.mark.parametrize(("fault", "begins"), [("mediafake", "<!doctype"), ("mediasvg", "<svg")])
def test_media_under_a_false_name(caller: Make, finished: Finished, fault: str, begins: str) -> None:
    one = caller(f"{fault}x1")
    record = finished(one, one.record_id(submission(count=1)))
    answer = one.http.get(record["item_list"][0]["common_attr"]["cover_url"])
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "image/webp")
    assert answer.text.startswith(begins)
