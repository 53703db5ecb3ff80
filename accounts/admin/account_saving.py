"""How the admin stores accounts: through the services, and only the columns that were edited."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import services
from accounts.admin.audit import actor_of
from accounts.forms import AccountAddForm, AccountChangeForm, names_of
from accounts.models import Account
from accounts.proxy_addresses import ProxyAddress
from accounts.sessionids import PastedLogin


class AccountSaving:
    def get_form(self, request: HttpRequest, obj: Account | None = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = AccountChangeForm if obj is not None else AccountAddForm
        return super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]  # ModelAdmin's

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> tuple[str, ...]:
        return () if obj is None else super().get_readonly_fields(request, obj)  # type: ignore[misc]  # ModelAdmin's

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """The engine writes to the same row all the time: saving all of it would undo what it has learned meanwhile."""
        if not change:
            return  # stored by the form already
        own = {field.name for field in Account._meta.fields}
        edited = [name for name in form.changed_data if name in own]
        if "enabled" in edited:  # a step in its life, with who took it
            edited.remove("enabled")
            services.accounts_enable(account_ids=[obj.pk], enabled=obj.enabled, actor=actor_of(request))
        if edited:
            obj.save(update_fields=edited)
        login: PastedLogin | None = form.cleaned_data.get("new_sessionid")
        if login is not None:
            services.account_replace_sessionid(
                account=obj, sessionid=login.sessionid, login_expires_at=login.ends_at, actor=actor_of(request)
            )
            messages.success(request, _("The sessionid is replaced and is probed now."))
        self._save_proxy(request, obj, form)
        for action in self.get_actions_submit_line(request, obj.pk):  # type: ignore[attr-defined]  # unfold's
            if action.action_name in request.POST:
                action.method(request, obj)

    def _save_proxy(self, request: HttpRequest, account: Account, form: Any) -> None:
        proxy: ProxyAddress | None = form.cleaned_data.get("new_proxy")
        if proxy is not None:
            services.account_set_proxy(account_id=account.pk, proxy=proxy, at=timezone.now())
            messages.success(request, _("The proxy is stored and is tested now."))
        elif form.cleaned_data.get("remove_proxy") and account.proxy_encrypted:
            services.account_set_proxy(account_id=account.pk, proxy=None, at=timezone.now())
            messages.success(request, _("The proxy is removed: calls go straight."))

    def response_add(self, request: HttpRequest, obj: Account, post_url_continue: str | None = None) -> HttpResponse:
        form = obj.add_form  # type: ignore[attr-defined]  # set by save_form
        count = len(form.added)
        if count:
            words = ngettext(
                "%(count)d account is stored and probed now.", "%(count)d accounts are stored and probed now.", count
            )
            messages.success(request, words % {"count": count})
        if form.joined:
            words = _("Was pass-through and is in the pool now: %(names)s.")
            messages.success(request, words % {"names": names_of(form.joined)})
        if form.known:
            messages.warning(request, _("Stored already: %(names)s.") % {"names": names_of(form.known)})
        for account in [*form.added, *form.joined]:
            if account.pk != obj.pk:
                self.log_addition(request, account, [{"added": {}}])  # type: ignore[attr-defined]  # ModelAdmin's
        response: HttpResponse = self.response_post_save_add(request, obj)  # type: ignore[attr-defined]  # ModelAdmin's
        return response

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Account:
        if not change:
            form.actor = actor_of(request)
        account: Account = form.save(commit=False)
        if not change:
            account.add_form = form  # type: ignore[attr-defined]  # for response_add, which gets no form
        return account
