"""The preview of an import as its page shows it. No sessionid is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.display import Colour, badge, moment
from accounts.entries import PROBLEM_WORDS
from accounts.import_previews import entry_of, import_counts, lines_of_first
from accounts.models import ImportBatch, ImportEntry

Verdict = ImportEntry.Verdict
PAGE_ROWS = 50
_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        Verdict.NEW: "success",
        Verdict.JOINS: "primary",
        Verdict.KNOWN: "info",
        Verdict.REPEATED: "plain",
        Verdict.BAD: "danger",
    }
)


def preview(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    counts = import_counts(batch)
    chosen = request.GET.get("verdict", "")
    entries = batch.entries.select_related("account")
    if chosen in Verdict.values:
        entries = entries.filter(verdict=chosen)
    page = Paginator(entries, PAGE_ROWS).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    storable = counts[Verdict.NEW] + counts[Verdict.JOINS]
    return {
        "batch": batch,
        "verdicts": [
            {"value": value, "label": Verdict(value).label, "count": count, "chosen": value == chosen}
            for value, count in counts.items()
            if count
        ],
        "total": sum(counts.values()),
        "headline": ngettext("%(count)d account will be stored.", "%(count)d accounts will be stored.", storable)
        % {"count": storable},
        "chosen": chosen,
        "page": page,
        "rows": _rows(batch, rows),
    }


def _rows(batch: ImportBatch, rows: Sequence[ImportEntry]) -> list[dict[str, Any]]:
    first = lines_of_first(batch, rows)
    return [
        {
            "line": row.line,
            "verdict": badge(row.get_verdict_display(), _COLOURS[row.verdict]),
            "name": row.name,
            "tail": f"…{row.sessionid_tail}" if row.sessionid_tail else "",
            "words": _words(row, first),
            "account": row.account,
        }
        for row in rows
    ]


def _words(row: ImportEntry, first: Mapping[str, int]) -> str:
    """What there is to say of an entry: its problem, where it came first, or what was given with it."""
    if row.verdict == Verdict.BAD:
        return str(PROBLEM_WORDS.get(row.problem, row.problem))
    if row.verdict == Verdict.REPEATED:
        return _("the same as line %(line)d") % {"line": first[row.fingerprint]} if row.fingerprint in first else ""
    try:
        entry = entry_of(row)
    except (InvalidToken, ValueError):
        return _("not readable any more: the encryption key has changed")
    parts = [", ".join(entry.tags)]
    if entry.login_expires_at is not None:
        ended = entry.login_expires_at <= timezone.now()
        words = _("login ended %(time)s") if ended else _("login ends %(time)s")
        parts.append(words % {"time": moment(entry.login_expires_at)})
    return " · ".join(filter(None, parts))
