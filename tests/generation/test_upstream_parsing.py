"""The envelope of every answer, and the answer to a submission."""

from __future__ import annotations

from typing import Any

import pytest

from generation.errors import UpstreamProtocolError
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.parsing import parse_accepted, unwrap

SUBMIT_ID = "5f3f3a52-0000-4000-8000-000000000001"
ANSWER = {
    "history_record_id": "7897104935692",
    "created_time": 1768097919.595,
    "item_list": [],
    "task": {"task_id": "7897104935692", "submit_id": SUBMIT_ID, "status": 20, "finish_time": 0},
    "forecast_generate_cost": 22,
    "forecast_queue_cost": 3,
    "queue_info": {"queue_idx": 2, "priority": 3, "queue_status": 2, "queue_length": 9},
    "total_image_count": 0,
}


@pytest.mark.parametrize("ret", ["0", 0, " 0 ", 0.0])
def test_success_comes_as_text_and_as_number(ret: object) -> None:
    assert unwrap({"ret": ret, "errmsg": "success", "data": {"a": 1}}) == {"a": 1}


@pytest.mark.parametrize("payload", [{"a": 1}, {"ret": None, "a": 1}, {"ret": "ok", "a": 1}, {"ret": True}])
def test_an_answer_without_a_numeric_ret_is_the_data_itself(payload: dict[str, Any]) -> None:
    assert unwrap(payload) == payload


@pytest.mark.parametrize("payload", [{"ret": "0", "data": None}, {"ret": "0"}, {"ret": 0, "data": []}])
def test_no_data_is_empty_data(payload: dict[str, Any]) -> None:
    assert unwrap(payload) == {}


@pytest.mark.parametrize("payload", [None, [], "text", 3, {"ret": "0", "data": "x"}, {"ret": 0, "data": [1]}])
def test_another_shape_is_a_protocol_error(payload: object) -> None:
    with pytest.raises(UpstreamProtocolError):
        unwrap(payload)


@pytest.mark.parametrize(
    ("payload", "kind", "code", "message"),
    [
        ({"ret": "1015", "errmsg": "login error"}, FailureKind.EXPIRED, "1015", "login error"),
        ({"ret": 1310, "errmsg": "busy", "data": None}, FailureKind.BUSY, "1310", "busy"),
        ({"ret": "-4", "errmsg": "shark not pass"}, FailureKind.RISK_HOLD, "-4", "shark not pass"),
        (
            {"ret": "1", "errmsg": "x", "data": {"fail_code": 2038, "fail_starling_message": "filtered"}},
            FailureKind.CONTENT,
            "2038",
            "filtered",
        ),
        ({"ret": "1006", "data": {"fail_code": "77"}}, FailureKind.NO_CREDITS, "1006", ""),
        ({"ret": "424242", "errmsg": "new"}, FailureKind.UNCLEAR, "424242", "new"),
    ],
)
def test_a_ret_other_than_zero_is_a_refusal(
    payload: dict[str, Any], kind: FailureKind, code: str, message: str
) -> None:
    with pytest.raises(UpstreamFailure) as raised:
        unwrap(payload)
    assert (raised.value.kind, raised.value.code, raised.value.message) == (kind, code, message)
    assert raised.value.is_refusal


def test_a_refusal_that_brings_a_record_may_have_been_paid_for() -> None:
    with pytest.raises(UpstreamFailure) as raised:
        unwrap({"ret": "1006", "data": {"aigc_data": {"history_record_id": "789"}}})
    assert raised.value.kind is FailureKind.AMBIGUOUS


def test_a_submission_names_its_record_and_forecasts() -> None:
    accepted = parse_accepted({"aigc_data": ANSWER})
    assert accepted.record_id == "7897104935692"
    assert (accepted.forecast_s, accepted.queue_s, accepted.queue_position) == (22.0, 3.0, 2)
    assert accepted.record is not None
    assert accepted.record.submit_id == SUBMIT_ID


def test_a_bare_submission_is_enough() -> None:
    accepted = parse_accepted({"aigc_data": {"task": {"history_id": 789}}})
    assert (accepted.record_id, accepted.forecast_s, accepted.queue_position) == ("789", None, None)


@pytest.mark.parametrize("content", [{}, {"aigc_data": None}, {"aigc_data": {"history_record_id": ""}}])
def test_success_without_a_record_id_is_a_protocol_error(content: dict[str, Any]) -> None:
    with pytest.raises(UpstreamProtocolError, match="history_record_id"):
        parse_accepted(content)
