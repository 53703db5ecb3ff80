"""Every part of a call that is missing or wrong is refused and recorded."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from generation.sandbox.checks import sign
from tests.sandbox.builders import (
    COMMON_CONFIG,
    CREDIT_RECEIVE,
    GENERATE,
    HISTORY,
    USER_CREDIT,
    cookie,
    headers,
    sealed,
    submission,
)
from tests.sandbox.callers import IMAGE_INFO, Caller

Violations = Callable[[], list[str]]
Make = Callable[..., Caller]
HEADERS = sorted(headers(USER_CREDIT, 0))
CRUMBS = sorted(cookie("a", "b", "c"))


def test_sign_has_the_documented_value() -> None:
    assert sign(GENERATE, "7", "5.8.0", "1733966961") == headers(GENERATE, 1733966961)["Sign"]
    assert sign(GENERATE, "7", "5.8.0", "1733966961") == "c39595f22f739b73901c09f5514a7b50"


def refused(caller: Caller, violations: Violations, word: str, **changes: dict[str, str | None]) -> None:
    assert str(caller.call(USER_CREDIT, {}, **changes)["ret"]) == "1000"
    assert [reason for reason in violations() if word in reason]
    assert not [reason for reason in violations() if caller.sessionid in reason]


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("value", [None, "1"])
def test_a_header_broken(caller: Make, violations: Violations, name: str, value: str | None) -> None:
    if (name, value) == ("Sign-Ver", "1"):
        value = "2"
    refused(caller(), violations, name, header={name: value})


@pytest.mark.parametrize("name", CRUMBS)
@pytest.mark.parametrize("value", [None, "1"])
def test_a_cookie_part_broken(caller: Make, violations: Violations, name: str, value: str | None) -> None:
    refused(caller(), violations, "cookie", crumbs={name: value})


@pytest.mark.parametrize("name", ["aid", "device_platform", "region", "webId"])
@pytest.mark.parametrize("value", [None, "1"])
def test_a_query_part_broken(caller: Make, violations: Violations, name: str, value: str | None) -> None:
    refused(caller(), violations, name, query={name: value})


@pytest.mark.parametrize("name", ["da_version", "web_version", "web_component_open_flag", "aigc_features"])
def test_an_optional_query_part_wrong(caller: Make, violations: Violations, name: str) -> None:
    refused(caller(), violations, name, query={name: "0"})


@pytest.mark.parametrize("off_s", [-400, 400])
def test_a_clock_too_far_off(caller: Make, violations: Violations, off_s: int) -> None:
    moment = int(time.time()) + off_s
    header = headers(USER_CREDIT, moment)
    refused(caller(), violations, "300 s", header={name: header[name] for name in ("Device-Time", "Sign")})


def test_a_platform_that_is_not_the_agents(caller: Make, violations: Violations) -> None:
    refused(caller(), violations, "Sec-Ch-Ua-Platform", header={"Sec-Ch-Ua-Platform": '"macOS"'})


@pytest.mark.parametrize("name", ["web_id", "uid_tt"])
def test_a_device_that_changes(caller: Make, violations: Violations, name: str) -> None:
    one = caller()
    one.balance()
    setattr(one, name, "7" + "0" * 18 if name == "web_id" else "0" * 32)
    assert str(one.call(USER_CREDIT, {})["ret"]) == "1019"
    assert [reason for reason in violations() if "changed" in reason]


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"{"])
def test_a_body_that_is_no_object(caller: Make, violations: Violations, body: bytes) -> None:
    assert str(caller().call(USER_CREDIT, body)["ret"]) == "1000"
    assert len(violations()) == 1


def test_get_and_unknown_paths(caller: Make, violations: Violations) -> None:
    one = caller()
    assert str(one.call(USER_CREDIT, {}, method="GET")["ret"]) == "1000"
    assert str(one.call("/mweb/v1/no_such_call", {})["ret"]) == "1000"
    assert len(violations()) == 2


def test_the_old_name_of_web_id_will_do(caller: Make, violations: Violations) -> None:
    one = caller()
    assert str(one.call(USER_CREDIT, {}, query={"webId": None, "web_id": one.web_id})["ret"]) == "0"
    assert not violations()


@pytest.mark.parametrize(
    "body",
    [
        {"history_ids": ["1"], "http_common_info": {"aid": 513695}},
        {"history_ids": ["1"], "image_info": IMAGE_INFO},
        {"history_ids": [1], "image_info": IMAGE_INFO, "http_common_info": {"aid": 513695}},
        {"history_ids": ["1"], "image_info": IMAGE_INFO | {"width": 1}, "http_common_info": {"aid": 513695}},
        {"history_ids": [], "submit_ids": []},
        {},
    ],
)
def test_a_history_question_broken(caller: Make, violations: Violations, body: dict[str, object]) -> None:
    assert str(caller().call(HISTORY, body)["ret"]) == "1000"
    assert len(violations()) == 1


def test_a_wrong_time_zone_fails_the_gift_only(caller: Make, violations: Violations) -> None:
    assert str(caller().call(CREDIT_RECEIVE, {"time_zone": "UTC"})["ret"]) == "34010100"
    assert len(violations()) == 1


def test_ret_is_now_and_then_a_number(caller: Make) -> None:
    one = caller()
    kinds = [
        type(one.call(COMMON_CONFIG, {"is_client_filter": False, "need_beta_model": True})["ret"]) for _ in "1234567"
    ]
    assert sorted(kinds, key=str) == [int] + [str] * 6


def test_a_valid_submission_breaks_nothing(caller: Make, violations: Violations) -> None:
    query = {"da_version": "3.3.4", "web_version": "7.5.0", "web_component_open_flag": "1"}
    answer = caller().call(GENERATE, sealed(submission()), query=query | {"aigc_features": "app_lip_sync"})
    assert str(answer["ret"]) == "0"
    assert not violations()
