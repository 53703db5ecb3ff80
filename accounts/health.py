"""What is learned of an account's health: failures, probes, successes. No network here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.alerts import alert_raise, alerts_resolve
from accounts.models import Account, AccountEvent, AlertKind
from accounts.querysets import AccountQuerySet
from accounts.refreshing import accounts_read_balance
from accounts.rotation import BARRED_FOR, FailureClass, rest_until, rests_with
from accounts.timeline import account_events_add

Event = AccountEvent.Kind

# Rests that a generation submitted before cannot end by succeeding.
ENDED_BY_TIME = (
    Account.RestReason.THROTTLED,
    Account.RestReason.RISK_HOLD,
    Account.RestReason.NO_CREDITS,
    Account.RestReason.REGION,
    Account.RestReason.OPERATOR,
)
FAILURES_COUNT_FOR = timedelta(hours=24)  # failures farther apart are not in a row


def accounts_succeeded(*, account_ids: Collection[int], at: datetime) -> None:
    """A finished generation: they are well. Writes only to rows that say otherwise, and to idle ones' probe time."""
    ill = Account.objects.filter(pk__in=account_ids).exclude(health=Account.Health.ALIVE, failures_in_a_row=0)
    # It was submitted before such a rest began, and so proves nothing about its reason.
    held = Q(health=Account.Health.RESTING, rest_until__gt=at, rest_reason__in=ENDED_BY_TIME)
    _mend(ill.exclude(held), at=at)
    accounts_read_balance(account_ids=account_ids, at=at)


def _mend(rows: AccountQuerySet, *, at: datetime, forget: bool = True) -> None:
    """These are well: their rests end and, with `forget`, their failures count no more."""
    ill = list(rows.exclude(health__in=(Account.Health.ALIVE, Account.Health.UNKNOWN)).values_list("pk", flat=True))
    forgotten = {"failures_in_a_row": 0} if forget else {}
    rows.update(health=Account.Health.ALIVE, rest_until=None, rest_reason="", ill_since=None, **forgotten)
    account_events_add(account_ids=ill, kind=Event.RECOVERED, at=at)
    for account_id in ill:
        alerts_resolve(kinds=_ILLNESSES, subject=subject_of(account_id), at=at)


def subject_of(account_id: int) -> str:
    """What alerts about this account are filed under."""
    return f"account:{account_id}"


_ILLNESSES = (AlertKind.ACCOUNT_EXPIRED, AlertKind.RISK_HOLD)


@transaction.atomic
def account_failed(
    *,
    account_id: int,
    failure: FailureClass,
    code: str,
    detail: str,
    at: datetime,
    retry_after_s: float | None = None,
    model_key: str = "",
) -> None:
    """Take a failure that is the account's fault: out until probed, barred from one model, or at rest for a while."""
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        return
    account.last_error_code, account.last_error_detail, account.last_error_at = code[:40], detail[:300], at
    if failure is FailureClass.BARRED:
        until = at + BARRED_FOR
        account.barred = {**account.barred, model_key: until.isoformat()}
        account_events_add(
            account_ids=[account_id], kind=Event.BARRED, at=at, model=model_key, until=until.isoformat(), code=code
        )
    elif failure is not FailureClass.NO_CREDITS or not _has_credits(account, at=at):
        _fall_ill(account, failure, code=code, detail=detail, at=at, retry_after_s=retry_after_s)
    account.save()


def _has_credits(account: Account, *, at: datetime) -> bool:
    """With some left it goes on serving what these pay for: the choice knows its balance."""
    funds = account.funds(at=at)
    return funds is not None and funds.total > 0


def _fall_ill(
    account: Account, failure: FailureClass, *, code: str, detail: str, at: datetime, retry_after_s: float | None
) -> None:
    rests_until = account.rest_until if account.health == Account.Health.RESTING else None
    already_resting = rests_until is not None and rests_until > at
    is_expired = account.health == Account.Health.EXPIRED
    if not already_resting and not is_expired:  # several generations that fail together are one failure
        account.failures_in_a_row += 1
    if failure is FailureClass.EXPIRED:
        _expire(account, code=code, detail=detail, at=at)
        return
    if is_expired:  # only a probe revives it
        return
    until = rest_until(
        failure,
        failures_in_a_row=max(1, account.failures_in_a_row),
        at=at,
        retry_after_s=retry_after_s,
        rests=rests_with(settings.JIMENG_RESTS),
    )
    if rests_until is None or until > rests_until:  # a short rest never ends a long one
        account.ill_since = account.ill_since if already_resting and account.ill_since else at
        _rest(account, Account.RestReason(failure.value), until=until, at=at, code=code, text=detail)
    if failure is FailureClass.RISK_HOLD:
        _raise_alert(AlertKind.RISK_HOLD, account, at=at, code=code, until=until.isoformat())


