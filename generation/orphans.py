"""Result files in storage that no row names: what is left when somebody dies between noting and deleting, or storing
and noting.

Only names of our own making are looked at: whatever else somebody keeps in the same place is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from generation.keepsakes import in_batches
from generation.models import Media
from generation.retention_removal import delete_unnamed
from generation.stored import stored_entries

OLD: Final = timedelta(days=1)  # a file is stored minutes before its row, at most
AT_ONCE: Final = 500
# Crashes leave some. Where it is more, the files are rather those of another database: a new one, one that was restored
# from a backup, that of another gateway with the same storage.
FEW: Final = 20
FEW_PERCENT: Final = 10
MOST: Final = 20_000
# By content, results/ab/<sha256>.webp; and as they were called before that, 2026/11/25/gen_ab12-0.webp; with their
# small pictures: <name>.thumb.webp, <name>.view.webp.
_SMALL: Final = r"(?:\.[a-z0-9]{2,5})(?:\.(?:thumb|view)\.webp)?"
_BY_CONTENT: Final = re.compile(rf"results/[0-9a-f]{{2}}/(?P<sha256>[0-9a-f]{{64}}){_SMALL}")
_BY_GENERATION: Final = re.compile(rf"\d{{4}}/\d\d/\d\d/(?P<public_id>gen_[0-9a-f]{{1,36}})-\d+{_SMALL}")


def old_files(*, at: datetime) -> Iterator[list[str]]:
    """Names of result files that nobody has used for a day, some at a time. Blocks; may use the network."""
    batch: list[str] = []
    for entry in stored_entries(""):
        if entry.modified_at < at - OLD and (_BY_CONTENT.fullmatch(entry.name) or _BY_GENERATION.fullmatch(entry.name)):
            batch.append(entry.name)
            if len(batch) == AT_ONCE:
                yield batch
                batch = []
    yield batch


def unnamed(names: Sequence[str]) -> list[str]:
    """Those that no row names."""
    contents = {found["sha256"] for found in map(_BY_CONTENT.fullmatch, names) if found}
    owners = {found["public_id"] for found in map(_BY_GENERATION.fullmatch, names) if found}
    named: set[str] = set()
    for conditions in ({"sha256__in": batch} for batch in in_batches(contents)):
        named.update(_names_of(conditions))
    for conditions in ({"generation__public_id__in": batch} for batch in in_batches(owners)):
        named.update(_names_of(conditions))
    return [name for name in names if name not in named]


def are_too_many(lost: int, *, of: int) -> bool:
    """Whether so many files without a row, of so many, are not deleted unless a person says so."""
    return lost > min(MOST, max(FEW, of * FEW_PERCENT // 100)) or 0 < lost == of


def _names_of(conditions: dict[str, list[str]]) -> Iterator[str]:
    for names in Media.objects.filter(**conditions).values_list("file", "thumbnail", "preview"):
        yield from names


def orphans_find(*, at: datetime) -> Iterator[str]:
    """Blocks."""
    for names in old_files(at=at):
        yield from unnamed(names)


def orphans_remove(*, at: datetime) -> int:
    """Delete them; returns how many. Blocks."""
    return sum(delete_unnamed(unnamed(names), unused_since=at - OLD) for names in old_files(at=at))
