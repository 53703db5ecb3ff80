"""Bulk tasks: the list, and the page that shows how far one is until it is over."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from accounts.bulk import GOOD_OUTCOMES, OUTCOME_WORDS, bulk_progress
from accounts.display import NOTHING, Colour, ago, badge, moment
from accounts.models import BulkItem, BulkTask

PAGE_ROWS = 50


@admin.register(BulkTask)
class BulkTaskAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("what_cell", "progress_cell", "created_cell", "created_by")
    when_empty = gettext_lazy(
        "Choose several accounts in their list and an action such as “Probe now”: its progress is shown here."
    )
    list_display_links = ("what_cell",)
    empty_value_display = NOTHING
    ordering = ("-pk",)

    def has_view_permission(self, request: HttpRequest, obj: BulkTask | None = None) -> bool:
        return request.user.has_perm("accounts.view_account")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BulkTask | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BulkTask | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkTask]:
        queryset: QuerySet[BulkTask] = super().get_queryset(request)
        return queryset.annotate(total=Count("items"), done=Count("items__done_at"))

    @admin.display(description=gettext_lazy("task"), ordering="kind")
    def what_cell(self, task: BulkTask) -> str:
        return task.get_kind_display()

    @admin.display(description=gettext_lazy("progress"))
    def progress_cell(self, task: BulkTask) -> SafeString:
        total: int = task.total  # type: ignore[attr-defined]  # annotated
        done: int = task.done  # type: ignore[attr-defined]  # annotated
        return badge(f"{done} / {total}", "success" if done == total else "info")

    @admin.display(description=gettext_lazy("when"), ordering="created_at")
    def created_cell(self, task: BulkTask) -> SafeString | str:
        return ago(task.created_at, at=timezone.now())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How far it is. With `?part` only what changes, for the script that asks again and again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        # By primary key, as the list links it, or by public id, as everybody else does.
        by = {"pk": int(object_id)} if object_id.isdecimal() else {"public_id": object_id}
        task = get_object_or_404(BulkTask, **by)
        context = _progress(request, task)
        if "part" in request.GET:
            return TemplateResponse(request, "admin/accounts/bulk_progress_part.html", context)
        title = _("Progress: %(what)s") % {"what": task.get_kind_display()}
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, "admin/accounts/bulk_progress.html", context)


def _progress(request: HttpRequest, task: BulkTask) -> dict[str, Any]:
    progress = bulk_progress(task)
    chosen = request.GET.get("outcome", "")
    # What is done comes first, the latest on top.
    items = task.items.select_related("account").order_by(F("done_at").desc(nulls_last=True), "pk")
    if chosen:
        items = items.filter(outcome=chosen)
    page = Paginator(items, PAGE_ROWS).get_page(request.GET.get("page"))
    return {
        "task": task,
        "started": moment(task.created_at),
        "progress": progress,
        "chosen": chosen,
        "outcomes": [
            {"value": outcome, "badge": outcome_badge(outcome), "count": count, "chosen": outcome == chosen}
            for outcome, count in progress.outcomes.items()
        ],
        "page": page,
        "rows": [{"item": item, "outcome": _outcome(item), "at": moment(item.done_at)} for item in page.object_list],
    }


def _outcome(item: BulkItem) -> SafeString:
    return badge(_("waiting"), "plain") if item.done_at is None else outcome_badge(item.outcome)


def outcome_badge(outcome: str) -> SafeString:
    colour: Colour = "success" if outcome in GOOD_OUTCOMES else "plain" if outcome == "left_alone" else "warning"
    return badge(OUTCOME_WORDS.get(outcome, outcome), "danger" if outcome == "expired" else colour)
