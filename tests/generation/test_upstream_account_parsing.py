"""Answers about an account: identity, balance in its two shapes, daily gift."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from generation.errors import UpstreamProtocolError
from generation.upstream.account_parsing import parse_account_info, parse_check_in, parse_credits
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.parsing import unwrap

BALANCE = {"vip_credit": 5, "gift_credit": 22, "purchase_credit": 100}


def as_response(content: Any, **outer: Any) -> dict[str, Any]:
    """The recent shape: the content as JSON text in `response`."""
    return {"ret": "0", "errmsg": "success", "svr_time": 1768097895, "response": json.dumps(content), **outer}


@pytest.mark.parametrize(
    "payload",
    [
        {"ret": "0", "data": {"credit": BALANCE}},
        {"credit": BALANCE},
        as_response({"credit": BALANCE, "credits_detail": {}}),
        as_response({"credit": BALANCE}, data=None),
        as_response({"credit": BALANCE}, data={}),
        as_response({"expiring_credits": []}, data={"credit": BALANCE}),
        as_response({"ret": "0", "data": {"credit": BALANCE}}),
        as_response({"ret": 0, "credit": BALANCE}),
        {"ret": "0", "data": {"credit": {key: str(value) for key, value in BALANCE.items()}}},
    ],
)
def test_a_balance_is_read_from_every_shape(payload: dict[str, Any]) -> None:
    balance = parse_credits(payload)
    assert (balance.gift, balance.purchase, balance.vip, balance.total) == (22, 100, 5, 127)
    assert not balance.expiring


def test_a_part_that_is_missing_or_null_counts_nothing() -> None:
    balance = parse_credits({"ret": 0, "data": {"credit": {"gift_credit": 0, "vip_credit": None}}})
    assert (balance.gift, balance.purchase, balance.vip, balance.total) == (0, 0, 0, 0)


def test_a_debt_and_a_number_without_measure_fit_their_columns() -> None:
    balance = parse_credits({"ret": 0, "data": {"credit": {"gift_credit": -5, "purchase_credit": 2**70}}})
    assert (balance.gift, balance.purchase) == (0, 2**31 - 1)
    assert parse_check_in({"ret": 0, "data": {"receive_quota": -1, "cur_total_credits": -1}}).received == 0


def test_a_name_holds_nothing_that_no_database_takes() -> None:
    info = parse_account_info(json.loads('{"data": {"user_id": 7, "screen_name": "\\u5c0f\\u0000\\ud83d\\u732b"}}'))
    assert info.screen_name == "小猫"


TONIGHT = datetime(2026, 1, 11, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai (UTC+8)


def test_what_expires_is_told_soonest_first() -> None:
    expiring = [
        {"credit_amount": "5", "expire_time": 1768233599},
        {"credit_amount": 17, "expire_time": 1768147199},
        {"credit_amount": 0, "expire_time": 1},
        {"credit_amount": 3, "expire_time": 0},
        {"credit_amount": 3},
        None,
    ]
    balance = parse_credits(as_response({"credit": BALANCE, "expiring_credits": expiring}))
    assert balance.expiring == ((17, TONIGHT), (5, TONIGHT + timedelta(days=1)))


def test_the_expiry_stands_beside_a_balance_in_data_too() -> None:
    expiring = [{"credit_amount": 22, "expire_time": 1768147199000}]
    balance = parse_credits(as_response({"expiring_credits": expiring}, data={"credit": BALANCE}))
    assert balance.expiring == ((22, TONIGHT),)


def test_what_expires_without_a_number_is_the_whole_gift() -> None:
    balance = parse_credits(as_response({"credit": BALANCE, "expiring_credits": [{"expire_time": 1768147199}]}))
    assert balance.expiring == ((22, TONIGHT),)


def test_nothing_that_expires_is_not_the_same_as_nothing_said_of_it() -> None:
    assert parse_credits(as_response({"credit": BALANCE, "expiring_credits": []})).expiring == ()
    for silent in ({"credit": BALANCE}, {"credit": BALANCE, "expiring_credits": None}):
        assert parse_credits(as_response(silent)).expiring is None


@pytest.mark.parametrize(
    "payload",
    [
        {"ret": "0", "data": None},
        {"ret": "0", "data": {"credit": {}}},
        {"ret": "0", "data": {"credit": {"gift_credit": "many"}}},
        {"ret": "0", "response": "{half"},
        {"ret": "0", "response": "[1]"},
        [],
        None,
    ],
)
def test_an_answer_without_a_balance_is_never_a_balance_of_zero(payload: Any) -> None:
    with pytest.raises(UpstreamProtocolError):
        parse_credits(payload)


@pytest.mark.parametrize(
    "payload",
    [
        {"ret": "1015", "errmsg": "login error"},
        as_response({"ret": "1015", "errmsg": "login error"}),
        as_response({"ret": 1015, "errmsg": "login error"}, data=None),
    ],
)
def test_either_ret_may_refuse(payload: dict[str, Any]) -> None:
    with pytest.raises(UpstreamFailure) as raised:
        parse_credits(payload)
    assert (raised.value.kind, raised.value.message) == (FailureKind.EXPIRED, "login error")


@pytest.mark.parametrize("wrap", [lambda data: {"ret": "0", "data": data}, as_response])
def test_a_check_in_in_both_shapes(wrap: Any) -> None:
    check_in = parse_check_in(wrap({"receive_quota": 66, "cur_total_credits": 88, "is_first_receive": True}))
    assert (check_in.received, check_in.total, check_in.first) == (66, 88, True)


def test_a_second_check_in_brings_nothing() -> None:
    check_in = parse_check_in({"ret": 0, "data": {"receive_quota": 0}})
    assert (check_in.received, check_in.total, check_in.first) == (0, None, False)


def test_a_check_in_that_names_no_credits_is_a_protocol_error() -> None:
    with pytest.raises(UpstreamProtocolError):
        parse_check_in({"ret": "0", "data": {}})


@pytest.mark.parametrize(
    "payload",
    [
        {"message": "success", "data": {"user_id": 4321, "screen_name": "小明", "avatar_url": "https://a"}},
        {"ret": "0", "data": {"user_id": "4321", "name": "小明", "avatar_url": "https://a"}},
    ],
)
def test_a_living_account(payload: dict[str, Any]) -> None:
    info = parse_account_info(unwrap(payload))
    assert (info.user_id, info.screen_name, info.avatar_url) == ("4321", "小明", "https://a")


@pytest.mark.parametrize(
    "payload",
    [
        {"message": "error", "data": {"error_code": 13, "description": "session expired"}},
        {"message": "success", "data": {"user_id": ""}},
        {"ret": "0", "data": {"user_id": 0}},
        {"ret": "0", "data": None},
    ],
)
def test_no_user_id_is_a_dead_session(payload: dict[str, Any]) -> None:
    with pytest.raises(UpstreamFailure) as raised:
        parse_account_info(unwrap(payload))
    assert raised.value.kind is FailureKind.EXPIRED
