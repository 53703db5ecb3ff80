"""The gallery: everything that was asked for, newest first, as pictures or as a table."""

from __future__ import annotations

import re
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generation.history import PAGE_SIZE, HistoryPage, history_news, history_page
from generation.models import Generation
from generation.pages.access import PageRequest, page
from generation.pages.entries import entries_of, sections
from generation.pages.filters import TABLE, Filters
from generation.viewing import generations_of

GENERATION_ID: Final = re.compile(r"gen_[0-9a-f]{1,36}")
_OPEN_MAX = 200  # generations that a page asks after


@require_safe
@page
def history(request: PageRequest) -> HttpResponse:
    """The whole page, from `before` on if that is given."""
    filters = Filters.read(request.GET, request.viewer)
    filters.form.offer(request.viewer)
    before = _known_id(request.GET.get("before", ""))
    shown = _shown(request, filters, before=before)
    context = shown | {
        "filters": filters,
        "chips": filters.chips(),
        "switches": filters.switches(),
        "views": filters.views(),
        "clear_href": filters.cleared(),
        "newest_href": filters.href() if before else "",
        "here": filters.href(),
        "fields": filters.choosers(),
        "news_href": "" if before or filters.wanted.trash else _with("generation:history_news", filters.query()),
        "trash_days": settings.JIMENG_TRASH_DAYS,
        "base_url": settings.PUBLIC_BASE_URL or request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "pages/history.html", context)


@require_safe
@page
def rows(request: PageRequest) -> HttpResponse:
    """The next page as a fragment. `day`: the one (ISO) that the page shows last."""
    filters = Filters.read(request.GET, request.viewer)
    shown = _shown(request, filters, before=_known_id(request.GET.get("before", "")), day=request.GET.get("day", ""))
    return render(request, "pages/_more.html", shown)


@require_safe
@page
def news(request: PageRequest) -> HttpResponse:
    """What is newer than `after`, and how those of `ids` are now, as a fragment. Both: generations on the page."""
    filters = Filters.read(request.GET, request.viewer)
    after = _known_id(request.GET.get("after", ""))
    if after:
        newer = history_news(viewer=request.viewer, wanted=filters.wanted, after=after, most=PAGE_SIZE)
    else:
        newer = history_page(viewer=request.viewer, wanted=filters.wanted).generations
    ids = list(filter(_known_id, request.GET.get("ids", "").split(",")))[:_OPEN_MAX]
    entries = entries_of(newer, wanted=filters.wanted)
    context = changes(request, filters, ids) | {
        "newer": sections(entries, today=timezone.localdate()),
        "newer_count": len(entries),
        "is_full": len(newer) >= PAGE_SIZE,
    }
    return render(request, "pages/_changes.html", context)


def changes(request: PageRequest, filters: Filters, ids: list[str]) -> dict[str, Any]:
    """For the fragment that draws these generations anew: what is to be seen of each now, perhaps nothing."""
    found = generations_of(request.viewer).filter(public_id__in=ids).select_related("account", "api_key")
    shown = entries_of(
        (each for each in found.prefetch_related("media") if _fits(each, filters)), wanted=filters.wanted
    )
    today = timezone.localdate()
    drawn = {entry.id: sections([entry], today=today, after=entry.day.isoformat()) for entry in shown}
    is_table = filters.view == TABLE
    return {"changed": [(each, drawn.get(each, [])) for each in ids], "is_table": is_table} | _table(request)


def _fits(generation: Generation, filters: Filters) -> bool:
    """Of what changes while a page is open: whether it is (still) in the trash."""
    return bool(filters.wanted.trash or generation.deleted_at is None)


def _shown(request: PageRequest, filters: Filters, *, before: str, day: str = "") -> dict[str, Any]:
    """For the templates: one page of generations, and where the next one is."""
    found = history_page(viewer=request.viewer, wanted=filters.wanted, before=before)
    entries = entries_of(found.generations, wanted=filters.wanted)
    today = timezone.localdate()
    return {
        "sections": sections(entries, today=today, after=day),
        "is_table": filters.view == TABLE,
        "is_trash": filters.wanted.trash,
        **_table(request),
        "looked_back_to": found.searched_until,
        **_onward(filters, found, last_day=entries[-1].day.isoformat() if entries else day),
    }


def _table(request: PageRequest) -> dict[str, Any]:
    """Accounts are for those who see all."""
    return {"viewer": request.viewer, "columns": 10 if request.viewer.sees_all else 9}


def _onward(filters: Filters, found: HistoryPage, *, last_day: str) -> dict[str, str]:
    """Where the next page is: for a link, and for what loads it when the end comes into view."""
    if not found.before:
        return {"older_href": "", "more_href": ""}
    query = f"{filters.query()}&before={found.before}".lstrip("&")
    day = f"&day={last_day}" if re.fullmatch(r"\d{4}-\d\d-\d\d", last_day) else ""
    return {
        "older_href": _with("generation:history", query),
        "more_href": _with("generation:history_rows", query + day),
    }


def _with(name: str, query: str) -> str:
    return reverse(name) + (f"?{query}" if query else "")


def _known_id(text: str) -> str:
    """A public id of a generation, as far as its form goes; "" for anything else."""
    return text if GENERATION_ID.fullmatch(text) else ""
