"""Imports: what was read is stored as a preview (secrets encrypted), then all of it becomes accounts in one go."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery

from accounts import vault
from accounts.bulk import bulk_task_start
from accounts.entries import Entry, entry_from_facts, filled
from accounts.keeping import new_account
from accounts.models import Account, AccountEvent, BulkTask, ImportBatch, ImportEntry
from accounts.proxies import proxy_columns
from accounts.proxy_addresses import parse_proxy
from accounts.timeline import account_events_add

Verdict = ImportEntry.Verdict

PREVIEW_KEPT_FOR = timedelta(days=1)
_CHUNK = 500  # rows in one statement
_KNOWN_FIELDS = ("fingerprint", "source", "name", "notes", "tags", "priority", "concurrency_cap", "login_expires_at")
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


def import_preview(
    *, entries: Sequence[Entry], tags: Sequence[str] = (), notes: str = "", actor: str = "", at: datetime
) -> ImportBatch:
    """Store what was read, with a verdict on each entry. `tags`: more for all; `notes`: for those without."""
    batch = ImportBatch(created_by=actor[:150], created_at=at)
    prints = [vault.fingerprint(each.sessionid) if each.sessionid else "" for each in entries]
    stored = _stored({each for each in prints if each})
    defaults = Entry(line=0, tags=tuple(tags), notes=notes)
    first: dict[str, Entry] = {}
    for entry, fingerprint in zip(entries, prints, strict=True):
        if fingerprint:
            before = first.get(fingerprint)
            first[fingerprint] = filled(entry if before is None else before, defaults if before is None else entry)
    rows = [_row(*each) for each in _judged(entries, prints, first, stored)]  # encrypts: not in a transaction
    with transaction.atomic():
        batch.save(force_insert=True)
        for row in rows:
            row.batch = batch
        ImportEntry.objects.bulk_create(rows, batch_size=_CHUNK)
    return batch


def _judged(
    entries: Sequence[Entry], prints: Sequence[str], first: Mapping[str, Entry], stored: Mapping[str, Account]
) -> Iterator[tuple[Entry, str, ImportEntry.Verdict, Account | None]]:
    """Each entry with its verdict; the first of equal ones with all that the others say of it."""
    seen = set()
    for entry, fingerprint in zip(entries, prints, strict=True):
        account = stored.get(fingerprint)
        if entry.problem is not None:
            yield entry, "", Verdict.BAD, None
        elif fingerprint in seen:
            yield entry, fingerprint, Verdict.REPEATED, account
        else:
            seen.add(fingerprint)
            yield first[fingerprint], fingerprint, _verdict_on(account), account


def _verdict_on(account: Account | None) -> ImportEntry.Verdict:
    if account is None:
        return Verdict.NEW
    return Verdict.KNOWN if account.source == Account.Source.OPERATOR else Verdict.JOINS


def _row(entry: Entry, fingerprint: str, verdict: ImportEntry.Verdict, account: Account | None) -> ImportEntry:
    is_bad = verdict == Verdict.BAD
    return ImportEntry(
        line=entry.line,
        verdict=verdict,
        problem=entry.problem or "",
        sessionid_encrypted="" if is_bad else vault.encrypt(entry.sessionid),
        sessionid_tail=entry.sessionid[-4:],
        fingerprint=fingerprint,
        facts_encrypted="" if is_bad else vault.encrypt(json.dumps(entry.facts())),
        name=entry.name,
        account=account,
    )


def _stored(fingerprints: Collection[str]) -> dict[str, Account]:
    found = {}
    wanted = sorted(fingerprints)
    for begin in range(0, len(wanted), _CHUNK):
        rows = Account.objects.filter(fingerprint__in=wanted[begin : begin + _CHUNK]).only(*_KNOWN_FIELDS)
        found.update({each.fingerprint: each for each in rows})
    return found


def import_counts(batch: ImportBatch) -> dict[str, int]:
    """How many entries have which verdict; every verdict is there."""
    counted = dict(batch.entries.order_by().values_list("verdict").annotate(count=Count("pk")))
    return {verdict: counted.get(verdict, 0) for verdict in Verdict.values}


def entry_of(row: ImportEntry) -> Entry:
    """What a stored row says. Raises cryptography.fernet.InvalidToken, or ValueError once its secrets are removed."""
    return entry_from_facts(
        line=row.line,
        sessionid=vault.decrypt(row.sessionid_encrypted),
        facts=json.loads(vault.decrypt(row.facts_encrypted)),
    )


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
    before = _stored(given)
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
    before = _stored(given)  # as it is now, which may not be as it was a moment ago
    Account.objects.bulk_create(fresh, batch_size=_CHUNK, ignore_conflicts=True)
    now = _stored(given)
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


def lines_of_first(batch: ImportBatch, rows: Sequence[ImportEntry]) -> dict[str, int]:
    """For repeated entries among `rows`: the line where the same login came first, by fingerprint."""
    repeated = {each.fingerprint for each in rows if each.verdict == Verdict.REPEATED}
    first = batch.entries.filter(fingerprint__in=repeated).exclude(verdict=Verdict.REPEATED)
    return dict(first.values_list("fingerprint", "line"))
