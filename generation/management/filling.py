"""Rows for a scratch database that looks like months of use: nothing of it was ever sent to anybody."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from accounts.models import Account, ApiKey
from generation.catalog import MODELS
from generation.models import Generation, GenerationEvent
from generation.specs import SEED_MAX, SEED_MIN, Spec, image_spec, video_spec

Status = Generation.Status
DAYS: Final = 90
CLIENT: Final = "fill_history"
CLIENTS: Final = ("OpenAI", "AsyncOpenAI", "Mozilla", "python-httpx", "LobeChat", "n8n")
CLIENT_WEIGHTS: Final = (40, 25, 20, 10, 4, 1)
_SUBJECTS = (
    *("a lighthouse in the mist", "two cats on a red sofa", "a city of glass", "an old fisherman", "a paper crane"),
    *("江南水乡的清晨", "一只戴眼镜的猫", "赛博朋克风格的街道", "雪山下的小木屋", "穿汉服的女孩", "未来城市夜景"),
)
_STYLES = (
    *("oil painting", "35 mm film", "isometric", "watercolour", "studio light", "pixel art", "long exposure"),
    *("水墨画", "电影感光影", "超写实", "扁平插画", "低饱和度", "微距摄影"),
)
_DETAILS = ("at dawn", "with heavy rain", "seen from above", "黄昏", "雨后", "俯视", "暖色调", "极简构图")
# Words that few prompts have, for measuring what is seldom found.
RARE_WORDS: Final = ("zeppelin", "麒麟踏雪")
RARE_SHARE: Final = 1 / 50_000
_SYLLABLES = ("ka", "lo", "mir", "ten", "sau", "vel", "or", "dri", "pe", "zu", "nar", "qui", "bel", "sto", "fay", "hem")
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦", "清风明月山川云雨花雪松竹梅兰春夏秋冬"
PINNED_SHARE: Final = 0.002
TRASH_SHARE: Final = 0.004


@dataclass(frozen=True, slots=True)
class Outcome:
    """`accepted`: Jimeng has it. `tried`: it was sent there, whatever came back."""

    status: str
    error: str = ""
    accepted: bool = False
    tried: bool = False


# Each with its share of all.
_OUTCOMES = (
    (0.900, Outcome(Status.SUCCEEDED, accepted=True, tried=True)),
    (0.030, Outcome(Status.FAILED, "content_policy_violation")),
    (0.020, Outcome(Status.FAILED, "accounts_busy")),
    (0.012, Outcome(Status.FAILED, "generation_failed", accepted=True, tried=True)),
    (0.010, Outcome(Status.FAILED, "insufficient_quota")),
    (0.006, Outcome(Status.FAILED, "upstream_unreachable")),
    (0.004, Outcome(Status.FAILED, "timed_out", accepted=True, tried=True)),
    (0.003, Outcome(Status.FAILED, "outcome_unknown", tried=True)),
    (0.015, Outcome(Status.CANCELLED, "generation_cancelled")),
)
_OPERATIONS = {
    "image": (("generations", 70), ("chat", 20), ("edits", 6), ("compositions", 3), ("variations", 1)),
    "video": (("videos", 70), ("video_generations", 25), ("chat", 5)),
}
# By hour of the day in Shanghai: few at night.
_BUSY_HOURS = (3, 2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 8, 9, 10, 10, 9, 8, 8, 9, 10, 10, 8, 5)
GENERATION_FIELDS = (
    *("id", "public_id", "group_id", "api_key", "account", "account_label", "kind", "operation", "model", "prompt"),
    *("spec", "request_hash", "owner", "requested", "account_ids", "idempotency_key", "client", "status", "attempt"),
    *("passed_over", "submit_id", "seed", "history_record_id", "forecast_s", "credits_estimated", "error_code"),
    *("error_detail", "upstream_code", "retry_after_s", "created_at", "deadline_at", "claimed_at", "submitting_at"),
    *("submitted_at", "finished_at", "hidden_at", "client_name", "late_attempts"),
    *("pinned_at", "deleted_at"),
)
EVENT_FIELDS = ("generation", "kind", "at", "account", "detail")
MEDIA_FIELDS = (
    *("public_id", "generation", "position", "kind", "file", "thumbnail", "content_type", "width", "height"),
    *("duration_s", "size_bytes", "sha256", "upstream_uri", "upstream_url", "fetch_attempts", "created_at"),
    *("preview", "removed_why", "pinned_at", "deleted_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One generation: its row, its events and its files, in the order of the fields above."""

    row: tuple[Any, ...]
    events: list[tuple[Any, ...]]
    media: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """What happened, before it is rows."""

    pk: int
    spec: Spec
    kind: str
    outcome: Outcome
    account: Account | None
    at: datetime
    submitted_at: datetime | None
    finished_at: datetime
    pinned_at: datetime | None
    deleted_at: datetime | None

    @property
    def record_id(self) -> str:
        return str(10**15 + self.pk)


