"""Import of accounts: paste or upload, look at the preview, confirm. No sessionid is ever shown again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from unfold.admin import ModelAdmin

from accounts.admin.audit import actor_of, note
from accounts.admin.import_forms import ImportForm, ImportOptionsForm
from accounts.display import Colour, badge, moment
from accounts.entries import PROBLEM_WORDS
from accounts.imports import (
    AlreadyStored,
    Imported,
    entry_of,
    import_counts,
    import_discard,
    import_preview,
    import_store,
    lines_of_first,
)
from accounts.models import Account, ImportBatch, ImportEntry

Verdict = ImportEntry.Verdict

PAGE_ROWS = 50
_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        Verdict.NEW: "success",
        Verdict.JOINS: "primary",
        Verdict.KNOWN: "info",
        Verdict.REPEATED: "plain",
        Verdict.BAD: "danger",
    }
)


@admin.register(ImportBatch)
class ImportAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """The pages of an import under the addresses that Django's admin gives to a model."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # reached from the accounts, not from the list of models

    def has_view_permission(self, request: HttpRequest, obj: ImportBatch | None = None) -> bool:
        return request.user.has_perm("accounts.add_account")

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("admin:accounts_importbatch_add")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._check(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            batch = import_preview(
                entries=given["entries"],
                tags=given["tags"],
                notes=given["notes"],
                actor=actor_of(request),
                at=timezone.now(),
            )
            return redirect("admin:accounts_importbatch_change", batch.public_id)
        context = {**self._context(request, _("Import accounts")), "form": form}
        return TemplateResponse(request, "admin/accounts/import_add.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The preview."""
        self._check(request)
        batch = get_object_or_404(ImportBatch, public_id=object_id)
        if batch.stored_at is not None:
            return _to_progress(batch)
        form = ImportOptionsForm(request.POST or None)
        if request.method == "POST" and "discard" in request.POST:
            import_discard(batch=batch)
            messages.info(request, _("The import is discarded: nothing was stored."))
            return redirect("admin:accounts_importbatch_add")
        if request.method == "POST" and form.is_valid():
            return self._store(request, batch, form.cleaned_data)
        context = {**self._context(request, _("Preview of the import")), "form": form, **_preview(request, batch)}
        return TemplateResponse(request, "admin/accounts/import_preview.html", context)

    def _store(self, request: HttpRequest, batch: ImportBatch, given: Mapping[str, Any]) -> HttpResponse:
        try:
            done = import_store(
                batch=batch,
                tags=given["tags"],
                update_known=given["update_known"],
                actor=actor_of(request),
                at=timezone.now(),
            )
        except AlreadyStored:
            messages.warning(request, _("This import was stored a moment ago."))
        except InvalidToken:
            messages.error(request, _("The encryption key has changed since the preview. Discard it and import again."))
            return redirect("admin:accounts_importbatch_change", batch.public_id)
        else:
            self._tell(request, batch, done)
        batch.refresh_from_db()
        return _to_progress(batch)

    def _tell(self, request: HttpRequest, batch: ImportBatch, done: Imported) -> None:
        stored = Account.objects.filter(bulk_items__task=done.task) if done.task else Account.objects.none()
        note(request, stored, gettext_noop("Added by an import."), flag=ADDITION)
        note(request, Account.objects.filter(pk__in=done.updated_ids), gettext_noop("Updated by an import."))
        words = ngettext("%(count)d account is stored.", "%(count)d accounts are stored.", done.added + done.joined)
        parts = [words % {"count": done.added + done.joined}]
        if done.updated:
            words = ngettext("%(count)d known one was updated.", "%(count)d known ones were updated.", done.updated)
            parts.append(words % {"count": done.updated})
        messages.success(request, " ".join(parts))

    def _check(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": Account._meta, "title": title}


def _to_progress(batch: ImportBatch) -> HttpResponseRedirect:
    """Where one goes after an import: to its checks, or to the accounts if nothing is checked."""
    if batch.task is None:
        return HttpResponseRedirect(reverse("admin:accounts_account_changelist"))
    return HttpResponseRedirect(reverse("admin:accounts_bulktask_change", args=[batch.task.public_id]))


def _preview(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    counts = import_counts(batch)
    chosen = request.GET.get("verdict", "")
    entries = batch.entries.select_related("account")
    if chosen in Verdict.values:
        entries = entries.filter(verdict=chosen)
    page = Paginator(entries, PAGE_ROWS).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    storable = counts[Verdict.NEW] + counts[Verdict.JOINS]
    return {
        "batch": batch,
        "verdicts": [
            {"value": value, "label": Verdict(value).label, "count": count, "chosen": value == chosen}
            for value, count in counts.items()
            if count
        ],
        "total": sum(counts.values()),
        "headline": ngettext("%(count)d account will be stored.", "%(count)d accounts will be stored.", storable)
        % {"count": storable},
        "chosen": chosen,
        "page": page,
        "rows": _rows(batch, rows),
    }


def _rows(batch: ImportBatch, rows: Sequence[ImportEntry]) -> list[dict[str, Any]]:
    first = lines_of_first(batch, rows)
    return [
        {
            "line": row.line,
            "verdict": badge(row.get_verdict_display(), _COLOURS[row.verdict]),
            "name": row.name,
            "tail": f"…{row.sessionid_tail}" if row.sessionid_tail else "",
            "words": _words(row, first),
            "account": row.account,
        }
        for row in rows
    ]


def _words(row: ImportEntry, first: Mapping[str, int]) -> str:
    """What there is to say of an entry: its problem, where it came first, or what was given with it."""
    if row.verdict == Verdict.BAD:
        return str(PROBLEM_WORDS.get(row.problem, row.problem))
    if row.verdict == Verdict.REPEATED:
        return _("the same as line %(line)d") % {"line": first[row.fingerprint]} if row.fingerprint in first else ""
    try:
        entry = entry_of(row)
    except (InvalidToken, ValueError):
        return _("not readable any more: the encryption key has changed")
    parts = [", ".join(entry.tags)]
    if entry.login_expires_at is not None:
        ended = entry.login_expires_at <= timezone.now()
        words = _("login ended %(time)s") if ended else _("login ends %(time)s")
        parts.append(words % {"time": moment(entry.login_expires_at)})
    return " · ".join(filter(None, parts))
