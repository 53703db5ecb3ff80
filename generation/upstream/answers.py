"""What upstream answers mean, as frozen dataclasses. `generation.upstream.parsing` fills them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RecordState = Literal["queued", "running", "complete", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One picture or video. `url` is "" while there is none, and dies at `expires_at` (unix seconds)."""

    item_id: str
    kind: Literal["image", "video"]
    url: str
    uri: str
    width: int | None
    height: int | None
    format: str
    cover_url: str
    duration_s: float | None
    expires_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One submission as the upstream sees it. `finished_at`: unix seconds. `…_s`: upstream's forecasts."""

    record_id: str
    submit_id: str
    state: RecordState
    status: int
    fail_code: str
    fail_message: str
    items: tuple[Item, ...]
    total: int | None
    finished: int | None
    queue_position: int | None
    queue_length: int | None
    forecast_s: float | None
    queue_s: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A submission that the upstream took, and charges for."""

    record_id: str
    forecast_s: float | None
    queue_s: float | None
    queue_position: int | None
    record: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedPicture:
    """An input picture as the upstream knows it. `width`, `height`: pixels, 0 where not told."""

    uri: str
    width: int
    height: int
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """A balance. `expiring`: gift credits and when they lapse, soonest first; None when that was not said."""

    gift: int
    purchase: int
    vip: int
    expiring: tuple[tuple[int, datetime], ...] | None = None

    @property
    def total(self) -> int:
        return self.gift + self.purchase + self.vip


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInfo:
    user_id: str
    screen_name: str
    avatar_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """The daily gift: `received` credits today (0 when it was taken before), `total` afterwards."""

    received: int
    total: int | None
    first: bool
