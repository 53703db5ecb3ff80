"""Work on many accounts at once: asked for here, done by the engine, watched on a page or in a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import transaction
from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.check_ins import accounts_request_check_in
from accounts.models import Account, BulkItem, BulkTask
from accounts.proxies import accounts_request_proxy_test
from accounts.querysets import AccountQuerySet, held

Kind = BulkTask.Kind

GIVEN_UP_AFTER = timedelta(hours=2)  # 10,000 logins are looked at in less, if an engine runs at all
KEPT_FOR = timedelta(days=30)
_DETAIL_CHARS = 200

# What may come of an account, in words; outcomes that are not here are shown as they are.
OUTCOME_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        "alive": _("alive"),
        "expired": _("login expired"),
        "risk_hold": _("held by risk control"),
        "throttled": _("asked to slow down"),
        "region": _("region not allowed"),
        "unreachable": _("unreachable"),
        "unreadable": _("sessionid not readable with our keys"),
        "failed": _("failed"),
        "merged": _("merged into an older account"),
        "received": _("gift received"),
        "already": _("gift received before"),
        "ok": _("works"),
        "left_alone": _("left alone: disabled, held by risk control, or not able to"),
        "gone": _("deleted meanwhile"),
        "given_up": _("not done in time"),
    }
)
GOOD_OUTCOMES = frozenset({"alive", "received", "already", "ok", "merged"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkProgress:
    """How far a task is. `outcomes`: how many accounts ended in which way."""

    total: int
    done: int
    outcomes: Mapping[str, int]

    @property
    def is_over(self) -> bool:
        return self.done == self.total

    @property
    def percent(self) -> int:
        return 100 if self.is_over else self.done * 100 // self.total


@transaction.atomic
def bulk_task_start(*, kind: BulkTask.Kind, account_ids: Collection[int], actor: str = "", at: datetime) -> BulkTask:
    """Ask the engine to do this with these accounts now. Those that it would leave alone are done at once."""
    task = BulkTask.objects.create(kind=kind, created_by=actor[:150], created_at=at)
    chosen = list(Account.objects.filter(pk__in=account_ids).only("name").order_by("pk"))
    wanted = set(_served(kind, at=at).filter(pk__in=account_ids).values_list("pk", flat=True))
    BulkItem.objects.bulk_create(
        [
            BulkItem(
                task=task,
                account=each,
                account_label=each.name,
                done_at=None if each.pk in wanted else at,
                outcome="" if each.pk in wanted else "left_alone",
            )
            for each in chosen
        ],
        batch_size=500,
    )
    _ask(kind, wanted, at=at)
    return task


def _served(kind: BulkTask.Kind, *, at: datetime) -> AccountQuerySet:
    """The accounts with which the engine does such a thing; it leaves the others alone."""
    if kind == Kind.PROXY_TEST:
        return Account.objects.exclude(proxy_encrypted="")
    served = Account.objects.filter(enabled=True).exclude(held(at=at))
    return served if kind == Kind.PROBE else served.in_pool().exclude(health=Account.Health.EXPIRED)


def _ask(kind: BulkTask.Kind, account_ids: Collection[int], *, at: datetime) -> None:
    if kind == Kind.PROBE:
        Account.objects.filter(pk__in=account_ids).update(probe_due_at=at)
    elif kind == Kind.CHECK_IN:
        accounts_request_check_in(account_ids=account_ids, at=at)
    else:
        accounts_request_proxy_test(account_ids=account_ids, at=at)


def bulk_items_done(*, account_id: int, kind: BulkTask.Kind, outcome: str, detail: str = "", at: datetime) -> int:
    """The engine has looked at an account: whoever waits for it is told. `detail` holds no secret."""
    waiting = BulkItem.objects.filter(account_id=account_id, task__kind=kind, done_at__isnull=True)
    return waiting.update(done_at=at, outcome=outcome[:20], detail=detail[:_DETAIL_CHARS])


def bulk_progress(task: BulkTask) -> BulkProgress:
    counted = task.items.order_by().values_list("outcome").annotate(total=Count("pk"), ended=Count("done_at"))
    rows = list(counted)
    outcomes = {outcome: ended for outcome, _total, ended in sorted(rows) if ended}
    return BulkProgress(total=sum(total for _, total, _ in rows), done=sum(outcomes.values()), outcomes=outcomes)


@transaction.atomic
def bulk_tasks_settle(*, at: datetime) -> int:
    """End what nobody will do any more: accounts gone, disabled or held meanwhile, and tasks of hours ago.

    Returns how many items were ended. Tasks of a month ago are forgotten.
    """
    waiting = BulkItem.objects.filter(done_at__isnull=True)
    ended = waiting.filter(account__isnull=True).update(done_at=at, outcome="gone")
    for kind in Kind:
        idle = waiting.filter(task__kind=kind).exclude(account__in=_served(kind, at=at)).values_list("pk", flat=True)
        ended += BulkItem.objects.filter(pk__in=list(idle)).update(done_at=at, outcome="left_alone")
    ended += waiting.filter(task__created_at__lt=at - GIVEN_UP_AFTER).update(done_at=at, outcome="given_up")
    BulkTask.objects.filter(created_at__lt=at - KEPT_FOR).delete()
    return ended
