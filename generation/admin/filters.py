"""Filters of the generations, each answered by an index or by the newest rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from accounts.admin.filters import QuestionFilter
from generation.catalog import MODELS
from generation.models import Generation
from generation.wording import OPERATIONS


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


class WhenFilter(QuestionFilter):
    title = _("When?")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [
            ("today", _("today")),
            ("yesterday", _("yesterday")),
            ("week", _("the last 7 days")),
            ("month", _("the last 30 days")),
            ("older", _("earlier")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Generation]) -> QuerySet[Generation]:
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        month = today - timedelta(days=29)
        match self.value():
            case "today":
                return queryset.filter(created_at__gte=today)
            case "yesterday":
                return queryset.filter(created_at__gte=today - timedelta(days=1), created_at__lt=today)
            case "week":
                return queryset.filter(created_at__gte=today - timedelta(days=6))
            case "month":
                return queryset.filter(created_at__gte=month)
            case "older":
                return queryset.filter(created_at__lt=month)
        return queryset
