"""Alert channels: where alerts go, and whether they arrive there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action

from accounts import services
from accounts.admin import notice_cells
from accounts.admin.alert_forms import AlertChannelForm
from accounts.admin.audit import NotesChanges, note
from accounts.display import NOTHING, badge, moment, two_lines
from accounts.models import AlertChannel, AlertKind, Delivery

MESSAGES_SHOWN = 5
SOON = timedelta(minutes=1)


@admin.register(AlertChannel)
class AlertChannelAdmin(NotesChanges, ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = AlertChannelForm
    list_display = ("name_cell", "format", "kinds_cell", "last_cell", "enabled")
    when_empty = gettext_lazy("Nobody is told when something goes wrong. Add a mail address, a chat or a webhook.")
    list_display_links = ("name_cell",)
    empty_value_display = NOTHING
    search_fields = ("name", "target_label")
    actions = ("send_test",)
    actions_submit_line = ("save_and_test",)
    change_form_after_template = "admin/accounts/channel_messages.html"
    readonly_fields = ("target_shown", "secret_shown", "made_shown")
    add_fieldsets = (
        (None, {"fields": ("name", "format", "new_target", "new_secret")}),
        (gettext_lazy("What is told"), {"fields": ("kinds", "language", "enabled")}),
    )
    fieldsets = (
        (None, {"fields": ("name", "format", "target_shown", "new_target")}),
        (gettext_lazy("Secret"), {"fields": ("secret_shown", "new_secret", "forget_secret")}),
        (gettext_lazy("What is told"), {"fields": ("kinds", "language", "enabled", "made_shown")}),
    )

    class Media:
        js = ("js/channel_messages.js",)

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        panel = self.admin_site.admin_view(self.latest_messages)
        return [path("<int:pk>/messages/", panel, name="accounts_alertchannel_messages"), *urls]

    def get_fieldsets(self, request: HttpRequest, obj: AlertChannel | None = None) -> Any:
        return self.fieldsets if obj is not None else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: AlertChannel | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: AlertChannel, form: Any, change: bool) -> None:
        form.aim(obj)
        obj.save()
        if change and self._is_test(request, obj):
            self.save_and_test(request, obj)

    # --- tests ------------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Send a test"), permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[AlertChannel]) -> None:
        channels = list(queryset)
        sent = [services.channel_test(channel=each, at=timezone.now()) for each in channels]
        note(request, channels, gettext_noop("Sent a test."))
        words = ngettext("%(count)d test is on its way.", "%(count)d tests are on their way.", len(sent))
        messages.success(request, words % {"count": len(sent)})

    @action(description=gettext_lazy("Save and send a test"), permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_test(self, request: HttpRequest, channel: AlertChannel) -> None:
        services.channel_test(channel=channel, at=timezone.now())
        note(request, [channel], gettext_noop("Sent a test."))
        messages.success(request, _("A test is on its way: below is what becomes of it."))

    def _is_test(self, request: HttpRequest, channel: AlertChannel) -> bool:
        return any(each.action_name in request.POST for each in self.get_actions_submit_line(request, channel.pk))

    def response_change(self, request: HttpRequest, obj: AlertChannel) -> HttpResponse:
        if self._is_test(request, obj):
            return HttpResponseRedirect(request.path)  # to see what becomes of it
        response: HttpResponse = super().response_change(request, obj)
        return response

    def latest_messages(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The panel alone, for the script that brings it up to date."""
        channel = get_object_or_404(AlertChannel, pk=pk)
        if not self.has_view_permission(request, channel):
            return HttpResponse(status=403)
        return TemplateResponse(request, "admin/accounts/channel_messages.html", _panel(channel))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: AlertChannel | None = None, **kwargs: Any
    ) -> HttpResponse:
        context.update(show_save_and_add_another=False, show_save_and_continue=obj is not None)
        if obj is not None:
            context.update(_panel(obj))
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    # --- what is shown ----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertChannel]:
        """With what became of the last message to each."""
        last = Delivery.objects.filter(channel=OuterRef("pk")).order_by("-pk")
        queryset: QuerySet[AlertChannel] = super().get_queryset(request)
        return queryset.annotate(
            last_progress=Subquery(last.values("progress")[:1]), last_problem=Subquery(last.values("last_error")[:1])
        )

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def name_cell(self, channel: AlertChannel) -> SafeString:
        return two_lines(channel.name, channel.target_label)

    @admin.display(description=gettext_lazy("alerts"))
    def kinds_cell(self, channel: AlertChannel) -> str:
        if not channel.kinds:
            return _("all")
        return ", ".join(str(AlertKind(kind).label) for kind in channel.kinds if kind in AlertKind.values)

    @admin.display(description=gettext_lazy("last message"))
    def last_cell(self, channel: AlertChannel) -> SafeString | str:
        progress: str | None = channel.last_progress  # type: ignore[attr-defined]  # annotated
        if progress is None:
            return NOTHING
        problem: str | None = channel.last_problem  # type: ignore[attr-defined]  # annotated
        colour = notice_cells.PROGRESS_COLOURS[progress]
        return badge(Delivery.Status(progress).label, colour, hint=notice_cells.problem_words(problem))

    @admin.display(description=gettext_lazy("goes to"))
    def target_shown(self, channel: AlertChannel) -> str:
        return channel.target_label

    @admin.display(description=gettext_lazy("secret"))
    def secret_shown(self, channel: AlertChannel) -> str:
        return _("stored, encrypted") if channel.secret_encrypted else _("none")

    @admin.display(description=gettext_lazy("made"))
    def made_shown(self, channel: AlertChannel) -> str:
        return moment(channel.created_at)


def _panel(channel: AlertChannel) -> dict[str, Any]:
    """`is_open`: something is on its way, or will be tried again soon: worth looking again."""
    now = timezone.now()
    deliveries = list(channel.deliveries.order_by("-pk")[:MESSAGES_SHOWN])
    return {
        "last_messages": notice_cells.rows(deliveries, at=now),
        "is_open": any(each.due_at is not None and each.due_at - now < SOON for each in deliveries),
        "messages_url": reverse("admin:accounts_alertchannel_messages", args=[channel.pk]),
    }
