"""What an operator can do to accounts. No network: a probe is asked for here and made by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.decorators import action

from accounts import services
from accounts.admin.audit import actor_of, note
from accounts.admin.bundles import AskingActions
from accounts.display import moment
from accounts.models import Account, BulkTask
from accounts.querysets import held


class AccountActions(AskingActions):
    """Each narrows to the accounts for which it makes sense, and says how many were left out."""

    @admin.action(description=gettext_lazy("Probe now"), permissions=["change"])
    def probe_now(self, request: HttpRequest, queryset: QuerySet[Account]) -> HttpResponse | None:
        chosen = list(queryset)
        fit = list(queryset.filter(_may_be_probed()))
        note(request, fit, gettext_noop("Asked for a probe."))
        if len(fit) > 1:
            return _follow(request, BulkTask.Kind.PROBE, chosen)
        done = services.accounts_request_probe(account_ids=[each.pk for each in fit])
        words = ngettext("%(count)d account is probed now.", "%(count)d accounts are probed now.", done)
        _report(request, words, done, len(chosen) - done, _("left alone, disabled or held by risk control"))
        return None

    @admin.action(description=gettext_lazy("Check in now: ask for today's gift"), permissions=["change"])
    def check_in_now(self, request: HttpRequest, queryset: QuerySet[Account]) -> HttpResponse | None:
        chosen = list(queryset)
        fit = [each for each in chosen if each.enabled]
        note(request, fit, gettext_noop("Asked for a check-in."))
        if len(fit) > 1:
            return _follow(request, BulkTask.Kind.CHECK_IN, chosen)
        done = services.accounts_request_check_in(account_ids=[each.pk for each in fit], at=timezone.now())
        words = ngettext("%(count)d account is checked in now.", "%(count)d accounts are checked in now.", done)
        _report(request, words, done, len(chosen) - done, _("are disabled"))
        return None

    @admin.action(description=gettext_lazy("Test proxies"), permissions=["change"])
    def test_proxies(self, request: HttpRequest, queryset: QuerySet[Account]) -> HttpResponse | None:
        chosen = list(queryset)
        fit = [each for each in chosen if each.proxy_encrypted]
        note(request, fit, gettext_noop("Asked for a test of the proxy."))
        if len(fit) > 1:
            return _follow(request, BulkTask.Kind.PROXY_TEST, chosen)
        done = services.accounts_request_proxy_test(account_ids=[each.pk for each in fit], at=timezone.now())
        words = ngettext("%(count)d proxy is tested now.", "%(count)d proxies are tested now.", done)
        _report(request, words, done, len(chosen) - done, _("have no proxy"))
        return None

    @admin.action(description=gettext_lazy("Rest for an hour"), permissions=["change"])
    def rest_hour(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        self.rest_until(request, queryset, timedelta(hours=1))

    @admin.action(description=gettext_lazy("Rest for a day"), permissions=["change"])
    def rest_day(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        self.rest_until(request, queryset, timedelta(days=1))

    def rest_until(self, request: HttpRequest, queryset: QuerySet[Account], lasts: timedelta) -> None:
        """Send them to rest from now on."""
        chosen, until = list(queryset), timezone.now() + lasts
        fit = [each for each in chosen if each.health != Account.Health.EXPIRED]
        done = services.accounts_rest(account_ids=[each.pk for each in fit], until=until, actor=actor_of(request))
        note(request, fit, gettext_noop("Sent to rest until %(time)s."), time=moment(until))
        words = ngettext("%(count)d account rests until %(time)s.", "%(count)d accounts rest until %(time)s.", done)
        words = words.replace("%(time)s", moment(until))
        _report(request, words, done, len(chosen) - done, _("their login has expired"))

    @admin.action(description=gettext_lazy("Wake: end the rest, forget failures"), permissions=["change"])
    def wake(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        total, fit = queryset.count(), list(queryset.filter(_may_be_woken()))
        done = services.accounts_wake(account_ids=[each.pk for each in fit], actor=actor_of(request))
        note(request, fit, gettext_noop("Woken."))
        words = ngettext("%(count)d account is awake.", "%(count)d accounts are awake.", done)
        _report(request, words, done, total - done, _("neither rested nor were expired or barred"))

    @admin.action(description=gettext_lazy("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        total, done = self._switch(request, queryset, enabled=True)
        words = ngettext("%(count)d account is enabled.", "%(count)d accounts are enabled.", done)
        _report(request, words, done, total - done, _("were enabled already"))

    @admin.action(description=gettext_lazy("Disable: nothing new is given to it"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        total, done = self._switch(request, queryset, enabled=False)
        words = ngettext("%(count)d account is disabled.", "%(count)d accounts are disabled.", done)
        _report(request, words, done, total - done, _("were disabled already"))

    def _switch(self, request: HttpRequest, queryset: QuerySet[Account], *, enabled: bool) -> tuple[int, int]:
        """How many were chosen, and how many changed."""
        total, fit = queryset.count(), list(queryset.exclude(enabled=enabled))
        ids = [each.pk for each in fit]
        done = services.accounts_enable(account_ids=ids, enabled=enabled, actor=actor_of(request))
        note(request, fit, gettext_noop("Enabled.") if enabled else gettext_noop("Disabled."))
        return total, done

    @action(description=gettext_lazy("Import"), url_path="import", icon="upload", permissions=["add"])  # type: ignore[untyped-decorator]
    def import_accounts(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:accounts_importbatch_add")

    @action(description=gettext_lazy("Save and probe now"), permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_probe(self, request: HttpRequest, account: Account) -> None:
        self.probe_now(request, Account.objects.filter(pk=account.pk))

    @action(description=gettext_lazy("Save and wake"), permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_wake(self, request: HttpRequest, account: Account) -> None:
        self.wake(request, Account.objects.filter(pk=account.pk))

    def get_deleted_objects(
        self, accounts: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """An account that is lent out must stay: without it, what was paid for could not be fetched."""
        found = list(accounts)
        lent = set(Account.objects.filter(pk__in=[each.pk for each in found], leases__isnull=False).values_list("pk"))
        held = [_("%(name)s serves a generation just now") % {"name": each} for each in found if (each.pk,) in lent]
        return [str(each) for each in found], {str(Account._meta.verbose_name_plural): len(found)}, set(), held


def _follow(request: HttpRequest, kind: BulkTask.Kind, chosen: Sequence[Account]) -> HttpResponse:
    """Have it done for many, and go where the progress is shown."""
    task = services.bulk_task_start(
        kind=kind, account_ids=[each.pk for each in chosen], actor=actor_of(request), at=timezone.now()
    )
    return redirect("admin:accounts_bulktask_change", task.public_id)


def _may_be_probed() -> Q:
    """As the engine sees it: what is disabled or held by risk control is not probed."""
    return Q(enabled=True) & ~held(at=timezone.now())


def _may_be_woken() -> Q:
    return Q(health__in=(Account.Health.RESTING, Account.Health.EXPIRED)) | Q(failures_in_a_row__gt=0) | ~Q(barred={})


def _report(request: HttpRequest, words: str, done: int, left_out: int, reason: str) -> None:
    text = words % {"count": done}
    if left_out:
        text += " " + _("Left out: %(count)d (%(reason)s).") % {"count": left_out, "reason": reason}
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, text)
