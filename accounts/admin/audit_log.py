"""The audit log: who did what in the admin, when, and to what. Nobody can change it here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter
from unfold.paginator import InfinitePaginator

from accounts.admin.filters import QuestionFilter
from accounts.admin.lists import OddAddresses
from accounts.audit import change_in_words
from accounts.display import NOTHING, Colour, ago, badge, two_lines

_ACTIONS: Mapping[int, tuple[Promise, Colour]] = MappingProxyType(
    {ADDITION: (_("added"), "success"), CHANGE: (_("changed"), "info"), DELETION: (_("deleted"), "danger")}
)


class WhoFilter(DropdownFilter):  # type: ignore[misc]  # unfold ships no types
    title = _("user")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = get_user_model()._default_manager.filter(is_staff=True).order_by("username")
        return [(str(pk), name) for pk, name in people.values_list("pk", "username")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        value = self.value() or ""
        return queryset.filter(user_id=int(value)) if value.isascii() and value.isdigit() else queryset


class ActionFilter(DropdownFilter):  # type: ignore[misc]  # unfold ships no types
    title = _("action")
    parameter_name = "did"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [(str(flag), words) for flag, (words, _colour) in _ACTIONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        known = {str(flag): flag for flag in _ACTIONS}
        value = self.value() or ""
        return queryset.filter(action_flag=known[value]) if value in known else queryset


class WhenDoneFilter(QuestionFilter):
    title = _("When?")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [
            ("day", _("the last 24 hours")),
            ("week", _("the last 7 days")),
            ("month", _("the last 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        days = {"day": 1, "week": 7, "month": 30}.get(self.value() or "")
        return queryset if days is None else queryset.filter(action_time__gte=timezone.now() - timedelta(days=days))


@admin.register(LogEntry)
class AuditLogAdmin(OddAddresses, ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("when_cell", "who_cell", "action_cell", "object_cell", "change_cell")
    when_empty = _("Whatever somebody changes in this admin is written down here.")
    list_display_links = None
    empty_value_display = NOTHING
    list_filter = (WhenDoneFilter, WhoFilter, ActionFilter)
    list_filter_submit = True
    list_select_related = ("user", "content_type")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    paginator = InfinitePaginator
    ordering = ("-pk",)
    sortable_by = ()
    actions = None
    search_fields = ("object_repr", "user__username")
    search_help_text = _("Name of the object or of the user")
    fields = ("when_cell", "who_cell", "action_cell", "object_cell", "change_cell")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    @admin.display(description=_("when"))
    def when_cell(self, entry: LogEntry) -> SafeString | str:
        return ago(entry.action_time, at=timezone.now())

    @admin.display(description=_("user"))
    def who_cell(self, entry: LogEntry) -> str:
        return entry.user.get_username()

    @admin.display(description=_("action"))
    def action_cell(self, entry: LogEntry) -> SafeString:
        words, colour = _ACTIONS[entry.action_flag]
        return badge(words, colour)

    @admin.display(description=_("object"))
    def object_cell(self, entry: LogEntry) -> SafeString:
        kind = capfirst(entry.content_type.name) if entry.content_type else ""
        url = None if entry.action_flag == DELETION else entry.get_admin_url()
        if url is None:
            return two_lines(entry.object_repr, kind)
        return two_lines(format_html('<a class="text-link" href="{}">{}</a>', url, entry.object_repr), kind)

    @admin.display(description=_("what was done"))
    def change_cell(self, entry: LogEntry) -> SafeString:
        return format_html('<span class="jm-prompt">{}</span>', change_in_words(entry) or NOTHING)
