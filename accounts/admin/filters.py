"""Filters as the questions an operator asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RadioFilter

from accounts.models import Account, ApiKey

UNUSED_AFTER = timedelta(days=7)
# What an account has, as the list shows and sorts it; unknown parts count as nothing.
BALANCE = (
    Coalesce(F("gift_credits"), 0)
    + Coalesce(F("purchase_credits"), 0)
    + Coalesce(F("vip_credits"), 0)
    - F("spent_since_read")
)


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
            ("unused", _("not used for a week")),
            ("off", _("disabled")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        now = timezone.now()
        resting = Q(health=Account.Health.RESTING, rest_until__gt=now)
        broke = Q(rest_reason=Account.RestReason.NO_CREDITS) & resting | Q(balance__lte=0, credits_at__isnull=False)
        match self.value():
            case "ill":
                return queryset.filter(
                    Q(health=Account.Health.EXPIRED) | resting | Q(failures_in_a_row__gt=0), enabled=True
                )
            case "resting":
                return queryset.filter(resting)
            case "broke":
                return queryset.annotate(balance=BALANCE).filter(broke)
            case "unused":
                return queryset.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - UNUSED_AFTER))
            case "off":
                return queryset.filter(enabled=False)
        return queryset


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
