"""Filters of the generations, each answered by an index or by the newest rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from accounts.admin.filters import QuestionFilter
from generation.catalog import MODELS
from generation.models import Generation
from generation.querysets import GenerationQuerySet
from generation.wording import OPERATIONS

LONGEST_LIFE = timedelta(days=1)  # far longer than any deadline: what ended today was asked for since then


class ModelFilter(DropdownFilter):  # type: ignore[misc]  # unfold ships no types
    """From the catalog: asking the table for its distinct models would read all of it."""

    title = _("model")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in MODELS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Generation]) -> QuerySet[Generation]:
        return queryset.filter(model=self.value()) if self.value() else queryset


class OperationFilter(DropdownFilter):  # type: ignore[misc]  # unfold ships no types
    """Which way it was asked for."""

    title = _("kind of request")
    parameter_name = "operation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return list(OPERATIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Generation]) -> QuerySet[Generation]:
        return queryset.filter(operation=self.value()) if self.value() else queryset


class StatusFilter(DropdownFilter):  # type: ignore[misc]  # unfold ships no types
    """Says with each status whether it is final: the open ones and the others have an index each."""

    title = _("status")
    parameter_name = "status__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise | str]]:
        return list(Generation.Status.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Generation]) -> QuerySet[Generation]:
        status = self.value()
        if status not in Generation.Status.values:
            return queryset
        return queryset.filter(status=status, finished_at__isnull=status in Generation.OPEN)


class GenerationQuestionFilter(QuestionFilter):
    title = _("Which generations?")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [
            ("waiting", _("waiting now for an account")),
            ("open", _("not finished")),
            ("failed_today", _("failed today")),
            ("paid_failed", _("may have been paid for and failed, in the last 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: GenerationQuerySet) -> GenerationQuerySet:
        failed = {"status": Generation.Status.FAILED, "finished_at__isnull": False}
        today = _midnight()
        match self.value():
            case "waiting":
                return queryset.still_open().filter(status=Generation.Status.QUEUED)
            case "open":
                return queryset.still_open()
            case "failed_today":
                return queryset.asked_since(today - LONGEST_LIFE).filter(**failed, finished_at__gte=today)
            case "paid_failed":
                paid = ~Q(history_record_id="") | Q(error_code="outcome_unknown")
                return queryset.asked_since(today - timedelta(days=29)).filter(paid, **failed)
        return queryset


class WhenFilter(QuestionFilter):
    title = _("When?")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [
            ("day", _("the last 24 hours")),
            ("today", _("today")),
            ("yesterday", _("yesterday")),
            ("week", _("the last 7 days")),
            ("month", _("the last 30 days")),
            ("older", _("earlier")),
        ]

    def queryset(self, request: HttpRequest, queryset: GenerationQuerySet) -> GenerationQuerySet:
        now, today = timezone.now(), _midnight()
        since = {
            "day": now - timedelta(hours=24),
            "today": today,
            "yesterday": today - timedelta(days=1),
            "week": now - timedelta(days=7),
            "month": now - timedelta(days=30),
        }
        chosen = self.value() or ""
        if chosen in since:
            queryset = queryset.asked_since(since[chosen])
        if chosen in ("yesterday", "older"):
            queryset = queryset.asked_before(today if chosen == "yesterday" else since["month"])
        return queryset


def _midnight() -> datetime:
    """The beginning of today, in the gateway's time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
