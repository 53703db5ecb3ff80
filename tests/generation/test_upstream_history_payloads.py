"""The questions that follow a submission."""

from __future__ import annotations

import pytest

from generation.upstream import payloads


def test_json_is_compact_and_leaves_chinese_readable() -> None:
    assert payloads.compact({"提示": [1, "猫"]}) == '{"提示":[1,"猫"]}'


def test_pictures_are_asked_for_with_their_links() -> None:
    body = payloads.history_body(record_ids=["1", "2"])
    assert body["history_ids"] == ["1", "2"]
    assert body["http_common_info"] == {"aid": 513695}
    info = body["image_info"]
    assert (info["width"], info["height"], info["format"]) == (2048, 2048, "webp")
    normal = [scene for scene in info["image_scene_list"] if scene["scene"] == "normal"]
    assert [scene["uniq_key"] for scene in normal] == ["2400", "1080", "720", "480", "360"]
    assert {"scene": "normal", "width": 2400, "height": 2400, "uniq_key": "2400", "format": "webp"} in normal


def test_videos_need_the_ids_alone() -> None:
    assert payloads.history_body(record_ids=["1"], with_images=False) == {"history_ids": ["1"]}
    assert payloads.history_body(submit_ids=["a"], with_images=False) == {"submit_ids": ["a"]}


@pytest.mark.parametrize("both", [{}, {"record_ids": ["1"], "submit_ids": ["a"]}])
def test_one_question_asks_for_one_sort_of_id(both: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="not both"):
        payloads.history_body(record_ids=both.get("record_ids", ()), submit_ids=both.get("submit_ids", ()))
