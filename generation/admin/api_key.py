"""API keys with what they have used: sums of generations, which the accounts know nothing of."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from accounts.admin.api_key import ApiKeyAdmin
from accounts.api_key_form import ApiKeyForm
from accounts.display import NOTHING
from accounts.models import ApiKey
from generation.aliases import unknown_models
from generation.key_limits import KeyStanding, key_standing
from generation.key_usage import PERIODS, KeyUsage, keys_usage

_IN_WORDS: Final = {
    "today": gettext_lazy("today"),
    "7_days": gettext_lazy("7 days"),
    "30_days": gettext_lazy("30 days"),
}


class UsedApiKeyForm(ApiKeyForm):
    def clean_allowed_models(self) -> list[str]:
        """A name that means nothing would shut the key out; those that were stored before may stay."""
        names: list[str] = self.cleaned_data["allowed_models"]
        before = self.instance.allowed_models
        unknown = [name for name in unknown_models(names) if name not in before]
        if unknown:
            raise forms.ValidationError(_("There is no such model: %(names)s."), params={"names": ", ".join(unknown)})
        return names


class _WithUsage(ChangeList):  # type: ignore[misc]  # unfold ships no types
    """The page of the list, each key with its `usage` of today: in a few queries for all."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = self.result_list = list(self.result_list)
        used = keys_usage([key.pk for key in keys], at=timezone.now())
        for key in keys:
            key.usage = used[key.pk]["today"]


class UsedApiKeyAdmin(ApiKeyAdmin):
    form = UsedApiKeyForm
    list_display = ("name", "prefix_cell", "state_cell", "today_cell", "credits_cell", "last_used_cell", "owner")
    change_form_after_template = "admin/generation/api_key_usage.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _WithUsage

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: ApiKey | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            now = timezone.now()
            context["standing"] = standing_lines(key_standing(obj, at=now))
            used = keys_usage([obj.pk], at=now, periods=PERIODS)[obj.pk]
            context["usage"] = [(_IN_WORDS[period], each) for period, each in used.items()]
            context["generations_url"] = _generations_url(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @admin.display(description=gettext_lazy("generations today"))
    def today_cell(self, key: ApiKey) -> SafeString | str:
        used = _usage(key)
        if not used.generations:
            return NOTHING
        return format_html('<a class="text-link" href="{}">{}</a>', _generations_url(key), used.generations)

    @admin.display(description=gettext_lazy("credits today"))
    def credits_cell(self, key: ApiKey) -> str:
        return of_limit(_usage(key).credits, key.credits_per_day)


def _usage(key: ApiKey) -> KeyUsage:
    usage: KeyUsage = key.usage  # type: ignore[attr-defined]  # set by the list
    return usage


def _generations_url(key: ApiKey) -> str:
    return f"{reverse('admin:generation_generation_changelist')}?api_key__id__exact={key.pk}"


def of_limit(used: int, limit: int | None) -> str:
    return str(used) if limit is None else _("%(used)d of %(limit)d") % {"used": used, "limit": limit}


def standing_lines(standing: KeyStanding) -> list[tuple[str, str]]:
    """Each limit of a key with how much of it is used now."""
    key, lines = standing.key, []
    if key.requests_per_minute is not None:
        lines.append((_("requests in this minute"), of_limit(standing.recent, key.requests_per_minute)))
    if key.concurrent_generations is not None:
        lines.append((_("requests under way"), of_limit(standing.open_requests, key.concurrent_generations)))
    if key.credits_per_day is not None:
        lines.append((_("credits today"), of_limit(standing.credits_today, key.credits_per_day)))
    return lines


# In the place of the one that knows no generations.
admin.site.unregister(ApiKey)
admin.site.register(ApiKey, UsedApiKeyAdmin)
