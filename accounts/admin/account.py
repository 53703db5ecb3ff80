"""Accounts: which is ill, why, since when, how many credits it has, and what holds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from accounts.admin import cells
from accounts.admin.account_actions import AccountActions
from accounts.admin.account_saving import AccountSaving
from accounts.admin.audit import NotesChanges
from accounts.admin.credit_chart import credit_chart
from accounts.admin.filters import AccountSourceFilter, AccountStateFilter, HealthFilter, TagFilter, least_balance
from accounts.admin.history import timeline
from accounts.admin.renewal import AccountRenewal
from accounts.display import NOTHING, ago, moment
from accounts.models import Account
from accounts.querysets import AccountQuerySet

SNAPSHOTS_SHOWN = 20


@admin.register(Account)
class AccountAdmin(NotesChanges, AccountActions, AccountSaving, AccountRenewal, ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = (
        "name_cell",
        "health_cell",
        "credits_cell",
        "leases_cell",
        "login_end_cell",
        "check_in_cell",
        "last_used_cell",
        "last_error_cell",
    )
    when_empty = _("No logins yet. Add one, or import many at once from a paste or a file.")
    list_display_links = ("name_cell",)
    empty_value_display = NOTHING
    list_filter = (AccountStateFilter, HealthFilter, TagFilter, AccountSourceFilter)
    list_filter_submit = True
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("name", "screen_name", "sessionid_tail")
    search_help_text = _("Name, Jimeng name, last 4 characters")
    list_per_page = 50
    ordering = ("-priority", "pk")
    actions = (
        "probe_now",
        "check_in_now",
        "test_proxies",
        "rest_hour",
        "rest_day",
        "rest_for",
        "wake",
        "enable",
        "disable",
        "set_tags",
        "export_bundle",
    )
    actions_list = ("import_accounts",)
    actions_submit_line = ("save_and_probe", "save_and_wake")
    warn_unsaved_form = True
    # What other apps, which know more of an account, add to its page: account, time → context of the template.
    more_panels: ClassVar[list[Callable[[Account, datetime], dict[str, Any]]]] = []
    change_form_after_template = "admin/accounts/account_panels.html"
    change_form_outer_after_template = "admin/accounts/account_renewal.html"  # it has forms of its own
    add_fieldsets = (
        (
            None,
            {
                "fields": ("sessionids", "name", "notes"),
                "description": _("Your own Jimeng logins. They are probed within seconds; a probe costs nothing."),
            },
        ),
    )
    # What is shown stands above what is typed: one mostly comes to see why it is ill.
    fieldsets = (
        (_("Health"), {"fields": ("health_cell", "error_shown", "failures_in_a_row", "barred_shown", "probes_shown")}),
        (_("Credits"), {"fields": ("credits_shown", "credits_read_shown", "check_in_shown")}),
        (
            _("Login"),
            {
                "fields": (
                    "name",
                    "enabled",
                    "sessionid_shown",
                    "new_sessionid",
                    "login_end_shown",
                    "jimeng_user",
                    "source",
                    "created_shown",
                )
            },
        ),
        (_("Use"), {"fields": ("priority", "concurrency_cap", "tags", "notes", "last_used_shown")}),
        AccountRenewal.proxy_fieldset,
    )
    readonly_fields = (
        "sessionid_shown",
        "jimeng_user",
        "source",
        "created_shown",
        "proxy_shown",
        "login_end_shown",
        "last_used_shown",
        "health_cell",
        "failures_in_a_row",
        "error_shown",
        "barred_shown",
        "probes_shown",
        "credits_shown",
        "credits_read_shown",
        "check_in_shown",
    )

    # --- what is shown ----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        queryset: AccountQuerySet = super().get_queryset(request)
        return queryset.with_lease_count().with_observed_lifetime()

    @admin.display(description=_("name"), ordering="name")
    def name_cell(self, account: Account) -> SafeString:
        return cells.name(account)

    @admin.display(description=_("health"), ordering="health")
    def health_cell(self, account: Account) -> SafeString:
        return cells.health(account, at=timezone.now())

    @admin.display(description=_("credits"), ordering=least_balance(Now()))
    def credits_cell(self, account: Account) -> SafeString | str:
        return cells.credits_left(account, at=timezone.now())

    @admin.display(description=_("leases"), ordering="lease_count")
    def leases_cell(self, account: Account) -> SafeString:
        count: int = account.lease_count  # type: ignore[attr-defined]  # annotated
        return format_html('<span class="whitespace-nowrap">{} / {}</span>', count, account.cap)

    @admin.display(description=_("check-in"), ordering="checked_in_on")
    def check_in_cell(self, account: Account) -> SafeString | str:
        return cells.check_in(account, at=timezone.now())

    @admin.display(description=_("last used"), ordering="last_used_at")
    def last_used_cell(self, account: Account) -> SafeString | str:
        return ago(account.last_used_at, at=timezone.now())

    @admin.display(description=_("last error"), ordering="last_error_at")
    def last_error_cell(self, account: Account) -> SafeString | str:
        return cells.last_error(account, at=timezone.now())

    @admin.display(description=_("sessionid"))
    def sessionid_shown(self, account: Account) -> str:
        return f"…{account.sessionid_tail}"

    @admin.display(description=_("Jimeng user"))
    def jimeng_user(self, account: Account) -> str:
        return " · ".join(filter(None, [account.screen_name, account.upstream_user_id])) or NOTHING

    @admin.display(description=_("added"))
    def created_shown(self, account: Account) -> str:
        return moment(account.created_at)

    @admin.display(description=_("last used"))
    def last_used_shown(self, account: Account) -> str:
        return moment(account.last_used_at)

    @admin.display(description=_("last error"))
    def error_shown(self, account: Account) -> str:
        return cells.error_in_words(account)

    @admin.display(description=_("barred from"))
    def barred_shown(self, account: Account) -> SafeString | str:
        return cells.barred(account, at=timezone.now())

    @admin.display(description=_("probes"))
    def probes_shown(self, account: Account) -> str:
        return _("last: %(last)s · next: %(next)s") % {
            "last": moment(account.probed_at),
            "next": moment(account.probe_due_at),
        }

    @admin.display(description=_("balance"))
    def credits_shown(self, account: Account) -> SafeString | str:
        return cells.credits_in_words(account, at=timezone.now())

    @admin.display(description=_("check-in"))
    def check_in_shown(self, account: Account) -> str:
        return cells.check_in_in_words(account)

    @admin.display(description=_("balance read at"))
    def credits_read_shown(self, account: Account) -> str:
        return moment(account.credits_at)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Account | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context.update(self.panels(obj, request.GET))
            self.add_renewal_context(request, context, obj)
        context.update(show_save_and_add_another=False, show_save_and_continue=obj is not None)
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def panels(self, account: Account, query: QueryDict) -> dict[str, Any]:
        """What stands below the form: use, credits, leases and the timeline."""
        at = timezone.now()
        found: dict[str, Any] = {
            "chart": credit_chart(account, at=at),
            "snapshots": cells.snapshot_rows(list(account.credit_snapshots.order_by("-at")[:SNAPSHOTS_SHOWN])),
            "leases": account.leases.order_by("taken_at"),
            "timeline": timeline(account, query),
        }
        for more in self.more_panels:
            found.update(more(account, at))
        return found
