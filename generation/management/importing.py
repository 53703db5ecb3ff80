"""`accounts import` and `accounts export`: files in and out of the pool."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts.bundles import Bundle, bundle_export
from accounts.entries import PROBLEM_WORDS, Entry, Unreadable
from accounts.import_previews import import_counts, import_preview, lines_of_first
from accounts.imports import Imported, import_discard, import_store
from accounts.models import ImportBatch, ImportEntry
from accounts.reading import MAX_BYTES, read_entries
from generation.management.passwords import password_of

_PRIVATE_FILE = 0o600


def entries_of_file(name: str, options: dict[str, Any]) -> list[Entry]:
    """What a file or standard input ("-") holds; asks for a password when it is needed. Raises CommandError."""
    try:
        content = sys.stdin.buffer.read(MAX_BYTES + 1) if name == "-" else _beginning_of(Path(name))
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
    try:
        try:
            return read_entries(content)
        except Unreadable as error:
            if error.code != "password":
                raise
        return read_entries(content, password=password_of(options))
    except Unreadable as error:
        raise CommandError(error.words) from error


def _beginning_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def import_dry(entries: list[Entry], options: dict[str, Any]) -> dict[str, Any]:
    """The preview of an import, of which nothing is kept."""
    batch = _previewed(entries, options)
    try:
        return preview_described(batch)
    finally:
        import_discard(batch=batch)


def import_now(entries: list[Entry], options: dict[str, Any], *, actor: str) -> tuple[dict[str, Any], Imported]:
    """In no transaction of its own: it would lock a running gateway out while thousands of logins are encrypted."""
    batch = _previewed(entries, options)
    told = preview_described(batch)
    done = import_store(batch=batch, update_known=options["update_known"], actor=actor, at=timezone.now())
    return {**told, "added": done.added, "joined": done.joined, "updated": done.updated}, done


def _previewed(entries: list[Entry], options: dict[str, Any]) -> ImportBatch:
    return import_preview(entries=entries, tags=options["tag"] or (), notes=options["notes"], at=timezone.now())


def preview_described(batch: ImportBatch) -> dict[str, Any]:
    """Counts by verdict, and each entry with its verdict and the reason."""
    rows = list(batch.entries.select_related("account"))
    first = lines_of_first(batch, rows)
    return {
        "counts": import_counts(batch),
        "entries": [
            {
                "line": row.line,
                "verdict": row.verdict,
                "name": row.name,
                "sessionid_ends_in": row.sessionid_tail or None,
                "account": row.account.name if row.account else None,
                "reason": _reason(row, first),
            }
            for row in rows
        ],
    }


def _reason(row: ImportEntry, first: dict[str, int]) -> str | None:
    if row.problem:
        return str(PROBLEM_WORDS.get(row.problem, row.problem))
    return f"the same as line {first[row.fingerprint]}" if row.verdict == ImportEntry.Verdict.REPEATED else None


def export_to(name: str, account_ids: list[int], options: dict[str, Any]) -> Bundle:
    """Write a bundle to a new file that only its owner may read, or to standard output ("-"). Raises CommandError."""
    if name != "-" and Path(name).exists() and not options["force"]:
        raise CommandError(f"{name} exists. --force replaces it.")
    try:
        bundle = bundle_export(account_ids=account_ids, password=password_of(options, confirm=True), at=timezone.now())
    except ValueError as error:
        raise CommandError(str(error)) from error
    if name == "-":
        sys.stdout.write(bundle.text)
        return bundle
    draft = Path(name).with_name(f".{Path(name).name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        with os.fdopen(descriptor, "w") as file:
            file.write(bundle.text)
        draft.replace(name)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CommandError(f"{name} cannot be written: {error.strerror}.") from error
    return bundle
