"""Proxies of accounts: how they are kept, and how their tests went. No network here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from accounts import vault
from accounts.models import Account, AccountEvent
from accounts.proxy_addresses import ProxyAddress
from accounts.timeline import account_events_add


class HasProxy(Protocol):
    @property
    def proxy_encrypted(self) -> str: ...


def proxy_of(account: HasProxy) -> str:
    """The whole address; "" for none. Raises cryptography.fernet.InvalidToken when no key of ours fits."""
    return vault.decrypt(account.proxy_encrypted) if account.proxy_encrypted else ""


def proxy_columns(proxy: ProxyAddress | None, *, at: datetime) -> dict[str, Any]:
    """What the row of an account holds of a proxy that it has from then on: not tested yet, but due."""
    return {
        "proxy_encrypted": vault.encrypt(proxy.url) if proxy is not None else "",
        "proxy_label": proxy.label if proxy is not None else "",
        "proxy_test_due_at": at if proxy is not None else None,
        "proxy_tested_at": None,
        "proxy_test_error": "",
        "proxy_test_ms": None,
    }


@transaction.atomic
def account_set_proxy(*, account_id: int, proxy: ProxyAddress | None, at: datetime) -> None:
    """Give an account another proxy, tested soon, or none. The next call of the account uses it."""
    Account.objects.filter(pk=account_id).update(**proxy_columns(proxy, at=at))


def accounts_request_proxy_test(*, account_ids: Collection[int], at: datetime) -> int:
    """Ask the engine to try the proxies of these accounts now. Returns how many have one."""
    having = Account.objects.filter(pk__in=account_ids).exclude(proxy_encrypted="")
    return having.update(proxy_test_due_at=at)


@transaction.atomic
def account_proxy_tested(
    *, account_id: int, proxy_encrypted: str, took_ms: int | None, error: str, at: datetime, actor: str = ""
) -> bool:
    """Note how the test of this very proxy went. `error`: "" when Jimeng was reached, in `took_ms` milliseconds.

    False: the account has another proxy by now, and its own test is still due.
    """
    noted = Account.objects.filter(pk=account_id, proxy_encrypted=proxy_encrypted).update(
        proxy_test_due_at=None, proxy_tested_at=at, proxy_test_error=error[:200], proxy_test_ms=took_ms
    )
    if noted:
        account_events_add(
            account_ids=[account_id],
            kind=AccountEvent.Kind.PROXY_TESTED,
            at=at,
            actor=actor,
            took_ms=took_ms,
            error=error,
        )
    return noted == 1
