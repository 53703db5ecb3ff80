"""The daily gift: when each account is to ask for it, and what came of it. No network here.

Days are those of Asia/Shanghai. A check-in that fails says nothing of the account; what does is told to health.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Account, AccountEvent
from accounts.querysets import AccountQuerySet, held
from accounts.refreshing import drawn
from accounts.shanghai import day_of, start_of
from accounts.timeline import account_events_add

Event, Result = AccountEvent.Kind, Account.CheckInResult

FIRST_AFTER_MIDNIGHT = timedelta(minutes=5)  # the upstream's own day may begin a little late
PLANNED_AT_ONCE = 200  # accounts in one transaction: others wait for it some tens of milliseconds
SOON_SPREAD_S = 300.0  # of those whose moment of the day has passed already, such as new accounts
RETRY_PAUSES = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))  # then tomorrow
_ATTEMPTS_MAX = 30_000
_SPREAD_MAX_S = 23 * 3600.0  # the gift of a day is asked for on that day


def check_in_moment(account_id: int, *, after: datetime) -> datetime:
    """When an account checks in that has not done so on the day of `after`: at its moment of that day, or soon."""
    spread_s = min(settings.JIMENG_CHECK_IN_SPREAD_S, _SPREAD_MAX_S)
    day = day_of(after)
    part = drawn(account_id, day.isoformat())
    moment = start_of(day) + FIRST_AFTER_MIDNIGHT + timedelta(seconds=spread_s * part)
    return moment if moment >= after else after + timedelta(seconds=min(spread_s, SOON_SPREAD_S) * part)


def check_in_moment_tomorrow(account_id: int, *, at: datetime) -> datetime:
    return check_in_moment(account_id, after=start_of(day_of(at) + timedelta(days=1)))


def check_ins_plan(*, at: datetime) -> int:
    """Give a moment to each account of the pool that has none, a batch at a time. Returns how many.

    A moment beyond tomorrow is none: a clock that ran ahead has planned it. With JIMENG_CHECK_IN off, what is planned
    is given up; what a person asked for stays.
    """
    pool = Account.objects.in_pool()
    if not settings.JIMENG_CHECK_IN:
        pool.filter(check_in_due_at__gt=at).update(check_in_due_at=None)
        return 0
    beyond = Q(check_in_due_at__gte=start_of(day_of(at) + timedelta(days=2)))
    unplanned = pool.filter(Q(check_in_due_at__isnull=True) | beyond, enabled=True).order_by("pk")
    rows = list(unplanned.values_list("pk", "checked_in_on", "check_in_due_at")[:PLANNED_AT_ONCE])
    with transaction.atomic():
        for pk, on, due_at in rows:
            moment = check_in_moment_tomorrow(pk, at=at) if on == day_of(at) else check_in_moment(pk, after=at)
            Account.objects.filter(pk=pk, check_in_due_at=due_at).update(check_in_due_at=moment)
    return len(rows)


def check_ins_due(*, at: datetime) -> AccountQuerySet:
    """Whose moment has come, first ones first. Those that risk control holds and dead logins wait until it is over."""
    due = Account.objects.in_pool().filter(enabled=True, check_in_due_at__lte=at)
    return due.exclude(health=Account.Health.EXPIRED).exclude(held(at=at)).order_by("check_in_due_at")


def accounts_request_check_in(*, account_ids: Collection[int], at: datetime) -> int:
    """Ask the engine to ask for today's gift of these accounts now, whether they have had it or not."""
    return Account.objects.filter(pk__in=account_ids).update(check_in_due_at=at)


def may_check_in(account: Account, *, at: datetime) -> bool:
    """Whether asking for the gift is worth it: not had today, and not in the pause after a failure."""
    paused = (
        account.check_in_result == Result.FAILED
        and account.check_in_due_at is not None
        and account.check_in_due_at > at
        and account.check_in_attempts > 0
    )
    return account.checked_in_on != day_of(at) and not paused


@transaction.atomic
def account_checked_in(*, account_id: int, received: int, at: datetime) -> None:
    """Today's gift was asked for and answered; `received` 0: it had been given before."""
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        return
    result = Result.RECEIVED if received else Result.ALREADY
    had_it = account.checked_in_on == day_of(at) and account.check_in_result == Result.RECEIVED
    if received or not had_it:  # asking again never hides what the gift of today was
        account.check_in_result, account.check_in_credits = result, received or None
    account.checked_in_on = day_of(at)
    account.check_in_detail, account.check_in_attempts = "", 0
    account.check_in_due_at = _next_day(account, at)
    account.save(update_fields=_FIELDS)
    account_events_add(
        account_ids=[account_id], kind=Event.CHECKED_IN, at=at, result=str(result), credits=received or None
    )


@transaction.atomic
def account_check_in_failed(*, account_id: int, code: str, detail: str, at: datetime) -> None:
    """It could not be asked for: again after a pause that grows, and then on the next day."""
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        return
    account.check_in_attempts = min(account.check_in_attempts + 1, _ATTEMPTS_MAX)
    retry_at = _retry_at(account.check_in_attempts, at)
    if account.checked_in_on != day_of(at):  # asking once more than needed fails: the gift of today stays told
        account.check_in_result, account.check_in_credits = Result.FAILED, None
        account.check_in_detail = " ".join(part for part in (code, detail) if part)[:200]
    else:
        retry_at = None
    if retry_at is None:
        account.check_in_attempts = 0
    account.check_in_due_at = retry_at if retry_at is not None else _next_day(account, at)
    account.save(update_fields=_FIELDS)
    account_events_add(account_ids=[account_id], kind=Event.CHECK_IN_FAILED, at=at, code=code, text=detail[:200])


_FIELDS = (
    "checked_in_on",
    "check_in_due_at",
    "check_in_result",
    "check_in_credits",
    "check_in_detail",
    "check_in_attempts",
)


def _retry_at(attempts: int, at: datetime) -> datetime | None:
    """The next try of the same day after so many failed; None: not today."""
    if attempts > len(RETRY_PAUSES) or not settings.JIMENG_CHECK_IN:
        return None
    retry_at = at + RETRY_PAUSES[attempts - 1]
    return retry_at if day_of(retry_at) == day_of(at) else None


def _next_day(account: Account, at: datetime) -> datetime | None:
    """None: nobody plans check-ins, or a caller's login, for which only the caller asks."""
    planned = settings.JIMENG_CHECK_IN and account.source == Account.Source.OPERATOR
    return check_in_moment_tomorrow(account.pk, at=at) if planned else None
