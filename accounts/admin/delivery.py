"""Deliveries, read-only but for one thing: to send them again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from accounts import services
from accounts.admin import notice_cells
from accounts.admin.audit import note
from accounts.admin.filters import QuestionFilter
from accounts.display import NOTHING, ago, cut, moment, two_lines
from accounts.models import Delivery

_ERROR_CHARS = 60


class DeliveryStateFilter(QuestionFilter):
    title = gettext_lazy("Which deliveries?")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [
            ("not-delivered", gettext_lazy("not delivered")),
            ("waiting", gettext_lazy("waiting")),
            ("given-up", gettext_lazy("given up")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        match self.value():
            case "not-delivered":
                return queryset.exclude(progress=Delivery.Status.DELIVERED)
            case "waiting":
                return queryset.filter(due_at__isnull=False)
            case "given-up":
                return queryset.filter(progress=Delivery.Status.FAILED)
        return queryset


@admin.register(Delivery)
class DeliveryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("what_cell", "receiver_cell", "progress_cell", "attempts", "when_cell", "error_cell", "made_cell")
    when_empty = gettext_lazy(
        "Messages appear here once an alert is told or a key with a webhook has finished something."
    )
    list_display_links = ("what_cell",)
    list_select_related = ("channel", "api_key")
    empty_value_display = NOTHING
    list_filter = (DeliveryStateFilter,)
    list_filter_submit = True
    show_facets = admin.ShowFacets.NEVER
    # One row for each finished request of a key with a webhook: they are not counted.
    paginator = InfinitePaginator
    show_full_result_count = False
    sortable_by = ()
    list_per_page = 50
    search_fields = ("subject", "event", "message_id")
    actions = ("send_again",)
    fieldsets = (
        (None, {"fields": ("what_cell", "receiver_cell", "progress_cell", "message_id", "subject")}),
        (
            gettext_lazy("Times"),
            {"fields": ("made_shown", "attempts", "when_cell", "delivered_shown", "error_shown")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_delivery"))

    @admin.action(description=gettext_lazy("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        chosen = list(queryset)
        done = services.deliveries_again(delivery_ids=[each.pk for each in chosen], at=timezone.now())
        note(request, chosen, gettext_noop("Sent again."))
        words = ngettext("%(count)d delivery is sent again.", "%(count)d deliveries are sent again.", done)
        messages.success(request, words % {"count": done})

    @admin.display(description=gettext_lazy("event"))
    def what_cell(self, delivery: Delivery) -> SafeString:
        subject = delivery.subject if delivery.api_key_id is not None else ""
        return two_lines(notice_cells.event_words(delivery), subject)

    @admin.display(description=gettext_lazy("goes to"))
    def receiver_cell(self, delivery: Delivery) -> str:
        return notice_cells.receiver(delivery)

    @admin.display(description=gettext_lazy("state"))
    def progress_cell(self, delivery: Delivery) -> SafeString:
        return notice_cells.progress(delivery, at=timezone.now())

    @admin.display(description=gettext_lazy("delivered or next try"))
    def when_cell(self, delivery: Delivery) -> SafeString | str:
        return notice_cells.when(delivery, at=timezone.now()) or NOTHING

    @admin.display(description=gettext_lazy("last error"))
    def error_cell(self, delivery: Delivery) -> str:
        return cut(notice_cells.error_words(delivery), _ERROR_CHARS) or NOTHING

    @admin.display(description=gettext_lazy("made"))
    def made_cell(self, delivery: Delivery) -> SafeString | str:
        return ago(delivery.created_at, at=timezone.now())

    @admin.display(description=gettext_lazy("made"))
    def made_shown(self, delivery: Delivery) -> str:
        return moment(delivery.created_at)

    @admin.display(description=gettext_lazy("delivered"))
    def delivered_shown(self, delivery: Delivery) -> str:
        return moment(delivery.delivered_at)

    @admin.display(description=gettext_lazy("last error"))
    def error_shown(self, delivery: Delivery) -> str:
        return notice_cells.error_words(delivery) or NOTHING
