"""The first page: what is running, what came last, how the pool is, and how to begin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from generation.pages.access import PageRequest, page
from generation.pages.home_parts import latest, own_keys, running, steps, still_open
from jimeng_site.dashboard.notes import notes
from jimeng_site.dashboard.pool import pool


@require_safe
@page
async def home(request: PageRequest) -> HttpResponse:
    """To htmx only the part that changes. A fixed number of queries, whatever there is."""
    is_refresh = "HX-Request" in request.headers
    found = await sync_to_async(_found)(request, at=timezone.now(), is_refresh=is_refresh)
    found["running"] = running(found["open"].rows)
    template = "pages/_home_now.html" if is_refresh else "pages/home.html"
    answer = await sync_to_async(render)(request, template, found)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _found(request: PageRequest, *, at: datetime, is_refresh: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"open": still_open(request.viewer), "latest": latest(request.viewer)}
    if is_refresh:
        return found
    if not request.viewer.sees_all:
        return {**found, "keys": own_keys(request.viewer, at=at)}
    return {**found, **_of_the_pool(request.user, at=at), "base_url": request.build_absolute_uri("/v1")}


def _of_the_pool(user: Any, *, at: datetime) -> dict[str, Any]:
    """For those of the staff who may see the accounts."""
    if not user.has_perm("accounts.view_account"):
        return {}
    state = pool(at=at)
    begun = steps(has_account=state.size > 0)
    # What the first step says need not be said twice.
    return {"pool": state, "steps": begun, "notes": notes(state, at=at) if begun.account else []}
