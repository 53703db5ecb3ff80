"""Previews of imports: what was read is stored with what will become of each entry, secrets encrypted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from accounts import vault
from accounts.entries import Entry, entry_from_facts, filled
from accounts.models import Account, ImportBatch, ImportEntry

Verdict = ImportEntry.Verdict

CHUNK = 500  # rows in one statement
_KNOWN_FIELDS = ("fingerprint", "source", "name", "notes", "tags", "priority", "concurrency_cap", "login_expires_at")


def import_preview(
    *, entries: Sequence[Entry], tags: Sequence[str] = (), notes: str = "", actor: str = "", at: datetime
) -> ImportBatch:
    """Store what was read, with a verdict on each entry. `tags`: more for all; `notes`: for those without."""
    batch = ImportBatch(created_by=actor[:150], created_at=at)
    prints = [vault.fingerprint(each.sessionid) if each.sessionid else "" for each in entries]
    stored = logins_stored({each for each in prints if each})
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
        ImportEntry.objects.bulk_create(rows, batch_size=CHUNK)
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


def logins_stored(fingerprints: Collection[str]) -> dict[str, Account]:
    found = {}
    wanted = sorted(fingerprints)
    for begin in range(0, len(wanted), CHUNK):
        rows = Account.objects.filter(fingerprint__in=wanted[begin : begin + CHUNK]).only(*_KNOWN_FIELDS)
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


def lines_of_first(batch: ImportBatch, rows: Sequence[ImportEntry]) -> dict[str, int]:
    """For repeated entries among `rows`: the line where the same login came first, by fingerprint."""
    repeated = {each.fingerprint for each in rows if each.verdict == Verdict.REPEATED}
    first = batch.entries.filter(fingerprint__in=repeated).exclude(verdict=Verdict.REPEATED)
    return dict(first.values_list("fingerprint", "line"))
