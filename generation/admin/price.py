"""Prices, read-only: what a picture or video costs, what that is known from, and back to the list price."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.admin import ModelAdmin

from accounts.admin.audit import note
from accounts.admin.filters import QuestionFilter
from accounts.display import NOTHING, ago, badge, two_lines
from generation.catalog import MODELS
from generation.models import Price
from generation.prices import confidence, list_price, prices_forget


class LearnedFilter(QuestionFilter):
    title = gettext_lazy("Which prices?")
    parameter_name = "learned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Promise]]:
        return [("yes", gettext_lazy("learned from balances")), ("no", gettext_lazy("list prices"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Price]) -> QuerySet[Price]:
        match self.value():
            case "yes":
                return queryset.filter(agreeing__gt=0)
            case "no":
                return queryset.filter(agreeing=0)
        return queryset


@admin.register(Price)
class PriceAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("model_cell", "size_cell", "listed_cell", "learned_cell", "confidence_cell", "seen_cell")
    list_display_links = None
    ordering = (F("seen_at").desc(nulls_last=True), "model", "variant")  # what was learned comes first
    list_filter = (LearnedFilter,)
    search_fields = ("model",)
    search_help_text = gettext_lazy("Name of the model")
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 100
    actions = ("forget",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        """Of the list as a whole: whether prices may be forgotten. None is changed by hand."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Forget: back to the list price"), permissions=["change"])
    def forget(self, request: HttpRequest, queryset: QuerySet[Price]) -> None:
        learned = list(queryset.filter(samples__gt=0))
        done = prices_forget(price_ids=[each.pk for each in learned])
        note(request, learned, gettext_noop("Forgotten: back to the list price."))
        words = ngettext("%(count)d price is forgotten.", "%(count)d prices are forgotten.", done)
        messages.add_message(request, messages.SUCCESS if done else messages.WARNING, words % {"count": done})

    @admin.display(description=gettext_lazy("model"), ordering="model")
    def model_cell(self, price: Price) -> SafeString | str:
        if price.model not in MODELS:
            return badge(price.model, "danger", hint=_("This version has no such model."))
        return price.model

    @admin.display(description=gettext_lazy("size"))
    def size_cell(self, price: Price) -> str:
        return _("%(seconds)s s") % {"seconds": price.variant} if price.variant.isdigit() else price.variant

    @admin.display(description=gettext_lazy("list price"))
    def listed_cell(self, price: Price) -> str:
        listed = list_price(price)
        return NOTHING if listed is None else str(listed)

    @admin.display(description=gettext_lazy("learned price"))
    def learned_cell(self, price: Price) -> SafeString | str:
        if not price.agreeing:
            return NOTHING
        is_other = price.credits != list_price(price)
        return badge(str(price.credits), "warning") if is_other else str(price.credits)

    @admin.display(description=gettext_lazy("how sure"))
    def confidence_cell(self, price: Price) -> SafeString:
        doubt = ""
        if price.contrary_credits is not None:
            words = ngettext(
                "lately %(credits)d, seen %(count)d time", "lately %(credits)d, seen %(count)d times", price.contrary
            )
            doubt = words % {"credits": price.contrary_credits, "count": price.contrary}
        return two_lines(confidence(price), doubt)

    @admin.display(description=gettext_lazy("last seen"), ordering="seen_at")
    def seen_cell(self, price: Price) -> SafeString | str:
        return ago(price.seen_at, at=timezone.now())
