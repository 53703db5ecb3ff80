"""API keys: minted here, shown once, then known by their beginning only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from accounts.admin.api_key_actions import ApiKeyActions
from accounts.admin.filters import KeyStateFilter
from accounts.api_key_form import ApiKeyForm
from accounts.api_keys import api_key_mint
from accounts.display import NOTHING, ago, badge, moment, two_lines
from accounts.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ApiKeyActions, ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = ApiKeyForm
    list_display: tuple[str, ...] = ("name", "prefix_cell", "state_cell", "last_used_cell", "owner")
    when_empty = gettext_lazy("Programs that use the API need a key each. It is shown once, when it is made.")
    empty_value_display = NOTHING
    list_filter = (KeyStateFilter,)
    list_filter_submit = True
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("owner",)
    search_fields = ("name", "prefix")
    search_help_text = gettext_lazy("Name or the beginning of the key")
    actions = ("enable", "disable", "revoke")
    actions_detail = ("new_webhook_secret",)
    autocomplete_fields = ("allowed_accounts",)
    readonly_fields: tuple[str, ...] = ("prefix_cell", "state_cell", "made_shown", "last_used_shown", "secret_shown")
    fieldsets = (
        (None, {"fields": ("name", "owner", "enabled", "expires_at")}),
        (
            gettext_lazy("What it may ask for"),
            {"fields": ("allowed_models", "response_format", "downgrades")},
        ),
        (
            gettext_lazy("Limits"),
            {"fields": ("requests_per_minute", "concurrent_generations", "credits_per_day")},
        ),
        (
            gettext_lazy("Which accounts serve it"),
            {"fields": ("allowed_accounts", "allowed_tags")},
        ),
        (gettext_lazy("Files"), {"fields": ("keep_days",)}),
        (gettext_lazy("Webhook"), {"fields": ("webhook_url", "secret_shown")}),
        (
            gettext_lazy("Use"),
            {"fields": ("prefix_cell", "state_cell", "made_shown", "last_used_shown")},
        ),
    )
    add_fieldsets = (*fieldsets[:-2], (gettext_lazy("Webhook"), {"fields": ("webhook_url",)}))

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

    @admin.display(description=gettext_lazy("key"), ordering="prefix")
    def prefix_cell(self, key: ApiKey) -> SafeString:
        return format_html('<span class="font-mono">{}…</span>', key.prefix)

    @admin.display(description=gettext_lazy("state"), ordering="enabled")
    def state_cell(self, key: ApiKey) -> SafeString | str:
        until = "" if key.expires_at is None else moment(key.expires_at)
        if key.is_revoked:
            return badge(_("revoked"), "danger", hint=_("It never works again."))
        if not key.enabled:
            return badge(_("disabled"), "plain")
        if not key.works(timezone.now()):
            return badge(_("expired"), "danger", hint=until)
        below = _("until %(time)s") % {"time": until} if until else ""
        return two_lines(badge(_("works"), "success"), below)

    @admin.display(description=gettext_lazy("last used"), ordering="last_used_at")
    def last_used_cell(self, key: ApiKey) -> SafeString | str:
        return ago(key.last_used_at, at=timezone.now())

    @admin.display(description=gettext_lazy("made"))
    def made_shown(self, key: ApiKey) -> str:
        return moment(key.created_at)

    @admin.display(description=gettext_lazy("last used"))
    def last_used_shown(self, key: ApiKey) -> str:
        return moment(key.last_used_at)

    @admin.display(description=gettext_lazy("secret"))
    def secret_shown(self, key: ApiKey) -> str:
        if not key.webhook_secret_encrypted:
            return _("none yet: make one with the button above, else webhooks are not signed")
        return _("there is one; it is never shown again")