def moments(count: int, *, until: datetime, chance: random.Random) -> list[datetime]:
    """When each was asked for, oldest first: more from week to week, few at night."""
    days = chance.choices(range(DAYS), weights=[1 + day / DAYS for day in range(DAYS)], k=count)
    hours = chance.choices(range(24), weights=_BUSY_HOURS, k=count)
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight - timedelta(days=DAYS - 1)
    found = (
        first + timedelta(days=day, hours=hour, seconds=chance.random() * 3600)
        for day, hour in zip(days, hours, strict=True)
    )
    # What would be later today is moved to some earlier day.
    return sorted(at if at < until else at - timedelta(days=chance.randrange(1, DAYS)) for at in found)


class Writer:
    """Makes stories. `first_id`: the primary key of the first one."""

    def __init__(
        self, *, accounts: Sequence[Account], keys: Sequence[ApiKey], first_id: int, chance: random.Random
    ) -> None:
        self._accounts, self._keys, self._chance = accounts, keys, chance
        # A few do most of the work, as in life.
        self._account_weights = [1 / (number + 4) for number in range(len(accounts))]
        self._key_weights = [1 / (number + 1) for number in range(len(keys))]
        self._next_id = first_id
        self._shapes = _shapes()
        self._shape_weights = [8 if kind == "image" else 1 for _, kind in self._shapes]

    def stories(self, times: Sequence[datetime], *, with_parts: bool) -> Iterator[Story]:
        """One for each time. `with_parts`: with events and files."""
        chance, count = self._chance, len(times)
        picks = zip(
            times,
            chance.choices(self._shapes, weights=self._shape_weights, k=count),
            chance.choices(self._accounts, weights=self._account_weights, k=count),
            chance.choices(self._keys, weights=self._key_weights, k=count),
            chance.choices(_OUTCOMES, weights=[share for share, _ in _OUTCOMES], k=count),
            strict=True,
        )
        for at, (spec, kind), account, key, (_, outcome) in picks:
            tale = self._tale(at, spec, kind, account, outcome)
            events = list(_events(tale)) if with_parts else []
            media = list(_media(tale)) if with_parts and outcome.status == Status.SUCCEEDED else []
            yield Story(row=self._row(tale, key), events=events, media=media)

    def _tale(self, at: datetime, spec: Spec, kind: str, account: Account, outcome: Outcome) -> Tale:
        chance = self._chance
        submitted_at = at + timedelta(seconds=0.2 + chance.expovariate(1 / 1.5)) if outcome.accepted else None
        ran_s = chance.uniform(12, 40) if kind == Generation.Kind.IMAGE else chance.uniform(60, 300)
        pk, self._next_id = self._next_id, self._next_id + 1
        finished_at, fate = (submitted_at or at) + timedelta(seconds=ran_s), chance.random()
        return Tale(
            pk=pk,
            spec=spec,
            kind=kind,
            outcome=outcome,
            account=account if outcome.tried or outcome.error == "content_policy_violation" else None,
            at=at,
            submitted_at=submitted_at,
            finished_at=finished_at,
            pinned_at=finished_at if fate < PINNED_SHARE and outcome.status == Status.SUCCEEDED else None,
            deleted_at=finished_at if fate > 1 - TRASH_SHARE else None,
        )

    def _row(self, tale: Tale, key: ApiKey) -> tuple[Any, ...]:
        chance, spec, at, lent, outcome = self._chance, tale.spec, tale.at, tale.account, tale.outcome
        prompt = _prompt(chance)
        operation = chance.choices(*zip(*_OPERATIONS[tale.kind], strict=True))[0]
        submit_id = uuid.UUID(int=chance.getrandbits(128)) if outcome.tried else None
        record_id = tale.record_id if outcome.accepted else ""
        return (
            *(tale.pk, f"gen_{secrets.token_hex(12)}", "", key.pk, lent and lent.pk, lent.name if lent else ""),
            *(tale.kind, operation, spec.model, prompt, {**spec.to_json(), "prompt": prompt}, secrets.token_hex(32)),
            *(f"key:{key.pk}", {"size": f"{spec.width}x{spec.height}"}, None, None, CLIENT, outcome.status),
            *(int(outcome.tried), [], submit_id, chance.randrange(SEED_MIN, SEED_MAX), record_id, None),
            *(spec.cost_credits, outcome.error, "", "", None, at, at + timedelta(hours=1), at if lent else None),
            *(at if outcome.tried else None, tale.submitted_at, tale.finished_at, None),
            *(chance.choices(CLIENTS, weights=CLIENT_WEIGHTS)[0], 0, tale.pinned_at, tale.deleted_at),
        )


