"""What the first page shows: what is being made, what came last, a person's keys, and how to begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from accounts.models import ApiKey
from generation.following import progress_known
from generation.history import Wanted, history_page
from generation.key_limits import KEY_UNINDEXED
from generation.key_usage import KeyUsage, keys_usage
from generation.media_states import small_picture_path
from generation.models import Generation
from generation.progress import Progress
from generation.viewing import Viewer, key_ids_of

OPEN_SHOWN = 6
LATEST_SHOWN = 12
_NOT_SHOWN = ("spec", "requested", "account_ids", "passed_over")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What is being made. `rows`: the first of them; `more`: how many there are besides."""

    rows: list[Generation]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    generation: Generation
    progress: Progress


def still_open(viewer: Viewer) -> Open:
    """Oldest first. Answered by the small index of open ones, whosever they are. For staff two queries, else three."""
    rows = Generation.objects.still_open()
    if not viewer.sees_all:
        rows = rows.alias(key=KEY_UNINDEXED).filter(key__in=key_ids_of(viewer))
    shown = list(rows.defer(*_NOT_SHOWN).order_by("pk")[:OPEN_SHOWN])
    return Open(rows=shown, more=rows.order_by().count() - len(shown))


def running(rows: Sequence[Generation]) -> list[Running]:
    """With how far each is. Call it on the event loop."""
    return [Running(generation=row, progress=progress_known(row)) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A generation and its first picture. `thumbnail`: "" when there is none to show. `count`: of files."""

    generation: Generation
    thumbnail: str
    count: int


def latest(viewer: Viewer) -> list[Result]:
    wanted = Wanted(status=Generation.Status.SUCCEEDED)
    found = history_page(viewer=viewer, wanted=wanted, size=LATEST_SHOWN).generations
    return [_result(generation) for generation in found]


def _result(generation: Generation) -> Result:
    files = [media for media in generation.media.all() if media.deleted_at is None]
    shown = next(filter(None, map(small_picture_path, files)), "")
    return Result(generation=generation, thumbnail=shown, count=len(files))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """`share`: of the credits of a day, percent; None: there is no limit."""

    key: ApiKey
    works: bool
    today: KeyUsage
    share: int | None


def own_keys(viewer: Viewer, *, at: datetime) -> list[OwnKey]:
    """Of somebody who is not of the staff. Five queries."""
    keys = list(ApiKey.objects.filter(owner_id=viewer.user_id).order_by("name", "pk"))
    used = keys_usage([key.pk for key in keys], at=at)
    return [_own_key(key, used[key.pk]["today"], at) for key in keys if not key.is_revoked]


def _own_key(key: ApiKey, today: KeyUsage, at: datetime) -> OwnKey:
    limit = key.credits_per_day
    share = None if limit is None else 100 if limit <= 0 else min(100, round(100 * today.credits / limit))
    return OwnKey(key=key, works=key.works(at), today=today, share=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How to begin: what is done already. `count_done`: of the four."""

    account: bool
    key: bool
    request: bool
    picture: bool

    @property
    def count_done(self) -> int:
        return sum((self.account, self.key, self.request, self.picture))

    @property
    def all_done(self) -> bool:
        return self.count_done == 4


def steps(*, has_account: bool) -> Steps:
    """Two queries, which read next to nothing."""
    keys = ApiKey.objects.aggregate(count=Count("pk"), used_at=Max("last_used_at"))
    succeeded = Generation.objects.finished().filter(status=Generation.Status.SUCCEEDED)
    return Steps(
        account=has_account,
        key=keys["count"] > 0,
        request=keys["used_at"] is not None,
        picture=succeeded.exists(),
    )
