"""Actions that ask first: rest for a chosen time, tags, and the export of an encrypted bundle."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from accounts import services
from accounts.admin.action_forms import ExportForm, RestForm, TagsForm
from accounts.admin.audit import note
from accounts.bundles import bundle_export
from accounts.models import Account

NAMES_SHOWN = 20


class AskingActions:
    """Each shows a form on the first call, and does its work when the form comes back filled in."""

    @admin.action(description=gettext_lazy("Rest for …"), permissions=["change"])
    def rest_for(self, request: HttpRequest, queryset: QuerySet[Account]) -> HttpResponse | None:
        form, answer = self._ask(request, queryset, RestForm, _("Send to rest"), "rest_for")
        if answer is None:
            self.rest_until(request, queryset, form.lasts)  # type: ignore[attr-defined]  # AccountActions'
        return answer

    @admin.action(description=gettext_lazy("Set tags …"), permissions=["change"])
    def set_tags(self, request: HttpRequest, queryset: QuerySet[Account]) -> HttpResponse | None:
        form, answer = self._ask(request, queryset, TagsForm, _("Set tags"), "set_tags")
        if answer is not None:
            return answer
        chosen = list(queryset)
        add, remove = form.cleaned_data["add"], form.cleaned_data["remove"]
        done = services.accounts_tag(account_ids=[each.pk for each in chosen], add=add, remove=remove)
        signs = [*(f"+{tag}" for tag in add), *(f"-{tag}" for tag in remove)]
        note(request, chosen, gettext_noop("Tags: %(tags)s."), tags=", ".join(signs))
        words = ngettext("%(count)d account has other tags now.", "%(count)d accounts have other tags now.", done)
        messages.success(request, words % {"count": done})
        return None

    @admin.action(description=gettext_lazy("Export as an encrypted bundle …"), permissions=["change"])
    def export_bundle(self, request: HttpRequest, queryset: QuerySet[Account]) -> HttpResponse:
        form, answer = self._ask(request, queryset, ExportForm, _("Export accounts"), "export_bundle")
        if answer is not None:
            return answer
        chosen, now = list(queryset), timezone.now()
        password = form.cleaned_data["password"]
        bundle = bundle_export(account_ids=[each.pk for each in chosen], password=password, at=now)
        note(request, chosen, gettext_noop("Exported in an encrypted bundle."))
        response = HttpResponse(bundle.text, content_type="application/json")
        name = f"jimeng-accounts-{timezone.localtime(now):%Y%m%d-%H%M}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        if bundle.unreadable:
            words = _("Not in the bundle, since no key of ours opens their sessionid: %(names)s.")
            messages.warning(request, words % {"names": ", ".join(bundle.unreadable)})
        return response

    def _ask(
        self, request: HttpRequest, queryset: QuerySet[Account], form_class: type[forms.Form], title: str, name: str
    ) -> tuple[Any, HttpResponse | None]:
        """The form and no answer once it is filled in well; else the page that shows it."""
        came_back = "answered" in request.POST
        form = form_class(request.POST if came_back else None)
        if came_back and form.is_valid():
            return form, None
        count = queryset.count()
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]  # ModelAdmin's
            "opts": Account._meta,
            "title": title,
            "form": form,
            "action_name": name,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "names": [each.name for each in queryset[:NAMES_SHOWN]],
            "headline": ngettext("For %(count)d account:", "For %(count)d accounts:", count) % {"count": count},
            "back_url": request.get_full_path(),
        }
        context["more"] = count - len(context["names"])
        return form, TemplateResponse(request, "admin/accounts/action_form.html", context)
