"""How the balance of an account went: a drawing of the last 30 days, with the moments at which gifts lapse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.charts import nice_top, place, stairs
from accounts.display import clock
from accounts.models import Account, CreditSnapshot

DAYS = 30
LABELS = 5
MARGIN = timedelta(hours=12)  # so that what lapses last is not at the very edge


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditChart:
    """Paths of a drawing of 100 by 100. `now`, `lapses`: places from the left, 0…100; a lapse with its words."""

    all_path: str
    paid_path: str
    top: int
    now: float
    lapses: list[tuple[float, str]]
    labels: list[str]
    words: str


def credit_chart(account: Account, *, at: datetime) -> CreditChart | None:
    """None if no balance was read in that time. One query."""
    since = at - timedelta(days=DAYS)
    snapshots = list(account.credit_snapshots.filter(at__gte=since, at__lte=at).order_by("at"))
    if not snapshots:
        return None
    coming = _lapses(account, at=at)
    until = max([at, *(when for when, _credits in coming)]) + MARGIN
    totals = [(each.at, float(each.gift + each.purchase + each.vip)) for each in snapshots]
    paid = [(each.at, float(each.purchase + each.vip)) for each in snapshots]
    top = nice_top(max(total for _at, total in totals))
    return CreditChart(
        all_path=stairs(totals, since=since, until=until, end=at, top=top),
        paid_path=stairs(paid, since=since, until=until, end=at, top=top),
        top=top,
        now=place(at, since=since, until=until),
        lapses=[(place(when, since=since, until=until), _words(credits, when, at=at)) for when, credits in coming],
        labels=[_day(since + (until - since) * number / (LABELS - 1)) for number in range(LABELS)],
        words=_summary(snapshots),
    )


def _lapses(account: Account, *, at: datetime) -> list[tuple[datetime, int]]:
    """Which gift credits will lapse when, as far as Jimeng told; at most the next week of it."""
    told = [(parse_datetime(each["at"]), int(each["credits"])) for each in account.lapsing]
    coming = [(when, credits) for when, credits in told if when is not None]
    if not coming and account.gift_credits and account.gift_expires_at is not None:
        coming = [(account.gift_expires_at, account.gift_credits)]
    return [(when, credits) for when, credits in coming if at < when <= at + timedelta(days=7)]


def _words(credits: int, when: datetime, *, at: datetime) -> str:
    return _("%(count)d gift lapse at %(time)s") % {"count": credits, "time": clock(when, at=at)}


def _day(at: datetime) -> str:
    return f"{timezone.localtime(at):%m-%d}"


def _summary(snapshots: list[CreditSnapshot]) -> str:
    """The drawing in words, for those who do not see it."""
    totals = [each.gift + each.purchase + each.vip for each in snapshots]
    return _("Balance over 30 days: now %(now)d, lowest %(lowest)d, highest %(highest)d credits.") % {
        "now": totals[-1],
        "lowest": min(totals),
        "highest": max(totals),
    }
