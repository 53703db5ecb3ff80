"""Import of accounts: paste or upload, look at the preview, confirm. No sessionid is ever shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION
from django.core.exceptions import PermissionDenied
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
from accounts.admin.import_preview import preview
from accounts.import_previews import import_preview
from accounts.imports import AlreadyStored, Imported, import_discard, import_store
from accounts.models import Account, ImportBatch, ImportEntry

Verdict = ImportEntry.Verdict


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
        context = {**self._context(request, _("Preview of the import")), "form": form, **preview(request, batch)}
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
