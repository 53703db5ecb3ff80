"""One submission as the service sees it: what was charged, and what it shows of itself at any moment."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from generation.sandbox.faults import FILTERED_PROMPT, RECORD, Fault, FaultSet
from generation.sandbox.orders import Order
from generation.sandbox.wallet import Lot

QUEUEING, WAITING, GENERATING, FAILED, COMPLETE, UNKNOWN = 20, 42, 45, 30, 50, 77
_FAIL_CODES: dict[str, str | int] = {"filtered": "2038", "filtered-int": 2043, "failed": "5001"}
_FAIL_MESSAGES = {
    "2038": "content filtered",
    "2043": "content filtered",
    "5001": "generation failed",
    "5002": "generation failed",
}


def _fail_code(fault: str, order: Order) -> str | int:
    """The fail_code of a fault that lets a record fail: videos that failed have their own."""
    return "5002" if fault == "failed" and order.kind == "video" else _FAIL_CODES[fault]


@dataclass(slots=True)
class Record:
    """All instants are Unix seconds. Pictures become visible one by one in the last third of the work."""

    record_id: str
    account: str
    order: Order
    created_at: float
    starts_at: float
    ready_at: float
    item_ids: list[str]
    charged_credits: int
    faults: dict[str, Fault]
    fail_code: str | int = ""
    refunded_credits: int = 0
    times_submitted: int = 1
    image_format: str = "webp"
    taken: list[Lot] = field(default_factory=list)  # the credits that were charged

    @classmethod
    def begin(
        cls,
        *,
        record_id: str,
        account: str,
        order: Order,
        seconds: float,
        queue_seconds: float,
        now: float,
        faults: FaultSet,
        image_format: str = "webp",
    ) -> Record:
        """A new record; the account's record faults decide how it will go."""
        struck = faults.take(RECORD)
        if slow := struck.get("slow"):
            seconds *= slow.number(1.0)
        failed = next((name for name in _FAIL_CODES if name in struck), None)
        if FILTERED_PROMPT in order.prompt:
            failed = "filtered"
        partial = struck.get("partial")
        arriving = min(int(partial.number(0)), order.count) if partial else order.count
        return cls(
            record_id=record_id,
            account=account,
            order=order,
            created_at=now,
            starts_at=now + queue_seconds,
            ready_at=now + queue_seconds + seconds,
            item_ids=[] if failed else [uuid.uuid4().hex for _ in range(arriving)],
            charged_credits=arriving * order.price_credits,
            faults=struck,
            fail_code=_fail_code(failed, order) if failed else "",
            image_format=image_format,
        )

    def _progress(self, now: float) -> float:
        """0 when the work begins, 1 when it is ready; below 0 while queueing."""
        length = self.ready_at - self.starts_at
        return (now - self.starts_at) / length if length > 0 else 1.0

    def status(self, now: float) -> int:
        """The status code that history answers tell at that moment."""
        progress = self._progress(now)
        if now >= self.ready_at:
            return FAILED if self.fail_code else COMPLETE
        if "unknownstatus" in self.faults and progress < 2 / 3:
            return UNKNOWN
        if progress < 0.05:
            return QUEUEING
        return WAITING if progress < 0.15 else GENERATING

    def visible(self, now: float) -> list[str]:
        """The ids of the pictures that can be seen by now."""
        number = len(self.item_ids)
        length = self.ready_at - self.starts_at
        if now >= self.ready_at:
            late = "lateitems" in self.faults and now < self.ready_at + length / 3
            return self.item_ids[: number - 1] if late else self.item_ids
        return self.item_ids[: max(int((self._progress(now) * 3 - 2) * number), 0)]

    def is_hidden(self, now: float) -> bool:
        """Whether history answers leave this record out."""
        vanish = self.faults.get("vanish")
        return vanish is not None and now < self.created_at + vanish.number(float("inf"))

    def has_urls(self, now: float) -> bool:
        """Whether pictures carry addresses by now."""
        nourl = self.faults.get("nourl")
        return nourl is None or now >= self.ready_at + nourl.number(float("inf"))

    def answer(self, now: float, forecast_s: int, url: Callable[[str], str]) -> dict[str, Any]:
        """The record as history answers and the submit answer show it. `url` makes a file's address of its name."""
        status = self.status(now)
        shown = self.visible(now)
        address = url if self.has_urls(now) else lambda _: ""
        told: dict[str, Any] = {
            "history_record_id": self.record_id,
            "created_time": self.created_at,
            "submit_id": self.order.submit_id,
            "status": status,
            "fail_code": self.fail_code if status == FAILED else "",
            "item_list": [self._item(item_id, address) for item_id in shown],
            "task": {
                "task_id": self.record_id,
                "submit_id": self.order.submit_id,
                "status": status,
                "finish_time": int(self.ready_at) if status in (FAILED, COMPLETE) else 0,
                "history_id": self.record_id,
            },
            "total_image_count": len(self.item_ids) if status in (FAILED, COMPLETE) else self.order.count,
            "finished_image_count": len(shown),
            "forecast_generate_cost": forecast_s,
            "forecast_queue_cost": max(round(self.starts_at - now), 0),
            "model_info": {"model_name": self.order.public_name, "model_req_key": self.order.model_key},
        }
        if status == FAILED:
            told["fail_msg"] = _FAIL_MESSAGES[str(self.fail_code)]
        if status in (QUEUEING, WAITING):
            told["queue_info"] = self.queue_info(now)
        return told

    def queue_info(self, now: float) -> dict[str, Any]:
        """Where the record stands in the queue."""
        waiting = max(int(self.starts_at - now), 0)
        return {
            "queue_idx": waiting,
            "priority": 3,
            "queue_status": 1 if waiting else 2,
            "queue_length": waiting * 2,
            "polling_config": {"interval_seconds": 30, "timeout_seconds": 86400},
        }

    def _item(self, item_id: str, url: Callable[[str], str]) -> dict[str, Any]:
        """One picture or the video. Files are named by item id, purpose and format: see `cdn`."""
        is_video = self.order.kind == "video"
        cover = url(f"{item_id}~cover.webp" if is_video else f"{item_id}~tplv.{self.image_format}")
        item: dict[str, Any] = {"common_attr": {"id": item_id, "effect_id": item_id, "cover_url": cover}}
        if is_video:
            return item | {"video": self._video(url(f"{item_id}~video.mp4"))}
        image = {
            "image_uri": f"tos-cn-i-tb4s082cfz/{item_id}",
            "image_url": cover,
            "width": self.order.width,
            "height": self.order.height,
            "format": self.image_format,
        }
        return item | {"image": {"format": self.image_format, "large_images": [image]}}

    def _video(self, address: str) -> dict[str, Any]:
        if "playurl" in self.faults:
            return {"play_url": address}
        size = {"width": self.order.width, "height": self.order.height, "duration": float(self.order.seconds)}
        return {"transcoded_video": {"origin": {"video_url": address} | size}}

    def told(self, now: float) -> dict[str, Any]:
        """The record as the ledger tells it. `charged` and `refunded` in credits, `delivered` in pictures."""
        return {
            "submit_id": self.order.submit_id,
            "record_id": self.record_id,
            "account": self.account,
            "charged": self.charged_credits,
            "refunded": self.refunded_credits,
            "count": self.order.count,
            "delivered": len(self.visible(now)),
            "kind": self.order.kind,
            "model": self.order.public_name,
            "resolution": self.order.resolution,
            "inputs": len(self.order.input_uris),
            "seconds": self.order.seconds,
            "width": self.order.width,
            "height": self.order.height,
            "prompt": self.order.prompt,
            "created": self.created_at,
            "ready": self.ready_at,
            "times_submitted": self.times_submitted,
        }
