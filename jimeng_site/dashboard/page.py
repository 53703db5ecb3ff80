"""Puts the dashboard together. Each part is shown to those who may see where its numbers come from."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from jimeng_site.dashboard.notes import notes
from jimeng_site.dashboard.pool import open_alerts, pool
from jimeng_site.dashboard.use import SPANS, span_of, use
from jimeng_site.dashboard.work import latest_failures, work


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold asks for before it shows the page. A fixed number of queries, whatever there is."""
    at = timezone.now()
    may = request.user.has_perm
    context["title"] = _("Dashboard")
    if may("accounts.view_account"):
        context["pool"] = state = pool(at=at)
        context["notes"] = notes(state, at=at)
    if may("generation.view_generation"):
        span = span_of(request.GET.get("span", ""))
        context.update(spans=SPANS, span=span, work=work(at=at), use=use(span, at=at), failures=latest_failures())
    if may("accounts.view_alert"):
        context["alerts"] = open_alerts()
    return context
