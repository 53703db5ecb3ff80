"""What a difference of two balances says of a price: pure arithmetic on what ran between, and reading what that was.

Only clean differences count. Upstream charges when it accepts a submission and pays back what fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count

from accounts.models import AccountEvent
from accounts.services import Reading
from accounts.shanghai import day_of
from generation.models import Generation, Media
from generation.specs import ImageSpec, Spec, spec_from_json

Status = Generation.Status

BLUR: Final = timedelta(seconds=3)  # a charge so near to a reading may lie on either side of it
READ_BACK: Final = 200  # generations of an account that are looked at

Item = tuple[str, str]  # model and variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A price that a difference amounts to, in credits each."""

    item: Item
    credits: int


def variant_of(spec: Spec) -> str:
    """What the price depends on: resolution of pictures, seconds of videos."""
    return spec.resolution if isinstance(spec, ImageSpec) else str(spec.seconds)


def solve(spent: int, units: Mapping[Item, int], known: Mapping[Item, int]) -> Sample | None:
    """The price of the one item that is not `known`; of a single item, known or not. None: it cannot be told.

    `units`: how many pictures or videos were charged for. `known`: prices that are sure.
    """
    unsure = [item for item in units if item not in known] if len(units) > 1 else list(units)
    if len(unsure) != 1:
        return None
    (item,) = unsure
    rest = spent - sum(known[other] * count for other, count in units.items() if other != item)
    credits, remainder = divmod(rest, units[item])
    return Sample(item=item, credits=credits) if credits > 0 and remainder == 0 else None


def spent_between(before: Reading, after: Reading) -> int | None:
    """Credits that were spent between two balances; None where something else may have changed them.

    A gift may have come or lapsed (a midnight in Shanghai lies between, or a lapse that was told), and a part that
    grew was filled up by somebody.
    """
    if before.at >= after.at or day_of(before.at - BLUR) != day_of(after.at + BLUR):
        return None
    if any(before.at - BLUR <= lapse <= after.at + BLUR for _, lapse in before.lapses):
        return None
    if after.gift > before.gift or after.purchase > before.purchase or after.vip > before.vip:
        return None
    return before.total - after.total


def has_checked_in(account_id: int, before: Reading, after: Reading) -> bool:
    """Whether a gift may have come between them."""
    window = (before.at - BLUR, after.at + BLUR)
    events = AccountEvent.objects.filter(account_id=account_id, at__range=window)
    return events.filter(kind__in=(AccountEvent.Kind.CHECKED_IN, AccountEvent.Kind.CHECK_IN_FAILED)).exists()


def units_between(account_id: int, since: datetime, until: datetime) -> Mapping[Item, int] | None:
    """How many pictures and videos the account was charged for between two readings; None where that is not sure."""
    latest = Generation.objects.filter(account_id=account_id).order_by("-pk").defer("prompt", "requested")
    rows = list(latest[:READ_BACK])
    if len(rows) == READ_BACK and rows[-1].deadline_at > since - BLUR:
        return None  # older ones may matter, too
    if any(_blurs(row, since, until) for row in rows):
        return None
    return _counted([row for row in rows if row.submitted_at is not None and row.submitted_at > since])


def _blurs(row: Generation, since: datetime, until: datetime) -> bool:
    """Whether nobody can tell what this one has cost, or in which of the times before, between and after."""
    if row.status == Status.SUBMITTING or row.error_code == "outcome_unknown":
        return True
    if row.submitted_at is None or row.submitting_at is None:
        return False  # refused: nothing was spent
    if row.status == Status.FAILED:  # paid back, who knows when
        return row.finished_at is None or row.finished_at >= since - BLUR
    begun, charged = row.submitting_at - BLUR, row.submitted_at + BLUR
    return begun <= since <= charged or begun <= until <= charged


def _counted(rows: Sequence[Generation]) -> Mapping[Item, int] | None:
    files = Media.objects.filter(generation__in=rows).order_by().values_list("generation_id")
    made_by = dict(files.annotate(made=Count("pk")))
    units: dict[Item, int] = {}
    for row in rows:
        spec = spec_from_json(row.kind, row.spec)
        made = _charged_for(row, spec, made_by.get(row.pk, 0))
        if made is None:
            return None
        item = (row.model, variant_of(spec))
        units[item] = units.get(item, 0) + made
    return units


def _charged_for(row: Generation, spec: Spec, made: int) -> int | None:
    """Pictures, or 1 for a video. None: not as many were made as were asked for. Of a story what was made counts."""
    is_over = row.status == Status.SUCCEEDED
    if isinstance(spec, ImageSpec) and spec.is_story:
        return made if is_over and made else None
    return spec.count if not is_over or made == spec.count else None
