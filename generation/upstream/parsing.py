"""What the upstream answers, turned into frozen dataclasses. Pure.

Strict where a value matters (ids, balances), lenient about missing, null and new fields elsewhere: one odd
record must not hide the others of the same answer. Raises UpstreamProtocolError for an answer that cannot be
used and UpstreamFailure for one that says no; nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from generation.errors import UpstreamProtocolError
from generation.upstream.answers import Accepted, Item, Record, RecordState
from generation.upstream.failures import UpstreamFailure, ambiguous, refusal
from generation.upstream.values import as_dict, as_int, as_list, as_number, as_seconds, as_text, sort_of

# docs/upstream.md#status. Whatever is not here is still running.
STATE_BY_STATUS: dict[int, RecordState] = {
    20: "queued",
    42: "queued",
    45: "running",
    10: "complete",
    50: "complete",
    30: "failed",
}
STATUS_UNREADABLE = -1

_LISTS = ("history_list", "history_records")
_RECORD_MARKS = ("status", "task", "item_list", "history_record_id")

# No video is longer than this, so a larger number is milliseconds.
_VIDEO_SECONDS_MAX = 600
_EXPIRES = re.compile(r"[?&]x-expires=(\d{1,12})(?:&|$)")


def unwrap(payload: Any) -> dict[str, Any]:
    """The `data` of `{"ret": "0", "errmsg": …, "data": {…}}`, or all of an answer without a numeric `ret`.

    Raises UpstreamFailure when `ret` is not 0: AMBIGUOUS in the odd case that a record came with the refusal.
    """
    if not isinstance(payload, dict):
        raise UpstreamProtocolError(f"The answer is {sort_of(payload)}, not an object.")
    ret = as_int(payload.get("ret"))
    if ret is None:
        return payload
    content = payload.get("data")
    if ret != 0:
        raise _refused(ret, payload, as_dict(content))
    if content is None or content == []:
        return {}
    if not isinstance(content, dict):
        raise UpstreamProtocolError(f"Its data is {sort_of(content)}, not an object.")
    return content


def _refused(ret: int, payload: dict[str, Any], content: dict[str, Any]) -> UpstreamFailure:
    message = as_text(content.get("fail_starling_message")) or as_text(content.get("fail_msg"))
    message = message or as_text(payload.get("errmsg"))
    if _record_id(as_dict(content.get("aigc_data"))):
        return ambiguous(str(ret), f"Refused, and yet a record came with it: {message}")
    return refusal(str(ret), message, fail_code=as_text(content.get("fail_code")))


def parse_accepted(content: dict[str, Any]) -> Accepted:
    """Read `data.aigc_data` of a submission.

    Raises UpstreamProtocolError without a record id: it may have been paid for.
    """
    answer = as_dict(content.get("aigc_data"))
    record_id = _record_id(answer)
    if not record_id:
        raise UpstreamProtocolError("It says success, and names no history_record_id.")
    record = parse_record(answer)
    return Accepted(
        record_id=record_id,
        forecast_s=record.forecast_s,
        queue_s=record.queue_s,
        queue_position=record.queue_position,
        record=record,
    )


def parse_records(content: dict[str, Any], asked: Sequence[str]) -> dict[str, Record]:
    """The records among `asked` (record ids or submit ids), by the id asked for.

    Missing ones are not known upstream.
    Shapes: `{id: record}`, `{"history_list": [record]}`, `{"history_records": [record]}`.
    Raises UpstreamProtocolError for anything else: to call a paid submission unknown could mean to pay again.
    """
    by_name: dict[str, Record] = {}
    for key, answer in _answers(content, asked):
        # Keyed by submit id (a uuid), the key is no record id.
        record = parse_record(answer, fallback_id="" if "-" in key else key)
        for name in (key, record.record_id, record.submit_id):
            by_name.setdefault(name, record)
    is_empty_list = any(content.get(key) == [] for key in _LISTS)
    if not by_name and not is_empty_list and any(key not in asked and key not in _LISTS for key in content):
        raise UpstreamProtocolError("The history answer holds neither records nor nothing.")
    found = {wanted: by_name[wanted] for wanted in asked if wanted and wanted in by_name}
    if any(not record.record_id for record in found.values()):
        raise UpstreamProtocolError("A record was found that names no history_record_id.")
    return found


def _answers(content: dict[str, Any], asked: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record of an answer with its key; "" for those that come in a list.

    Whatever stands under an id asked for is a record, however odd; null and {} say that there is none.
    """
    for key, answer in content.items():
        if key in asked:
            if answer:
                yield key, as_dict(answer)
            continue
        candidates = ((key, answer),) if key not in _LISTS else (("", each) for each in as_list(answer))
        for name, each in candidates:
            if isinstance(each, dict) and any(mark in each for mark in _RECORD_MARKS):
                yield name, each


