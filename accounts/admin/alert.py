"""Alerts, read-only: what is wrong now, and what was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from accounts.admin.filters import QuestionFilter
from accounts.alert_reasons import reason
from accounts.alert_words import ADVICE, page_path, sentence
from accounts.display import NOTHING, ago, badge, moment, two_lines
from accounts.models import Alert, Delivery

WEEK = timedelta(days=7)


class AlertWhenFilter(QuestionFilter):
    title = gettext_lazy("Which alerts?")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [("open", gettext_lazy("open now")), ("week", gettext_lazy("of the last 7 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        match self.value():
            case "open":
                return queryset.filter(resolved_at__isnull=True)
            case "week":
                return queryset.filter(last_at__gte=timezone.now() - WEEK)
        return queryset


@admin.register(Alert)
class AlertAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("what_cell", "state_cell", "since_cell", "seen_cell", "told_cell")
    when_empty = gettext_lazy("Nothing is wrong, and nothing has been lately.")
    list_display_links = ("what_cell",)
    empty_value_display = NOTHING
    list_filter = (AlertWhenFilter,)
    list_filter_submit = True
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("label", "subject")
    sortable_by = ()
    actions = None
    fieldsets = (
        (None, {"fields": ("what_shown", "why_shown", "advice_shown", "page_shown", "state_cell")}),
        (
            gettext_lazy("Times"),
            {"fields": ("first_shown", "last_shown", "count", "told_shown", "over_shown", "deliveries_shown")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Alert | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Alert | None = None) -> bool:
        return False

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Open ones first, then the latest."""
        is_over = ExpressionWrapper(Q(resolved_at__isnull=False), output_field=BooleanField())
        return (is_over.asc(), "-last_at", "-pk")

    @admin.display(description=gettext_lazy("what"))
    def what_cell(self, alert: Alert) -> SafeString:
        return two_lines(sentence(alert), reason(alert.kind, alert.detail, at=timezone.now()))

    @admin.display(description=gettext_lazy("state"))
    def state_cell(self, alert: Alert) -> SafeString:
        if alert.resolved_at is None:
            return badge(_("still so"), "danger")
        return badge(_("over"), "success", hint=moment(alert.resolved_at))

    @admin.display(description=gettext_lazy("since"))
    def since_cell(self, alert: Alert) -> SafeString | str:
        return ago(alert.first_at, at=timezone.now())

    @admin.display(description=gettext_lazy("last seen"))
    def seen_cell(self, alert: Alert) -> SafeString | str:
        return ago(alert.last_at, at=timezone.now())

    @admin.display(description=gettext_lazy("told"))
    def told_cell(self, alert: Alert) -> SafeString | str:
        return ago(alert.told_at, at=timezone.now()) if alert.told_at is not None else _("to nobody")

    @admin.display(description=gettext_lazy("what"))
    def what_shown(self, alert: Alert) -> str:
        return sentence(alert)

    @admin.display(description=gettext_lazy("why"))
    def why_shown(self, alert: Alert) -> str:
        return reason(alert.kind, alert.detail, at=timezone.now()) or NOTHING

    @admin.display(description=gettext_lazy("what to do"))
    def advice_shown(self, alert: Alert) -> str:
        return str(ADVICE[alert.kind])

    @admin.display(description=gettext_lazy("where to look"))
    def page_shown(self, alert: Alert) -> SafeString:
        return format_html(
            '<a class="text-link" href="{}">{}</a>', page_path(alert.subject), alert.label or _("to the page")
        )

    @admin.display(description=gettext_lazy("since"))
    def first_shown(self, alert: Alert) -> str:
        return moment(alert.first_at)

    @admin.display(description=gettext_lazy("last seen"))
    def last_shown(self, alert: Alert) -> str:
        return moment(alert.last_at)

    @admin.display(description=gettext_lazy("told"))
    def told_shown(self, alert: Alert) -> str:
        return moment(alert.told_at) if alert.told_at is not None else _("to nobody")

    @admin.display(description=gettext_lazy("over since"))
    def over_shown(self, alert: Alert) -> str:
        return moment(alert.resolved_at)

    @admin.display(description=Delivery._meta.verbose_name_plural)
    def deliveries_shown(self, alert: Alert) -> SafeString:
        url = reverse("admin:accounts_delivery_changelist")
        return format_html('<a class="text-link" href="{}?q=alert.{}">{}</a>', url, alert.kind, _("of this kind"))
