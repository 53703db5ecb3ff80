"""What an operator can do to accounts. No network: a probe is asked for here and made by the engine."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from accounts import services
from accounts.models import Account


class AccountActions:
    """Each narrows to the accounts for which it makes sense, and says how many were left out."""

    @admin.action(description=gettext_lazy("Probe now"), permissions=["change"])
    def probe_now(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        chosen = queryset.values_list("pk", flat=True)
        fit = list(chosen.filter(_may_be_probed()))
        done = services.accounts_request_probe(account_ids=fit)
        words = ngettext("%(count)d account is probed now.", "%(count)d accounts are probed now.", done)
        _report(request, words, done, len(chosen) - done, _("left alone, disabled or held by risk control"))

    @admin.action(description=gettext_lazy("Wake: end the rest, forget failures"), permissions=["change"])
    def wake(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        chosen = queryset.values_list("pk", flat=True)
        fit = list(chosen.filter(_may_be_woken()))
        done = services.accounts_wake(account_ids=fit)
        words = ngettext("%(count)d account is awake.", "%(count)d accounts are awake.", done)
        _report(request, words, done, len(chosen) - done, _("neither rested nor were expired or barred"))

    @admin.action(description=gettext_lazy("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        total = queryset.count()
        done = Account.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)), enabled=False).update(
            enabled=True
        )
        words = ngettext("%(count)d account is enabled.", "%(count)d accounts are enabled.", done)
        _report(request, words, done, total - done, _("were enabled already"))

    @admin.action(description=gettext_lazy("Disable: nothing new is given to it"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        total = queryset.count()
        done = Account.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)), enabled=True).update(
            enabled=False
        )
        words = ngettext("%(count)d account is disabled.", "%(count)d accounts are disabled.", done)
        _report(request, words, done, total - done, _("were disabled already"))

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


def _may_be_probed() -> Q:
    """As the engine sees it: what is disabled or held by risk control is not probed."""
    held = Q(health=Account.Health.RESTING, rest_until__gt=timezone.now(), rest_reason=Account.RestReason.RISK_HOLD)
    return Q(enabled=True) & ~held


def _may_be_woken() -> Q:
    return Q(health__in=(Account.Health.RESTING, Account.Health.EXPIRED)) | Q(failures_in_a_row__gt=0) | ~Q(barred={})


def _report(request: HttpRequest, words: str, done: int, left_out: int, reason: str) -> None:
    text = words % {"count": done}
    if left_out:
        text += " " + _("Left out: %(count)d (%(reason)s).") % {"count": left_out, "reason": reason}
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, text)
