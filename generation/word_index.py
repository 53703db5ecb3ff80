"""The index of the words of prompts, one table in the database's own kind of full-text index.

Every word stands in it behind the number of its block: the generations of 16,384 primary keys. So a search reads
what one block has, and whether a word is rare or in every prompt, and how many generations there are, hardly counts:
neither database could otherwise give the newest of very many hits without reading them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from generation.models import Generation, WordIndex
from generation.words import Phrase, words_of

BLOCK: Final = 16_384  # primary keys
SETTLED_AFTER: Final = timedelta(minutes=1)  # by then each transaction that stored a generation is over
_STATE: Final = 1  # primary key of the one row of WordIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """`pks`: newest first, all that there are from `until` on."""

    pks: list[int]
    until: int


def indexed_until() -> int:
    """All generations up to this primary key are in the index; 0: none."""
    return WordIndex.objects.filter(pk=_STATE).values_list("indexed_pk", flat=True).first() or 0


# --- searching ----------------------------------------------------------------------------------


def search_begin() -> int:
    """Before looking for hits. Returns `indexed_until`."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # It expects far more hits than there are, and would compile each look for longer than the look takes.
            cursor.execute("SET jit = off")
    return indexed_until()


def hits_within(sought: Sequence[Phrase], *, low: int, high: int, most: int) -> Hits:
    """Of the primary keys from `low` to before `high`, no more than `most`. Looks at all of their blocks at once."""
    blocks = range(low // BLOCK, (high - 1) // BLOCK + 1)
    sql, asked = _search(sought, blocks)
    with connection.cursor() as cursor:
        cursor.execute(sql, [asked, low, high, most])
        pks = [pk for (pk,) in cursor.fetchall()]
    return Hits(pks=pks, until=pks[-1] if len(pks) == most else low)


def _search(sought: Sequence[Phrase], blocks: range) -> tuple[str, str | list[str]]:
    if connection.vendor == "sqlite":
        sql = (
            "SELECT rowid FROM generation_words WHERE generation_words MATCH %s AND rowid >= %s AND rowid < %s"
            " ORDER BY rowid DESC LIMIT %s"
        )
        return sql, " OR ".join(f"({' AND '.join(_fts5(each, block) for each in sought)})" for block in blocks)
    # One look into the index a block: for all in one condition the planner would expect too many, and read the table.
    sql = (
        "SELECT hit.generation_id FROM unnest(%s::tsquery[]) AS asked CROSS JOIN LATERAL"
        " (SELECT generation_id FROM generation_words WHERE words @@ asked OFFSET 0) AS hit"
        " WHERE hit.generation_id >= %s AND hit.generation_id < %s ORDER BY hit.generation_id DESC LIMIT %s"
    )
    return sql, [" & ".join(_tsquery(each, block) for each in sought) for block in blocks]


def _fts5(phrase: Phrase, block: int) -> str:
    """Words are letters and digits only: nothing in them needs quoting but by these marks."""
    words = " ".join(f"{block:x}:{word}" for word in phrase.words)
    return f'"{words}"{" *" if phrase.is_open else ""}'


def _tsquery(phrase: Phrase, block: int) -> str:
    words = " <-> ".join(f"'{block:x}:{word}'" for word in phrase.words)
    return f"({words}{':*' if phrase.is_open else ''})"


# --- writing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Prompts in words, that come right after `after` in the index. `upto`: how far it goes with them."""

    after: int
    upto: int
    words: Mapping[int, list[str]]  # by primary key


def settled_until(at: datetime) -> int:
    """Up to where no generation can appear any more: `at` is a moment ago, by which its transaction was over."""
    younger = Generation.objects.filter(created_at__gte=at).order_by("created_at").values_list("pk", flat=True)
    # The order of birth is that of the primary keys but for neighbours.
    first = min(younger[:1000], default=None)
    newest = Generation.objects.newest_pk()
    return newest if first is None else min(newest, first - 1)


def batch_read(*, upto: int, most: int, most_words: int | None = None) -> Batch | None:
    """The next prompts up to the primary key `upto`, cut into words. None: all are in the index."""
    after = indexed_until()
    rows = Generation.objects.filter(pk__gt=after, pk__lte=upto).order_by("pk").values_list("pk", "prompt")[:most]
    words: dict[int, list[str]] = {}
    total = 0
    for pk, prompt in rows:
        words[pk] = words_of(prompt)
        total += len(words[pk])
        if most_words is not None and total >= most_words:
            break
    return Batch(after=after, upto=max(words), words=words) if words else None


@transaction.atomic
def batch_store(batch: Batch) -> bool:
    """All of it or nothing. False: another process was there first."""
    if batch.after == 0 and WordIndex.objects.get_or_create(pk=_STATE)[1]:
        _clear()  # of a database that was emptied, which knows nothing of this table
    state = WordIndex.objects.filter(pk=_STATE, indexed_pk=batch.after)
    if state.update(indexed_pk=batch.upto) != 1:
        return False
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT[connection.vendor], [_row(pk, words) for pk, words in batch.words.items()])
    return True


@transaction.atomic
def index_forget() -> None:
    """Begin anew."""
    WordIndex.objects.all().delete()
    WordIndex.objects.create(pk=_STATE)
    _clear()


def index_check() -> None:
    """An index of more than there is belongs to rows that are gone."""
    if indexed_until() > Generation.objects.newest_pk():
        index_forget()


def index_all(*, upto: int, most: int = 5000) -> Iterator[int]:
    """Index what is not, batch by batch. Yields how far it is."""
    index_check()
    while (batch := batch_read(upto=upto, most=most)) is not None:
        batch_store(batch)
        yield batch.upto
    with connection.cursor() as cursor:
        for statement in _TIDY[connection.vendor]:
            cursor.execute(statement)


_INSERT = {
    "sqlite": "INSERT INTO generation_words (rowid, words) VALUES (%s, %s)",
    "postgresql": "INSERT INTO generation_words (generation_id, words) VALUES (%s, %s::tsvector)"
    " ON CONFLICT (generation_id) DO UPDATE SET words = EXCLUDED.words",
}
_CLEAR = {
    "sqlite": "INSERT INTO generation_words (generation_words) VALUES ('delete-all')",
    "postgresql": "DELETE FROM generation_words",
}
_TIDY: Mapping[str, Sequence[str]] = {
    "sqlite": ["INSERT INTO generation_words (generation_words) VALUES ('optimize')"],
    "postgresql": ["ANALYZE generation_words"],
}


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR[connection.vendor])


def _row(pk: int, words: list[str]) -> tuple[int, str]:
    make: Callable[[list[str], str], str] = _fts5_words if connection.vendor == "sqlite" else _tsvector
    return pk, make(words, f"{pk // BLOCK:x}:")


def _fts5_words(words: list[str], block: str) -> str:
    return " ".join(block + word for word in words)


def _tsvector(words: list[str], block: str) -> str:
    """`'0:word':1 …`. PostgreSQL keeps the first 256 places of each word."""
    return " ".join(f"'{block}{word}':{place}" for place, word in enumerate(words, start=1))
