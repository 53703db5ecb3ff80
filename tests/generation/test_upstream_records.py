"""Records and their items out of the history answers."""

from __future__ import annotations

from typing import Any

import pytest

from generation.errors import UpstreamProtocolError
from generation.upstream.answers import Record
from generation.upstream.parsing import parse_record, parse_records

SUBMIT_ID = "5f3f3a52-0000-4000-8000-000000000001"
IMAGE_URL = "https://p3-dreamina-sign.byteimg.com/tos-cn-i-x/abc~tplv.webp?lk3s=1&x-expires=1768184319&x-signature=q"

IMAGE = {
    "common_attr": {"id": "71", "effect_id": "72", "cover_url": "https://cover/?x-expires=5"},
    "image": {
        "format": "webp",
        "large_images": [
            {"image_uri": "tos-cn-i-x/abc", "image_url": IMAGE_URL, "width": 2048, "height": 2048, "format": "webp"}
        ],
    },
}
VIDEO = {
    "common_attr": {"id": "81", "cover_url": "https://cover/v"},
    "video": {
        "transcoded_video": {
            "origin": {"video_url": "https://v9/x.mp4", "width": 1280, "height": 720, "duration": 5.04}
        }
    },
}


def answer(**changes: Any) -> dict[str, Any]:
    return {
        "history_record_id": "7897104935692",
        "status": 45,
        "fail_code": "",
        "item_list": [IMAGE],
        "task": {"task_id": "7897104935692", "submit_id": SUBMIT_ID, "status": 45, "finish_time": 0},
        "total_image_count": 4,
        "finished_image_count": 1,
        "forecast_generate_cost": 22,
        "forecast_queue_cost": 3,
        "queue_info": {"queue_idx": 2, "queue_length": 9},
        **changes,
    }


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (20, "queued"),
        (42, "queued"),
        (45, "running"),
        (10, "complete"),
        (50, "complete"),
        ("50", "complete"),
        (30, "failed"),
        (99, "running"),
        ("odd", "running"),
    ],
)
def test_the_states_of_a_record(status: object, state: str) -> None:
    assert parse_record(answer(status=status, task=None)).state == state


def test_the_status_of_the_task_serves_when_the_record_has_none() -> None:
    assert parse_record(answer(status=None, task={"status": 50})).state == "complete"


def test_an_empty_record_is_running() -> None:
    record = parse_record({}, fallback_id="1")
    assert (record.state, record.status, record.items, record.total) == ("running", -1, (), None)


@pytest.mark.parametrize(("told", "seconds"), [(0, None), (1768097930, 1768097930.0), (1768097930500, 1768097930.5)])
def test_the_finish_time_comes_in_seconds_or_milliseconds(told: int, seconds: float | None) -> None:
    assert parse_record(answer(task={"finish_time": told})).finished_at == seconds


def test_counts_and_queue_are_read() -> None:
    record = parse_record(answer())
    assert (record.total, record.finished, record.queue_position, record.queue_length) == (4, 1, 2, 9)


def test_a_failed_record_keeps_code_and_message_of_any_sort() -> None:
    record = parse_record(answer(status=30, fail_code=2038, fail_msg="filtered", item_list=None))
    assert (record.state, record.fail_code, record.fail_message) == ("failed", "2038", "filtered")


def test_an_image_item() -> None:
    (item,) = parse_record(answer()).items
    assert (item.item_id, item.kind, item.url, item.uri) == ("71", "image", IMAGE_URL, "tos-cn-i-x/abc")
    assert (item.width, item.height, item.format, item.expires_at) == (2048, 2048, "webp", 1768184319)


def test_an_image_without_large_images_falls_back_on_its_cover() -> None:
    (item,) = parse_record(answer(item_list=[{"common_attr": IMAGE["common_attr"], "video": None}])).items
    assert (item.kind, item.url, item.expires_at, item.width) == ("image", "https://cover/?x-expires=5", 5, None)


def test_a_video_item() -> None:
    (item,) = parse_record(answer(item_list=[VIDEO])).items
    assert (item.kind, item.url, item.cover_url) == ("video", "https://v9/x.mp4", "https://cover/v")
    assert (item.width, item.height, item.duration_s) == (1280, 720, 5.04)


@pytest.mark.parametrize("name", ["play_url", "download_url", "url"])
def test_the_other_shapes_of_a_video(name: str) -> None:
    (item,) = parse_record(answer(item_list=[{"video": {name: "https://v9/y.mp4"}}])).items
    assert (item.kind, item.url, item.item_id) == ("video", "https://v9/y.mp4", "0")


def test_odd_items_do_no_harm() -> None:
    items = parse_record(answer(item_list=[None, 3, {"image": {"large_images": [None]}}, IMAGE])).items
    assert [item.url for item in items] == ["", "", IMAGE_URL]


def found(content: dict[str, Any], *asked: str) -> dict[str, Record]:
    return parse_records(content, asked)


def test_records_come_by_the_id_asked_for_and_unknown_ones_are_left_out() -> None:
    records = found({"1": answer(history_record_id="1"), "2": None, "3": {}}, "1", "2", "3", "4")
    assert list(records) == ["1"]


def test_a_record_list_serves_as_well() -> None:
    for name in ("history_list", "history_records"):
        assert found({name: [None, answer()]}, "7897104935692")["7897104935692"].total == 4


def test_a_submission_is_found_by_submit_id_however_the_answer_is_keyed() -> None:
    for content in ({SUBMIT_ID: answer()}, {"7897104935692": answer()}, {"history_list": [answer()]}):
        record = found(content, SUBMIT_ID)[SUBMIT_ID]
        assert (record.record_id, record.submit_id) == ("7897104935692", SUBMIT_ID)


def test_a_submission_found_without_its_record_id_is_neither_found_nor_unknown() -> None:
    with pytest.raises(UpstreamProtocolError, match="history_record_id"):
        found({SUBMIT_ID: {"status": 45, "task": {"submit_id": SUBMIT_ID}}}, SUBMIT_ID)


def test_a_strangers_record_is_not_ours() -> None:
    assert found({"1": answer(history_record_id="1")}, "5f3f3a52-0000-4000-8000-00000000000f") == {}


def test_one_odd_record_does_not_hide_the_others() -> None:
    records = found({"1": "odd", "2": answer(history_record_id="2", status=50)}, "1", "2")
    assert (records["1"].state, records["2"].state) == ("running", "complete")


def test_an_answer_that_is_no_history_does_not_mean_unknown() -> None:
    with pytest.raises(UpstreamProtocolError):
        found({"message": "error", "data": {"error_code": 1}}, SUBMIT_ID)
    assert found({}, SUBMIT_ID) == {}
    assert found({"history_list": []}, SUBMIT_ID) == {}
