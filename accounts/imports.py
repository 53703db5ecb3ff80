"""Imports: all of a preview becomes accounts in one go, and is probed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts.bulk import bulk_task_start
from accounts.entries import Entry, filled
from accounts.import_previews import CHUNK, entry_of, logins_stored
from accounts.keeping import new_account
from accounts.models import Account, AccountEvent, BulkTask, ImportBatch, ImportEntry
from accounts.proxies import proxy_columns
from accounts.proxy_addresses import parse_proxy
from accounts.timeline import account_events_add

Verdict = ImportEntry.Verdict

PREVIEW_KEPT_FOR = timedelta(days=1)
_STORABLE = (Verdict.NEW, Verdict.KNOWN, Verdict.JOINS)


class AlreadyStored(Exception):
    """Somebody confirmed this import a moment ago, or it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import became. `task`: the probes of what is new, None if nothing is."""

    added: int
    joined: int
    updated_ids: tuple[int, ...]
    task: BulkTask | None

    @property
    def updated(self) -> int:
        return len(self.updated_ids)


def import_store(
    *, batch: ImportBatch, tags: Sequence[str] = (), update_known: bool = False, actor: str = "", at: datetime
) -> Imported:
    """Make accounts of a preview, and have them probed. `tags`: more for all of them.

    `update_known`: those that are stored already take names, notes and tags. Raises AlreadyStored.
    """
    if not ImportBatch.objects.filter(pk=batch.pk, stored_at__isnull=True).exists():
        raise AlreadyStored
    # Decrypting and encrypting thousands takes seconds: not in a transaction, during which nobody else may write.
    more = Entry(line=0, tags=tuple(tags))
    given = {row.fingerprint: filled(entry_of(row), more) for row in batch.entries.filter(verdict__in=_STORABLE)}
    before = logins_stored(given)
    fresh = [new_account(given[each], fingerprint=each, at=at) for each in given if each not in before]
    return _store(batch, given, fresh, update_known=update_known, actor=actor, at=at)


@transaction.atomic
def _store(
    batch: ImportBatch,
    given: Mapping[str, Entry],
    fresh: Sequence[Account],
    *,
    update_known: bool,
    actor: str,
    at: datetime,
) -> Imported:
    if ImportBatch.objects.filter(pk=batch.pk, stored_at__isnull=True).update(stored_at=at) == 0:
        raise AlreadyStored
    before = logins_stored(given)  # as it is now, which may not be as it was a moment ago
    Account.objects.bulk_create(fresh, batch_size=CHUNK, ignore_conflicts=True)
    now = logins_stored(given)
    pool = Account.Source.OPERATOR
    added = [each.pk for key, each in now.items() if key not in before and each.source == pool]
    joined = [each for each in now.values() if each.source != pool]  # a caller's, perhaps of this very moment
    for each in joined:
        _update(each, given[each.fingerprint], joins=True, at=at)
    known = [each for each in before.values() if each.source == pool and update_known]
    updated = tuple(each.pk for each in known if _update(each, given[each.fingerprint], at=at))
    probed = [*added, *(each.pk for each in joined)]
    account_events_add(account_ids=probed, kind=AccountEvent.Kind.ADDED, at=at, actor=actor)
    same = Account.objects.filter(fingerprint=OuterRef("fingerprint")).values("pk")[:1]
    batch.entries.filter(verdict__in=_STORABLE).update(account=Subquery(same))
    batch.entries.update(sessionid_encrypted="", facts_encrypted="")
    task = bulk_task_start(kind=BulkTask.Kind.PROBE, account_ids=probed, actor=actor, at=at) if probed else None
    ImportBatch.objects.filter(pk=batch.pk).update(task=task)
    return Imported(added=len(added), joined=len(joined), updated_ids=updated, task=task)


def _update(account: Account, entry: Entry, *, joins: bool = False, at: datetime) -> bool:
    """Write what the entry says of an account that was here before; False if that is nothing new."""
    wanted: dict[str, Any] = {
        "name": entry.name or account.name,
        "notes": entry.notes or account.notes,
        "tags": list(dict.fromkeys((*account.tags, *entry.tags))),
        "login_expires_at": entry.login_expires_at or account.login_expires_at,
    }
    if joins:
        wanted["source"] = Account.Source.OPERATOR
        wanted["priority"] = account.priority if entry.priority is None else entry.priority
        wanted["concurrency_cap"] = account.concurrency_cap if entry.cap is None else entry.cap
    changes = {name: value for name, value in wanted.items() if getattr(account, name) != value}
    if joins and entry.proxy:
        changes |= proxy_columns(parse_proxy(entry.proxy), at=at)
    if changes:
        Account.objects.filter(pk=account.pk).update(**changes)
    return bool(changes)


def import_discard(*, batch: ImportBatch) -> None:
    """Forget a preview. What was stored already is kept as a record."""
    ImportBatch.objects.filter(pk=batch.pk, stored_at__isnull=True).delete()


def imports_prune(*, at: datetime) -> int:
    """Drop what was never confirmed, and the records of what was, a day later. Returns how many imports."""
    old = ImportBatch.objects.filter(created_at__lt=at - PREVIEW_KEPT_FOR)
    return old.delete()[1].get("accounts.ImportBatch", 0)
