"""Export: accounts as a password-protected bundle, which another gateway imports like any other file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken

from accounts import sealing, vault
from accounts.entries import Entry
from accounts.models import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The text of the file, how many accounts it holds, and the names of those whose login no key of ours opens."""

    text: str
    count: int
    unreadable: tuple[str, ...]


def bundle_export(*, account_ids: Collection[int], password: str, at: datetime) -> Bundle:
    """Raises ValueError for a password that is too short to protect anything."""
    if len(password) < sealing.MIN_PASSWORD_CHARS:
        raise ValueError(f"The password must have at least {sealing.MIN_PASSWORD_CHARS} characters.")
    entries, unreadable = [], []
    for number, account in enumerate(Account.objects.filter(pk__in=account_ids).order_by("pk"), start=1):
        try:
            entries.append(_entry(account, number))
        except InvalidToken:
            unreadable.append(account.name)
    text = sealing.seal_bundle(entries, password=password, at=at)
    return Bundle(text=text, count=len(entries), unreadable=tuple(unreadable))


def _entry(account: Account, number: int) -> Entry:
    return Entry(
        line=number,
        sessionid=vault.decrypt(account.sessionid_encrypted),
        name=account.name,
        notes=account.notes,
        tags=tuple(account.tags),
        priority=account.priority,
        cap=account.concurrency_cap,
        enabled=account.enabled,
        proxy=vault.decrypt(account.proxy_encrypted) if account.proxy_encrypted else "",
        web_id=account.web_id,
        uid_tt=account.uid_tt,
        user_id=account.upstream_user_id,
        login_since=account.login_since,
        login_expires_at=account.login_expires_at,
    )