def _expire(account: Account, *, code: str, detail: str, at: datetime) -> None:
    if account.health != Account.Health.EXPIRED:
        account.ill_since = at
        lived_s = _lived_s(account, at=at)
        account_events_add(account_ids=[account.pk], kind=Event.EXPIRED, at=at, lived_s=lived_s, code=code, text=detail)
    account.health, account.rest_until, account.rest_reason = Account.Health.EXPIRED, None, ""
    account.probe_due_at = at + timedelta(seconds=settings.JIMENG_PROBE_INTERVAL_S)
    _raise_alert(AlertKind.ACCOUNT_EXPIRED, account, at=at, code=code)


def _rest(account: Account, reason: Account.RestReason, *, until: datetime, at: datetime, code: str, text: str) -> None:
    account.health, account.rest_reason, account.rest_until = Account.Health.RESTING, reason, until
    if account.source == Account.Source.OPERATOR:  # callers' logins are probed by their use
        # So that it is seen to be well without anybody's request as a trial.
        account.probe_due_at = min(account.probe_due_at or until, until)
    account_events_add(
        account_ids=[account.pk],
        kind=Event.RESTED,
        at=at,
        reason=reason.value,
        until=until.isoformat(),
        code=code,
        text=text,
    )


def _lived_s(account: Account, *, at: datetime) -> float | None:
    """How long its login lasted. None: it was never seen alive, and says nothing of how long others will last."""
    never_alive = account.health == Account.Health.UNKNOWN
    return None if never_alive else (at - account.login_since).total_seconds()


def _raise_alert(kind: AlertKind, account: Account, *, at: datetime, **detail: str) -> None:
    if account.source == Account.Source.OPERATOR:  # callers' own logins are their own affair
        alert_raise(kind=kind, subject=subject_of(account.pk), label=account.name, at=at, **detail)


@transaction.atomic
def account_probed_alive(*, account_id: int, user_id: str, screen_name: str, at: datetime) -> None:
    """A probe found the login alive: it is well, unless it has a rest that only time ends (risk hold, busy)."""
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        return
    due_at = at + timedelta(seconds=settings.JIMENG_PROBE_INTERVAL_S)
    if account.health == Account.Health.RESTING and account.rest_until is not None and account.rest_until > at:
        due_at = min(due_at, account.rest_until)
    row = Account.objects.filter(pk=account_id)
    row.update(upstream_user_id=user_id[:40], screen_name=screen_name[:100], probed_at=at, probe_due_at=due_at)
    _mend(row.filter(health__in=(Account.Health.EXPIRED, Account.Health.UNKNOWN)), at=at)
    # A login that lives says nothing of what a rest was for, so the next failure still counts as one more. Credits
    # are not for a probe to give, but it has reached Jimeng.
    over = Q(rest_until__lte=at) & ~Q(rest_reason=Account.RestReason.NO_CREDITS)
    reached = Q(rest_reason=Account.RestReason.UNREACHABLE)
    _mend(row.filter(over | reached, health=Account.Health.RESTING), at=at, forget=False)
    long_ago = Q(last_error_at__isnull=True) | Q(last_error_at__lt=at - FAILURES_COUNT_FOR)
    row.filter(long_ago, health=Account.Health.ALIVE, failures_in_a_row__gt=0).update(failures_in_a_row=0)
    account_events_add(account_ids=[account_id], kind=Event.PROBED, at=at)


def account_refilled(*, account_id: int, at: datetime) -> None:
    """It has credits: a rest for want of them is over."""
    _mend(Account.objects.filter(pk=account_id, rest_reason=Account.RestReason.NO_CREDITS), at=at)


@transaction.atomic
def account_ran_dry(*, account_id: int, at: datetime) -> None:
    """A probe found no credits, and no gift to be had: at rest until the next one, or until it has some again."""
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is not None and account.health in (Account.Health.ALIVE, Account.Health.UNKNOWN):
        _fall_ill(account, FailureClass.NO_CREDITS, code="", detail="", at=at, retry_after_s=None)
        account.save()


def account_unreadable(*, account_id: int, at: datetime) -> None:
    """The stored sessionid cannot be decrypted: it is as good as expired until it is replaced."""
    account_failed(
        account_id=account_id,
        failure=FailureClass.EXPIRED,
        code="unreadable",
        detail="No key of JIMENG_ENCRYPTION_KEYS decrypts its sessionid. Give the old key back, or paste it anew.",
        at=at,
    )


def account_probe_postponed(*, account_id: int, until: datetime) -> None:
    """A probe could not be made; try again then."""
    Account.objects.filter(pk=account_id).update(probe_due_at=until)
