"""What was made and spent in the last day or week: the chart of outcomes by hour, and who spent the most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.charts import Block, stacked
from accounts.models import Account, ApiKey
from generation.usage import Dimension, Sums, usage_by, usage_by_hour, usage_total

MOST = 8
LABELS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`value`: in the address of the dashboard. `when`: of the filter of the list of generations."""

    value: str
    when: str
    words: Promise
    length: timedelta


SPANS = (
    Span(value="day", when="day", words=gettext_lazy("24 hours"), length=timedelta(hours=24)),
    Span(value="week", when="week", words=gettext_lazy("7 days"), length=timedelta(days=7)),
)


def span_of(value: str) -> Span:
    return next((span for span in SPANS if span.value == value), SPANS[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour: its drawing, and the same in words."""

    hour: str
    sums: Sums
    blocks: list[Block]

    @property
    def words(self) -> str:
        known = {"succeeded": self.sums.succeeded, "failed": self.sums.failed, "cancelled": self.sums.cancelled}
        return _("%(succeeded)d succeeded, %(failed)d failed, %(cancelled)d cancelled") % known


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """`share`: of the one who spent most, percent. `link`: to the generations behind it; "" for the rest of them."""

    name: str
    sums: Sums
    share: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    total: Sums
    top: int
    bars: list[Bar]
    labels: list[str]
    spenders: list[tuple[str, list[Spender]]]

    @property
    def newest_first(self) -> list[Bar]:
        """For the table: hours in which something ended."""
        return [bar for bar in reversed(self.bars) if bar.sums.total]


def use(span: Span, *, at: datetime) -> Use:
    """Six queries, on the sums by hour."""
    since = at - span.length
    hours = usage_by_hour(since=since, until=at)
    total = usage_total(hours)
    top, drawn = stacked([(sums.succeeded, sums.failed, sums.cancelled) for _hour, sums in hours])
    return Use(
        total=total,
        top=top,
        bars=[
            Bar(hour=_hour_words(hour), sums=sums, blocks=blocks)
            for (hour, sums), blocks in zip(hours, drawn, strict=True)
        ],
        labels=_labels([hour for hour, _sums in hours], span),
        spenders=[
            (_("By API key"), _spenders("api_key_id", span, since, total)),
            (_("By model"), _spenders("model", span, since, total)),
            (_("By account"), _spenders("account_id", span, since, total)),
        ],
    )


def _spenders(dimension: Dimension, span: Span, since: datetime, total: Sums) -> list[Spender]:
    found = usage_by(dimension, since=since, most=MOST)
    names = _names(dimension, [value for value, _sums in found])
    most = max((sums.credits for _value, sums in found), default=0)
    rows = [
        Spender(
            name=names.get(value, str(value)),
            sums=sums,
            share=round(100 * sums.credits / most) if most else 0,
            link=_link(dimension, value, span),
        )
        for value, sums in found
    ]
    rest = _rest(total, [sums for _value, sums in found])
    if rest.total:
        share = min(100, round(100 * rest.credits / most)) if most else 0
        rows.append(Spender(name=_REST[dimension](), sums=rest, share=share, link=""))
    return rows


def _rest(total: Sums, shown: Sequence[Sums]) -> Sums:
    """All others, and those that are gone."""
    return Sums(
        succeeded=max(0, total.succeeded - sum(each.succeeded for each in shown)),
        failed=max(0, total.failed - sum(each.failed for each in shown)),
        cancelled=max(0, total.cancelled - sum(each.cancelled for each in shown)),
        credits=max(0, total.credits - sum(each.credits for each in shown)),
    )


_REST: Mapping[Dimension, Any] = {
    "api_key_id": lambda: _("others, and without a key"),
    "account_id": lambda: _("others, and without an account"),
    "model": lambda: _("others"),
}


def _names(dimension: Dimension, values: Sequence[Any]) -> dict[Any, str]:
    if dimension == "model":
        return {}
    model = ApiKey if dimension == "api_key_id" else Account
    return dict(model._default_manager.filter(pk__in=values).values_list("pk", "name"))


def _link(dimension: Dimension, value: Any, span: Span) -> str:
    parameter = {"api_key_id": "api_key__id__exact", "account_id": "account__id__exact", "model": "model"}[dimension]
    return f"{reverse('admin:generation_generation_changelist')}?{parameter}={value}&when={span.when}"


def _hour_words(hour: datetime) -> str:
    return f"{timezone.localtime(hour):%m-%d %H:00}"


def _labels(hours: Sequence[datetime], span: Span) -> list[str]:
    """A few of the hours, evenly: times of a day, days of a week."""
    last = len(hours) - 1
    chosen = [timezone.localtime(hours[round(last * number / (LABELS - 1))]) for number in range(LABELS)]
    return [f"{hour:%H:00}" if span.length <= timedelta(days=1) else f"{hour:%m-%d}" for hour in chosen]
