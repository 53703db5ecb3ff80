"""Videos: every field of a submission that is wrong is refused; prices, frames, results, ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.sandbox.builders import GENERATE, HISTORY, sealed, submission
from tests.sandbox.callers import Caller
from tests.sandbox.input_builders import (
    VIDEO_20,
    VIDEO_30,
    VIDEO_30_FAST,
    VIDEO_30_PRO,
    VIDEO_35_PRO,
    VIDEO_QUERY,
    video,
)
from tests.sandbox.test_drafts import ABILITIES, COMPONENT, all_paths, assert_refused, at, name_of
from tests.sandbox.uploaders import Uploader, png

Make = Callable[..., Caller]
Violations = Callable[[], list[str]]
Finished = Callable[[Caller, str], dict[str, Any]]
Path = tuple[str | int, ...]

TASK: Path = (*ABILITIES, "gen_video")
PARAMS: Path = (*TASK, "text_to_video_params")
PIECE: Path = (*PARAMS, "video_gen_inputs", 0)
FIRST: Path = (*PIECE, "first_frame_image")
PATHS = all_paths(video())
FREE = {(*PIECE, "prompt")}
FRAME_PATHS = [path for path in all_paths(video(frames=("x",))) if path[: len(FIRST)] == FIRST and path != FIRST]


@pytest.fixture
def uri(caller: Make) -> str:
    return Uploader(caller()).upload(png())


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_a_field_missing(caller: Make, violations: Violations, path: Path) -> None:
    body = video()
    del at(body, path[:-1])[path[-1]]
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize("path", [path for path in PATHS if path not in FREE], ids=name_of)
def test_a_field_wrong(caller: Make, violations: Violations, path: Path) -> None:
    body = video()
    at(body, path[:-1])[path[-1]] = "wrong"
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize("path", [COMPONENT, ABILITIES, TASK, PARAMS, PIECE], ids=name_of)
def test_a_field_too_many(caller: Make, violations: Violations, path: Path) -> None:
    body = video()
    at(body, path)["surplus"] = ""
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize("path", FRAME_PATHS, ids=name_of)
def test_a_frame_broken(caller: Make, violations: Violations, uri: str, path: Path) -> None:
    body = video(frames=(uri,))
    at(body, path[:-1])[path[-1]] = {"wrong": 1}
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*COMPONENT, "metadata", "created_time_in_ms"), "1733966961000"),
        (("draft_content", "version"), "3.3.4"),
        ((*PARAMS, "video_aspect_ratio"), "32:18"),
        ((*PARAMS, "video_aspect_ratio"), "16:0"),
        ((*PARAMS, "video_gen_inputs"), []),
        ((*PIECE, "duration_ms"), 12000),
        ((*PIECE, "duration_ms"), 5500),
        ((*PIECE, "resolution"), "480p"),
        ((*PIECE, "prompt"), " "),
        (("extend", "m_video_commerce_info_list"), []),
        (("extend", "m_video_commerce_info", "benefit_type"), VIDEO_30_PRO[1]),
        (("extend", "root_model"), VIDEO_30_PRO[0]),
    ],
    ids=str,
)
def test_a_value_out_of_bounds(caller: Make, violations: Violations, path: Path, value: Any) -> None:
    body = video()
    at(body, path[:-1])[path[-1]] = value
    assert_refused(caller(), violations, body)


@pytest.mark.parametrize(
    ("model", "asked", "size", "credits_charged"),
    [
        (VIDEO_30, {}, (1280, 720), 10),
        (VIDEO_30, {"seconds": 10, "ratio": "9:16"}, (720, 1280), 20),
        (VIDEO_30_PRO, {"resolution": "1080p", "ratio": "1:1"}, (1080, 1080), 20),
        (VIDEO_30_FAST, {"resolution": "1080p", "ratio": "21:9"}, (2520, 1080), 5),
        (VIDEO_35_PRO, {"seconds": 12, "ratio": "640:427"}, (1080, 720), 60),
        (VIDEO_20, {"ratio": "4:3"}, (960, 720), 5),
    ],
)
def test_what_is_made_and_charged(
    caller: Make,
    violations: Violations,
    ledger: Any,
    model: tuple[str, str],
    asked: dict[str, Any],
    size: tuple[int, int],
    credits_charged: int,
) -> None:
    one = caller()
    answer = one.call(GENERATE, sealed(video(model, **asked)), query=dict(VIDEO_QUERY))
    assert str(answer["ret"]) == "0", answer
    (told,), balance = ledger(one)
    assert (told["width"], told["height"], told["kind"]) == (*size, "video")
    assert (told["charged"], balance) == (credits_charged, 10_000 - credits_charged)
    assert not violations()


def test_frames(caller: Make, violations: Violations, ledger: Any, uri: str) -> None:
    one = caller()
    for number in (1, 2):
        answer = one.submit(video(VIDEO_30_PRO, prompt="", frames=(uri,) * number))
        assert str(answer["ret"]) == "0", answer
    assert [told["inputs"] for told in ledger(one)[0]] == [1, 2]
    assert not violations()
    assert_refused(one, violations, video(frames=("tos-cn-i-tb4s082cfz/" + "0" * 32,)))


def test_an_end_frame_alone(caller: Make, violations: Violations, uri: str) -> None:
    body = video(frames=(uri, uri))
    del at(body, PIECE)["first_frame_image"]
    assert_refused(caller(), violations, body)


def test_the_versions_and_queries_of_pictures(caller: Make, violations: Violations) -> None:
    for query in ({"web_version": "7.5.0"}, {"da_version": "3.3.9"}):
        assert str(caller().call(GENERATE, sealed(video()), query=query)["ret"]) == "1000"
    assert len(violations()) == 2


def test_the_result_and_its_parts(caller: Make, finished: Finished, http: httpx.Client, violations: Violations) -> None:
    one = caller()
    record_id = one.record_id(video())
    asked = one.call(HISTORY, {"history_ids": [record_id]})  # videos need no image_info
    assert asked["data"][record_id]["item_list"] == []
    (item,) = finished(one, record_id)["item_list"]
    origin = item["video"]["transcoded_video"]["origin"]
    assert (origin["width"], origin["height"], origin["duration"]) == (1280, 720, 5.0)
    whole = http.get(origin["video_url"])
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.content[4:8] == b"ftyp"
    assert whole.content.index(b"moov") < whole.content.index(b"mdat")  # playable while it loads
    part = http.get(origin["video_url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(whole.content)}"
    rest = http.get(origin["video_url"], headers={"Range": "bytes=-10"})
    assert (rest.status_code, rest.content) == (206, whole.content[-10:])
    assert http.get(origin["video_url"], headers={"Range": "bytes=9999999-"}).status_code == 416
    cover = http.get(item["common_attr"]["cover_url"])
    assert (cover.headers["Content-Type"], cover.content[8:12]) == ("image/webp", b"WEBP")
    # an address is good for its own file only
    assert http.get(item["common_attr"]["cover_url"].replace("cover.webp", "video.mp4")).status_code == 403
    assert not violations()


def test_pictures_among_videos_need_image_info(caller: Make, violations: Violations) -> None:
    one = caller()
    ids = [one.record_id(video()), one.record_id(submission())]
    assert str(one.call(HISTORY, {"history_ids": ids})["ret"]) == "1000"
    assert len(violations()) == 1
    assert set(one.history(*ids)) == set(ids)


def test_the_other_shape_of_a_result(caller: Make, finished: Finished, http: httpx.Client) -> None:
    one = caller("playurl")
    (item,) = finished(one, one.record_id(video()))["item_list"]
    assert http.get(item["video"]["play_url"]).status_code == 200
    assert "transcoded_video" not in item["video"]


@pytest.mark.parametrize(("fault", "code"), [("failed", "5002"), ("filtered", "2038")])
def test_videos_that_fail_are_refunded(caller: Make, finished: Finished, ledger: Any, fault: str, code: str) -> None:
    one = caller(fault)
    record = finished(one, one.record_id(video()))
    assert (record["fail_code"], record["item_list"]) == (code, [])
    assert ledger(one)[1] == 10_000


def test_the_list_of_models(caller: Make, violations: Violations) -> None:
    path = "/mweb/v1/video_generate/get_common_config"
    told = caller().call(path, {"scene": "generate_video", "params": {"needCache": True}})
    assert VIDEO_35_PRO[0] in str(told["data"])
    assert VIDEO_20[0] in str(told["data"])
    assert not violations()