def parse_record(answer: dict[str, Any], *, fallback_id: str = "") -> Record:
    """Read one record (docs/upstream.md#following). Never fails: an unreadable status is "running"."""
    task, queue = as_dict(answer.get("task")), as_dict(answer.get("queue_info"))
    status = as_int(answer.get("status"))
    if status is None:
        status = as_int(task.get("status"))
    finish_time = as_number(task.get("finish_time"))
    return Record(
        record_id=_record_id(answer) or fallback_id,
        submit_id=as_text(task.get("submit_id")) or as_text(answer.get("submit_id")),
        state="running" if status is None else STATE_BY_STATUS.get(status, "running"),
        status=STATUS_UNREADABLE if status is None else status,
        fail_code=as_text(answer.get("fail_code")) or as_text(task.get("fail_code")),
        fail_message=as_text(answer.get("fail_starling_message")) or as_text(answer.get("fail_msg")),
        items=tuple(_item(each, index) for index, each in enumerate(as_list(answer.get("item_list"))) if each),
        total=as_int(answer.get("total_image_count")),
        finished=as_int(answer.get("finished_image_count")),
        queue_position=as_int(queue.get("queue_idx")),
        queue_length=as_int(queue.get("queue_length")),
        forecast_s=as_number(answer.get("forecast_generate_cost")),
        queue_s=as_number(answer.get("forecast_queue_cost")),
        finished_at=as_seconds(finish_time) if finish_time and finish_time > 0 else None,
    )


def _record_id(answer: dict[str, Any]) -> str:
    task = as_dict(answer.get("task"))
    candidates = (answer.get("history_record_id"), task.get("history_id"), task.get("task_id"))
    return next((text for text in map(as_text, candidates) if text not in ("", "0")), "")


def _item(answer: Any, index: int) -> Item:
    """Read one element of `item_list`; without a link yet, its `url` is ""."""
    item = as_dict(answer)
    common, video = as_dict(item.get("common_attr")), as_dict(item.get("video"))
    cover = as_text(common.get("cover_url"))
    item_id = as_text(common.get("id")) or as_text(common.get("effect_id")) or str(index)
    if video and not as_list(as_dict(item.get("image")).get("large_images")):
        return _video(video, item_id=item_id, cover=cover)
    return _image(item, item_id=item_id, cover=cover)


def _image(item: dict[str, Any], *, item_id: str, cover: str) -> Item:
    image = as_dict(item.get("image"))
    large = as_dict(next(iter(as_list(image.get("large_images"))), None))
    url = as_text(large.get("image_url")) or cover
    return Item(
        item_id=item_id,
        kind="image",
        url=url,
        uri=as_text(large.get("image_uri")),
        width=as_int(large.get("width")),
        height=as_int(large.get("height")),
        format=(as_text(large.get("format")) or as_text(image.get("format"))).lower(),
        cover_url=cover,
        duration_s=None,
        expires_at=_expires_at(url),
    )


def _video(video: dict[str, Any], *, item_id: str, cover: str) -> Item:
    origin = as_dict(as_dict(video.get("transcoded_video")).get("origin"))
    links = (origin.get("video_url"), video.get("play_url"), video.get("download_url"), video.get("url"))
    url = next(filter(None, map(as_text, links)), "")
    duration = as_number(origin.get("duration"))
    if duration is not None and duration > _VIDEO_SECONDS_MAX:
        duration /= 1000
    return Item(
        item_id=item_id,
        kind="video",
        url=url,
        uri=as_text(video.get("video_id")),
        width=as_int(origin.get("width")),
        height=as_int(origin.get("height")),
        format=as_text(origin.get("format")).lower(),
        cover_url=cover or as_text(video.get("cover_url")),
        duration_s=duration,
        expires_at=_expires_at(url),
    )


def _expires_at(url: str) -> int | None:
    found = _EXPIRES.search(url)
    return int(found.group(1)) if found else None
