"""What keeps a generation waiting, or would, as the engine would answer it now. Changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from accounts.services import LeaseAnswer, LeaseWant, lease_outlook
from generation.engine.journal import work_of
from generation.models import Generation
from generation.specs import ImageSpec, Spec, submission_counts


def generation_outlook(generation: Generation, *, at: datetime) -> LeaseAnswer:
    """Which account it would be given, or who is passed over and why."""
    patience = timedelta(seconds=settings.JIMENG_QUEUE_TIMEOUT_S)
    return lease_outlook(want=work_of(generation).lease_want(), at=at, patience=patience)


def spec_outlook(*, spec: Spec, api_key_id: int | None, at: datetime) -> LeaseAnswer:
    """The same for what was not asked for yet. `api_key_id`: of the key that would be charged; None for none."""
    first = replace(spec, count=submission_counts(spec)[0]) if isinstance(spec, ImageSpec) else spec
    want = LeaseWant(
        holder="",
        cost_credits=first.cost_credits,
        model_key=f"{spec.model}/{spec.resolution}",
        account_ids=None,
        passed_over=frozenset(),
        api_key_id=api_key_id,
    )
    return lease_outlook(want=want, at=at, patience=timedelta(seconds=settings.JIMENG_QUEUE_TIMEOUT_S))
