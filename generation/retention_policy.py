"""What the retention policy says: which files may go, by which rule. No file is looked at here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, QuerySet, Value, When

from accounts.api_key_form import KEEP_DAYS_MAX
from accounts.models import ApiKey
from generation.models import Media

GB: Final = 10**9
_GB_MAX: Final = 1e9


class Rule(models.TextChoices):
    """Why a file goes; the first that holds, in this order."""

    TRASH = "trash"  # it has been in the trash for JIMENG_TRASH_DAYS
    KEY = "key"  # it is older than its API key keeps files
    AGE = "age"  # it is older than JIMENG_KEEP_DAYS
    SIZE = "size"  # all files together take more than JIMENG_KEEP_GB, and no other is older


NO_RULE: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`keep_days`, `keep_bytes`: 0 for ever, all. `key_days`: of API keys with a number of their own, 0 for ever."""

    keep_days: int = 0
    keep_bytes: int = 0
    trash_days: int = 30
    key_days: Mapping[int, int] = field(default_factory=dict)

    @property
    def kept_for_ever(self) -> list[int]:
        """Keys whose files neither age nor size removes."""
        return [key_id for key_id, days in self.key_days.items() if not days]

    def newest_due(self, at: datetime) -> datetime | None:
        """Whatever is younger is too young for every rule of age; None: there is no such rule."""
        days = [each for each in (self.keep_days, *self.key_days.values()) if each]
        return at - timedelta(days=min(days)) if days else None


def policy_in_force(*, keep_days: int | None = None, keep_gb: float | None = None) -> Policy:
    """That of the settings and the API keys. One query. None: as the settings say."""
    own = ApiKey.objects.filter(keep_days__isnull=False).order_by("pk").values_list("pk", "keep_days")
    keep_gb = settings.JIMENG_KEEP_GB if keep_gb is None else keep_gb
    return Policy(
        keep_days=_days(settings.JIMENG_KEEP_DAYS if keep_days is None else keep_days),
        keep_bytes=int(min(max(0.0, keep_gb), _GB_MAX) * GB),
        trash_days=_days(settings.JIMENG_TRASH_DAYS),
        key_days={pk: _days(days) for pk, days in own if days is not None},
    )


def _days(given: int) -> int:
    """What is below 0 must not mean "all that is younger than tomorrow"."""
    return min(max(0, given), KEEP_DAYS_MAX)


def prunable() -> QuerySet[Media]:
    """What may go at all. Its conditions are those of the index `media_prunable`, in words that it understands."""
    return Media.objects.filter(removed_at__isnull=True, pinned_at__isnull=True)


def rule_of(policy: Policy, at: datetime) -> Case:
    """The rule of trash, key or age by which a Media row goes now; NO_RULE if it stays. Joins the generation.

    What is still being made stays, whatever its age.
    """

    def when(condition: Q, rule: str) -> When:
        return When(condition, then=Value(rule))

    by_days: dict[int, list[int]] = {}
    for key_id, days in policy.key_days.items():
        by_days.setdefault(days, []).append(key_id)
    whens = [
        when(
            Q(removed_at__isnull=False) | Q(pinned_at__isnull=False) | Q(generation__finished_at__isnull=True), NO_RULE
        ),
        when(Q(deleted_at__lte=at - timedelta(days=policy.trash_days)), Rule.TRASH),
        when(Q(file=""), NO_RULE),
    ]
    for days, key_ids in by_days.items():
        if days:
            old = Q(generation__api_key_id__in=key_ids, created_at__lt=at - timedelta(days=days))
            whens.append(when(old, Rule.KEY))
    if policy.key_days:
        whens.append(when(Q(generation__api_key_id__in=list(policy.key_days)), NO_RULE))
    if policy.keep_days:
        whens.append(when(Q(created_at__lt=at - timedelta(days=policy.keep_days)), Rule.AGE))
    return Case(*whens, default=Value(NO_RULE), output_field=models.CharField())


def may_go_by_size(policy: Policy) -> Q:
    """Of `prunable`: what the rule of size may take, oldest first."""
    named = ~Q(file="") & Q(generation__finished_at__isnull=False)
    return named & ~Q(generation__api_key_id__in=policy.kept_for_ever) if policy.kept_for_ever else named
