"""API keys: minted here, shown once, then known by their beginning only."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from accounts.admin.filters import KeyStateFilter
from accounts.api_keys import api_key_mint
from accounts.display import NOTHING, ago, badge, moment
from accounts.forms import ApiKeyForm
from accounts.models import ApiKey

_ENFORCED = ("enabled", "expires_at", "allowed_models", "response_format")
_NOT_ENFORCED_YET = (
    "allowed_accounts",
    "allowed_tags",
    "requests_per_minute",
    "concurrent_generations",
    "credits_per_day",
)


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = ApiKeyForm
    list_display = (
        "name",
        "prefix_cell",
        "enabled",
        "expires_cell",
        "last_used_cell",
        "generations_cell",
        "owner",
    )
    empty_value_display = NOTHING
    list_filter = (KeyStateFilter,)
    list_filter_submit = True
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("owner",)
    search_fields = ("name", "prefix")
    search_help_text = gettext_lazy("Name or the beginning of the key")
    autocomplete_fields = ("allowed_accounts",)
    readonly_fields = ("prefix_cell", "made_shown", "last_used_shown", "generations_cell")
    fieldsets = (
        (None, {"fields": ("name", "owner")}),
        (gettext_lazy("What it may do"), {"fields": _ENFORCED}),
        (
            gettext_lazy("Not enforced yet"),
            {
                "fields": _NOT_ENFORCED_YET,
                "description": gettext_lazy(
                    "These are stored, but this version does not enforce them: do not rely on them."
                ),
            },
        ),
        (
            gettext_lazy("Use"),
            {"fields": ("prefix_cell", "made_shown", "last_used_shown", "generations_cell")},
        ),
    )
    add_fieldsets = fieldsets[:-1]

    # --- minting ----------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            own = {field.name for field in ApiKey._meta.fields}
            edited = [name for name in form.changed_data if name in own]
            if edited:
                obj.save(update_fields=edited)
            return
        minted, obj.minted_key = api_key_mint(name=obj.name)  # type: ignore[attr-defined]  # lives as long as this request
        obj.pk, obj.prefix, obj.key_hash = minted.pk, minted.prefix, minted.key_hash
        obj.save(force_update=True)

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Answers with the page itself: a message after a redirect would put the key into a cookie or the session."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("API key made"),
            "api_key": obj,
            "key": obj.minted_key,  # type: ignore[attr-defined]  # set by save_model
            "base_url": request.build_absolute_uri("/v1"),
            "change_url": reverse("admin:accounts_apikey_change", args=[obj.pk]),
            "list_url": reverse("admin:accounts_apikey_changelist"),
        }
        return TemplateResponse(request, "admin/accounts/api_key_made.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: ApiKey | None = None, **kwargs: Any
    ) -> HttpResponse:
        context.update(show_save_and_add_another=False, show_save_and_continue=obj is not None)
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    # --- what is shown ----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """With `generation_count`, asked per row shown: a join would group a million generations by key."""
        generations = apps.get_model("generation", "Generation").objects.filter(api_key=OuterRef("pk")).order_by()
        counted = Subquery(generations.values("api_key").annotate(count=Count("pk")).values("count"))
        queryset: QuerySet[ApiKey] = super().get_queryset(request)
        return queryset.annotate(generation_count=Coalesce(counted, 0))

    @admin.display(description=gettext_lazy("key"), ordering="prefix")
    def prefix_cell(self, key: ApiKey) -> SafeString:
        return format_html('<span class="font-mono">{}…</span>', key.prefix)

    @admin.display(description=gettext_lazy("expires"), ordering="expires_at")
    def expires_cell(self, key: ApiKey) -> SafeString | str:
        if key.expires_at is None:
            return _("never")
        if key.expires_at <= timezone.now():
            return badge(_("expired"), "danger", hint=moment(key.expires_at))
        return moment(key.expires_at)

    @admin.display(description=gettext_lazy("last used"), ordering="last_used_at")
    def last_used_cell(self, key: ApiKey) -> SafeString | str:
        return ago(key.last_used_at, at=timezone.now())

    @admin.display(description=gettext_lazy("generations"), ordering="generation_count")
    def generations_cell(self, key: ApiKey) -> SafeString | str:
        count: int = key.generation_count  # type: ignore[attr-defined]  # annotated
        if not count:
            return NOTHING
        url = reverse("admin:generation_generation_changelist")
        return format_html('<a class="text-link" href="{}?api_key__id__exact={}">{}</a>', url, key.pk, count)

    @admin.display(description=gettext_lazy("made"))
    def made_shown(self, key: ApiKey) -> str:
        return moment(key.created_at)

    @admin.display(description=gettext_lazy("last used"))
    def last_used_shown(self, key: ApiKey) -> str:
        return moment(key.last_used_at)
