"""A lower resolution, where no account may make the one that was asked for and the API key allows that."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts import services as accounts
from accounts.errors import PoolOutOfCredits
from accounts.models import ApiKey
from generation import changes
from generation.catalog import SIZES, video_size
from generation.engine.claims import LostRace
from generation.engine.journal import Work
from generation.engine.tools import Tools
from generation.specs import SIDE_MIN_PX, ImageSpec, Spec
from jimeng_site.database import in_database


async def downgraded(work: Work, refusal: PoolOutOfCredits, tools: Tools) -> Work:
    """The same work at the next lower resolution that an account can make. Nothing is spent yet.

    Raises `refusal` if its key does not allow that, or no account can soon.
    """
    lower = await in_database(_lower_work, work, at=timezone.now())
    if lower is None:
        raise refusal
    change = changes.Downgraded(
        generation_id=work.id,
        spec=lower.spec.to_json(),
        credits_estimated=lower.cost_credits,
        from_resolution=work.spec.resolution,
        to_resolution=lower.spec.resolution,
        reason=refusal.detail,
    )
    if not await tools.journal.downgraded(change):
        raise LostRace
    return lower


def _lower_work(work: Work, *, at: datetime) -> Work | None:
    """None: not allowed, or nobody can make it in a lower resolution either."""
    key = ApiKey.objects.filter(generations=work.id, downgrades=ApiKey.Downgrades.ALLOW)
    if not key.exists():
        return None
    for resolution in lower_resolutions(work.spec):
        spec = at_resolution(work.spec, resolution)
        # Who refused the higher resolution may well take this one.
        lower = replace(work, spec=spec, cost_credits=spec.cost_credits, passed_over=frozenset())
        if _would_be_taken(lower, at):
            return lower
    return None


def _would_be_taken(work: Work, at: datetime) -> bool:
    """Whether the pool has an account for this, now or soon."""
    patience = timedelta(seconds=settings.JIMENG_QUEUE_TIMEOUT_S)
    return accounts.lease_outlook(want=work.lease_want(), at=at, patience=patience).refusal is None


def lower_resolutions(spec: Spec) -> list[str]:
    """What its model offers below the resolution of this spec, the highest first."""
    offered = spec.info.resolutions
    return list(reversed(offered[: offered.index(spec.resolution)]))


def at_resolution(spec: Spec, resolution: str) -> Spec:
    """The same request in another resolution, of the same shape."""
    width, height = _size(spec, resolution)
    changed: dict[str, Any] = {"resolution": resolution, "width": width, "height": height}
    return replace(spec, **changed)


def _size(spec: Spec, resolution: str) -> tuple[int, int]:
    """From the table; sides that the caller chose freely become smaller by the same factor."""
    if not isinstance(spec, ImageSpec):
        return video_size(spec.ratio, resolution)
    before = SIZES[spec.resolution][spec.ratio]
    after = next(sizes[spec.ratio] for name, sizes in SIZES.items() if name == resolution)
    if (spec.width, spec.height) == before:
        return after
    factor = after[0] / before[0]
    return max(SIDE_MIN_PX, round(spec.width * factor)), max(SIDE_MIN_PX, round(spec.height * factor))
