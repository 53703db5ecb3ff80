"""Filters as the questions an operator asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter

from accounts.funds import FUNDS_FIELDS, row_funds
from accounts.models import Account, ApiKey
from accounts.querysets import AccountQuerySet, resting
from accounts.shanghai import day_of

Health = Account.Health

UNUSED_AFTER = timedelta(days=7)


def least_balance(at: datetime | Now) -> Combinable:
    """What an account has for sure at a moment, in SQL: unknown parts count as nothing.

    It is `Account.funds`, except that of gifts that lapse one after the other all are gone with the first:
    the others stand in JSON, which SQL cannot sum. So it is never more than that.
    """
    gift, paid = Coalesce(F("gift_credits"), 0), Coalesce(F("purchase_credits"), 0) + Coalesce(F("vip_credits"), 0)
    unspent = Greatest(gift - F("spent_since_read"), Value(0))
    left = Case(When(gift_expires_at__lte=at, then=Value(0)), default=unspent, output_field=IntegerField())
    return left + Greatest(paid - Greatest(F("spent_since_read") - gift, Value(0)), Value(0))


class QuestionFilter(RadioFilter):  # type: ignore[misc]  # unfold ships no types
    """A filter whose title is a question: unfold would say "By which …"."""

    title: str | Promise

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            choice["form"].fields[self.parameter_name].label = self.title
            yield choice


class AccountStateFilter(QuestionFilter):
    title = _("Which accounts?")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [
            ("ill", _("ill now: cannot serve, or failed lately")),
            ("resting", _("resting now")),
            ("broke", _("out of credits")),
            ("expiring", _("login expires soon")),
            ("no_gift", _("no check-in today")),
            ("unused", _("not used for a week")),
            ("off", _("disabled")),
        ]

    def queryset(self, request: HttpRequest, queryset: AccountQuerySet) -> AccountQuerySet:
        narrow = ACCOUNT_STATES.get(self.value() or "")
        return queryset if narrow is None else narrow(queryset, timezone.now())


def _broke(rows: AccountQuerySet, at: datetime) -> AccountQuerySet:
    """At rest for that reason, or with nothing left of a balance that was read."""
    doubtful = (
        Account.objects.annotate(least=least_balance(at)).filter(least__lte=0).order_by().values("pk", *FUNDS_FIELDS)
    )
    empty = [row["pk"] for row in doubtful if (funds := row_funds(row, at=at)) is not None and not funds.total]
    return rows.filter(Q(rest_reason=Account.RestReason.NO_CREDITS) & resting(at=at) | Q(pk__in=empty))


def _expiring(rows: AccountQuerySet, at: datetime) -> AccountQuerySet:
    """Those that have expired are ill, not expiring."""
    until = at + timedelta(days=settings.JIMENG_LOGIN_WARN_DAYS)
    ending = Account.objects.login_ends_before(at=until).exclude(health=Health.EXPIRED)
    return rows.filter(pk__in=ending.values("pk"))


def _without_gift(rows: AccountQuerySet, at: datetime) -> AccountQuerySet:
    """Of those that could have had it."""
    today = day_of(at)
    had = Q(checked_in_on=today)
    return rows.filter(enabled=True, source=Account.Source.OPERATOR).exclude(had).exclude(health=Health.EXPIRED)


# By the value in the address. The dashboard counts by the same.
ACCOUNT_STATES: Mapping[str, Callable[[AccountQuerySet, datetime], AccountQuerySet]] = MappingProxyType(
    {
        "ill": lambda rows, at: rows.ill(at=at),
        "resting": lambda rows, at: rows.filter(resting(at=at)),
        "broke": _broke,
        "expiring": _expiring,
        "no_gift": _without_gift,
        "unused": lambda rows, at: rows.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=at - UNUSED_AFTER)),
        "off": lambda rows, at: rows.filter(enabled=False),
    }
)


class HealthFilter(DropdownFilter):  # type: ignore[misc]  # unfold ships no types
    """As the dashboard counts it: a rest that is over is none, and what is switched off is not counted."""

    title = _("health")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise | str]]:
        return [*Health.choices, ("rested", _("rested: on trial"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        value, at = self.value(), timezone.now()
        if value == "rested":
            return queryset.filter(enabled=True, health=Health.RESTING).exclude(resting(at=at))
        if value == Health.RESTING:
            return queryset.filter(resting(at=at), enabled=True)
        return queryset.filter(enabled=True, health=value) if value in Health.values else queryset


class TagFilter(DropdownFilter):  # type: ignore[misc]  # unfold ships no types
    """Tags are lists in JSON, in which SQLite cannot search: the few hundred accounts are looked through here."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self._tagged = list(Account.objects.exclude(tags=[]).order_by().values_list("pk", "tags"))
        return [(tag, tag) for tag in sorted({tag for _pk, tags in self._tagged for tag in tags})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=[pk for pk, tags in self._tagged if self.value() in tags])


class AccountSourceFilter(QuestionFilter):
    title = _("Where from?")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [
            (Account.Source.OPERATOR, _("added here: the pool")),
            (Account.Source.PASSTHROUGH, _("given by callers (pass-through)")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        value = self.value()
        return queryset.filter(source=value) if value in Account.Source.values else queryset


class KeyStateFilter(QuestionFilter):
    title = _("Which keys?")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [
            ("works", _("working now")),
            ("dead", _("disabled or expired")),
            ("unused", _("not used for a week")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        now = timezone.now()
        works = Q(enabled=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        match self.value():
            case "works":
                return queryset.filter(works)
            case "dead":
                return queryset.exclude(works)
            case "unused":
                return queryset.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - UNUSED_AFTER))
        return queryset
