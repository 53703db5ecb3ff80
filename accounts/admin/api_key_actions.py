"""What an operator can do to API keys beside editing them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.decorators import action

from accounts.admin.audit import note
from accounts.api_keys import api_key_new_webhook_secret, api_keys_enable, api_keys_revoke
from accounts.models import ApiKey


class ApiKeyActions:
    """Each says how many keys it has changed, and writes them into the history of the admin."""

    @admin.action(description=gettext_lazy("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        done = _switch(request, queryset, enabled=True)
        _report(request, ngettext("%(count)d key is enabled.", "%(count)d keys are enabled.", done), done)

    @admin.action(description=gettext_lazy("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        done = _switch(request, queryset, enabled=False)
        _report(request, ngettext("%(count)d key is disabled.", "%(count)d keys are disabled.", done), done)

    @admin.action(description=gettext_lazy("Revoke: never works again, its history stays"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        fit = [key for key in queryset if not key.is_revoked]
        done = api_keys_revoke(api_key_ids=[key.pk for key in fit])
        note(request, fit, gettext_noop("Revoked."))
        _report(request, ngettext("%(count)d key is revoked.", "%(count)d keys are revoked.", done), done)

    @action(description=gettext_lazy("New webhook secret"), url_path="webhook-secret", permissions=["change"])  # type: ignore[untyped-decorator]
    def new_webhook_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks first, since receivers may know the old one; shows the new one on the page itself, once."""
        key: ApiKey | None = self.get_object(request, object_id)  # type: ignore[attr-defined]  # ModelAdmin's
        if key is None:
            raise Http404
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]  # ModelAdmin's
            "opts": ApiKey._meta,
            "title": _("Webhook secret"),
            "api_key": key,
            "change_url": reverse("admin:accounts_apikey_change", args=[key.pk]),
            "has_secret": bool(key.webhook_secret_encrypted),
        }
        if request.method == "POST":
            context["secret"] = api_key_new_webhook_secret(api_key=key)
            note(request, [key], gettext_noop("Made a new webhook secret."))
        return TemplateResponse(request, "admin/accounts/webhook_secret.html", context)


def _switch(request: HttpRequest, queryset: QuerySet[ApiKey], *, enabled: bool) -> int:
    fit = [key for key in queryset if key.enabled != enabled and not key.is_revoked]
    done = api_keys_enable(api_key_ids=[key.pk for key in fit], enabled=enabled)
    note(request, fit, gettext_noop("Enabled.") if enabled else gettext_noop("Disabled."))
    return done


def _report(request: HttpRequest, words: str, done: int) -> None:
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, words % {"count": done})
