"""Pure: nobody can take a generation now. Is that worth waiting for, and if not, what is its caller told?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts.candidates import Candidate, Need
from accounts.errors import PoolBusy, PoolEmpty, PoolError, PoolOutOfCredits, UpstreamLoginExpired

NO_ACCOUNT_FOR_KEY = "This API key may use none of the enabled accounts of this gateway."


def why_not(
    scope: Sequence[Candidate], fit: Sequence[Candidate], need: Need, *, at: datetime, patience: timedelta
) -> tuple[PoolError | None, datetime | None]:
    """The refusal; or None and until when to wait at least (None: until a place comes free).

    `fit`: those of `scope` that have not refused it before.
    """
    willing = [each for each in fit if not each.expired and need.model_key not in each.barred]
    paying = [each for each in willing if each.can_pay(need.cost_credits)]
    if any(each.usable_at is None for each in paying):
        return None, None  # only full: a place comes free
    waking = min((each.usable_at for each in paying if each.usable_at is not None), default=None)
    if waking is not None and waking - at <= patience:
        return None, waking
    if waking is not None:
        return PoolBusy(retry_after_s=(waking - at).total_seconds()), None
    return _refusal(scope, need, at=at, dry=bool(willing)), None


def _refusal(scope: Sequence[Candidate], need: Need, *, at: datetime, dry: bool) -> PoolError:
    """The reason that helps most: nobody there, too poor, all logged out, not allowed, or passed over and at rest.

    `dry`: there are some that could take it, if only they had the credits.
    """
    error: PoolError
    if not scope:
        error = PoolEmpty()
    elif dry:
        error = PoolOutOfCredits()
    elif all(each.expired for each in scope):
        error = UpstreamLoginExpired()
    elif any(need.model_key in each.barred for each in scope):
        error = PoolOutOfCredits(f"No account may use {need.model_key.replace('/', ' at ')}.")
    elif not all(each.can_pay(need.cost_credits) for each in scope):
        error = PoolOutOfCredits()
    else:
        resting = [(each.usable_at - at).total_seconds() for each in scope if each.usable_at is not None]
        error = PoolBusy(retry_after_s=min(resting, default=None))
    return error