def _prompt(chance: random.Random) -> str:
    """Common words, a name that few others have, and now and then a word that hardly any has."""
    if chance.random() < 0.5:
        name = "".join(chance.choices(_SYLLABLES, k=3)).title()
    else:
        name = chance.choice(_SURNAMES) + "".join(chance.choices(_GIVEN, k=2))
    words = [chance.choice(_SUBJECTS), chance.choice(_STYLES), chance.choice(_DETAILS), name]
    words += [word for word in RARE_WORDS if chance.random() < RARE_SHARE]
    return ", ".join(words)


def _shapes() -> list[tuple[Spec, str]]:
    """What is asked for: each model, with one or four pictures, or of its shortest length."""
    found: list[tuple[Spec, str]] = []
    for name, info in MODELS.items():
        if info.kind == "image":
            found += [(image_spec(model=name, prompt="a", count=count), "image") for count in (1, 4)]
        else:
            found.append((video_spec(model=name, prompt="a"), "video"))
    return found


def _events(tale: Tale) -> Iterator[tuple[Any, ...]]:
    kinds, lent = GenerationEvent.Kind, tale.account
    yield tale.pk, kinds.CREATED, tale.at, None, {"model": tale.spec.model, "credits": tale.spec.cost_credits}
    if lent is not None:
        yield tale.pk, kinds.CLAIMED, tale.at, lent.pk, {"account": lent.name, "attempt": 1}
        if tale.submitted_at is not None:
            yield tale.pk, kinds.SUBMITTED, tale.submitted_at, lent.pk, {"record_id": tale.record_id}
    if tale.outcome.status == Status.SUCCEEDED:
        yield tale.pk, kinds.SUCCEEDED, tale.finished_at, None, {"pictures": tale.spec.count}
    elif tale.outcome.status == Status.FAILED:
        yield tale.pk, kinds.FAILED, tale.finished_at, None, {"code": tale.outcome.error}
    else:
        yield tale.pk, kinds.CANCELLED, tale.finished_at, None, {}


def _media(tale: Tale) -> Iterator[tuple[Any, ...]]:
    """Results whose files are not here and are not fetched."""
    spec, is_picture = tale.spec, tale.kind == Generation.Kind.IMAGE
    for position in range(spec.count):
        yield (
            *(f"med_{secrets.token_hex(12)}", tale.pk, position, tale.kind, "", ""),
            *("image/webp" if is_picture else "video/mp4", spec.width, spec.height, None if is_picture else 5.0),
            *(None, "", "", "", 0, tale.finished_at, "", ""),
            *(tale.pinned_at, tale.deleted_at),
        )
