"""What the retention policy would remove, and how much room everything takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from generation.pages.access import PageRequest, page, staff_only
from generation.pages.retention_parts import free_bytes, going_rows, key_rows, room_rows
from generation.retention import Removed, Rule, policy_in_force, retention_run
from generation.retention_count import plan_count, plan_to_show

REMOVED_AT_ONCE: Final = 500  # files; the engine goes on with the rest
COUNT_S: Final = 5.0  # when somebody asks for new numbers
COUNT_AFTER_S: Final = 1.0


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@page
def retention(request: PageRequest) -> HttpResponse:
    """With POST: `action` remove, empty or count; the first two with `confirm`."""
    if request.method == "POST":
        _act(request, request.POST.get("action", ""), is_confirmed=request.POST.get("confirm") == "yes")
        return HttpResponseRedirect(reverse("generation:retention"))
    at = timezone.now()
    policy = policy_in_force()
    plan = plan_to_show(policy=policy, at=at)
    context = {
        "policy": policy,
        "keep_gb": policy.keep_bytes / 10**9,
        "keys": key_rows(policy),
        "plan": plan,
        "room": [] if plan is None else room_rows(plan.room),
        "going": [] if plan is None else going_rows(plan),
        "trash": None if plan is None else plan.room.trash,
        "free_bytes": free_bytes(),
        "removed_at_once": REMOVED_AT_ONCE,
    }
    return render(request, "pages/retention.html", context)


def _act(request: PageRequest, action: str, *, is_confirmed: bool) -> None:
    at, policy = timezone.now(), policy_in_force()
    if action == "count":
        if plan_count(policy=policy, at=at, within_s=COUNT_S) is None:
            messages.info(request, _("There are too many files to count them now. The engine does it every hour."))
        return
    if action not in ("remove", "empty"):
        messages.error(request, _("Nothing was done."))
        return
    if not is_confirmed:
        messages.warning(request, _("Nothing was removed: it has to be confirmed."))
        return
    if action == "remove":
        removed = retention_run(at=at, policy=policy, limit=REMOVED_AT_ONCE)
    else:
        now = replace(policy, trash_days=0)
        removed = retention_run(at=at, policy=now, limit=REMOVED_AT_ONCE, rules=[Rule.TRASH])
    _tell(request, removed, is_continued=action == "remove")
    plan_count(policy=policy, at=timezone.now(), within_s=COUNT_AFTER_S)


def _tell(request: PageRequest, removed: Removed, *, is_continued: bool) -> None:
    count = removed.files
    messages.success(
        request, ngettext("%(count)s file was removed.", "%(count)s files were removed.", count) % {"count": count}
    )
    if not removed.is_complete:
        rest = _("The engine removes the rest within the hour.") if is_continued else _("There are more: do it again.")
        messages.info(request, rest)
