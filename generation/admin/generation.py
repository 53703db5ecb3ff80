"""Generations, read-only: nothing here changes one."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.paginator import InfinitePaginator

from accounts.admin.lists import OddAddresses
from accounts.display import NOTHING
from generation.admin import panels
from generation.admin.cells import GenerationCells
from generation.admin.deciding import choice_panel
from generation.admin.filters import (
    GenerationQuestionFilter,
    ModelFilter,
    OperationFilter,
    StatusFilter,
    WhenFilter,
)
from generation.admin.searching import search
from generation.admin.thumbnails import input_picture, thumbnail
from generation.models import Generation, Media
from generation.querysets import GenerationQuerySet

_PUBLIC_ID = re.compile(r"gen_[0-9a-f]+")


@admin.register(Generation)
class GenerationAdmin(OddAddresses, GenerationCells, ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = (
        "picture_cell",
        "id_cell",
        "status_cell",
        "prompt_cell",
        "served_cell",
        "credits_cell",
        "duration_cell",
        "created_cell",
    )
    list_display_links = ("picture_cell", "id_cell")
    when_empty = _("Nothing was asked for yet. Send a request to /v1/images/generations with one of the API keys.")
    empty_value_display = NOTHING
    list_filter = (
        GenerationQuestionFilter,
        StatusFilter,
        ("kind", ChoicesDropdownFilter),
        ModelFilter,
        OperationFilter,
        WhenFilter,
        ("account", AutocompleteSelectFilter),
        ("api_key", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    # A million rows: a page knows only whether there is a next one, and nothing sorts but by age.
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ("created_cell",)
    list_per_page = 50
    actions = None
    search_fields = ("prompt",)
    search_help_text = _('Whole id, words, or "words in this order"')
    list_before_template = "admin/generation/searched.html"
    change_form_before_template = "admin/generation/generation_files.html"
    change_form_after_template = "admin/generation/generation_timeline.html"
    fieldsets = (
        (
            _("Outcome"),
            {"fields": ("public_id", "status_shown", "error_shown", "credits_shown", "record_shown", "group_shown")},
        ),
        (_("Asked"), {"fields": ("operation_shown", "prompt_shown", "requested_shown", "key_shown", "client_shown")}),
        (_("Done"), {"fields": ("model", "spec_shown", "account_shown", "attempt")}),
        (
            _("Times"),
            {"fields": ("created_shown", "submitted_shown", "finished_shown", "deadline_shown", "duration_cell")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Generation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Generation | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        # Outside admin_view, which knows no async views; these check who asks.
        return [
            path("thumbnail/<slug:public_id>.webp", thumbnail, name="generation_thumbnail"),
            path("input/<slug:public_id>/<int:position>", input_picture, name="generation_input"),
            *urls,
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Generation]:
        media = Media.objects.defer("upstream_url").order_by("position")
        queryset: QuerySet[Generation] = super().get_queryset(request)
        return queryset.select_related("account", "api_key").prefetch_related(Prefetch("media", queryset=media))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Generation | None:
        """By primary key, as the admin links it, or by public id, as everybody else does."""
        # The admin reads `_24` in an address as a quoted sign; in a bare public id it is none.
        public_id = object_id if _PUBLIC_ID.fullmatch(object_id) else quote(object_id)
        field = from_field
        if _PUBLIC_ID.fullmatch(public_id):
            object_id, field = public_id, "public_id"
        found: Generation | None = super().get_object(request, object_id, field)
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: GenerationQuerySet, search_term: str
    ) -> tuple[GenerationQuerySet, bool]:
        """An id is looked up, anything else is words."""
        return search(request, queryset, search_term), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Generation | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["show_history"] = False  # nobody changes a generation here
            context["files"] = panels.files(obj)
            context["inputs"] = panels.inputs(obj, obj.inputs.all())
            events = list(obj.events.select_related("account"))
            context["timeline"] = panels.timeline(obj, events)
            context["choice"] = choice_panel(obj, events, at=timezone.now())
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response
