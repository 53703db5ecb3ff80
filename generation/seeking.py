"""Looking for the newest generations that meet several conditions, in little steps, and never longer than a moment.

Each condition that has an index is a *source*: it names the next generations that meet it, by primary key, newest
first, read from its index alone. Each step asks all sources for the next few, follows the one that goes back
furthest, which is the rarest one here, and holds what it named against all the conditions. So neither a planner's
guess nor an unlucky mixture of conditions makes a step long, and what is rare is found at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from django.db.models import BooleanField, Case, Exists, F, Func, Q, Value, When

from generation.models import Generation
from generation.word_index import BLOCK, Hits, hits_within, search_begin
from generation.words import Phrase, has_words

_MOST: Final = 1000  # primary keys of one step: their rows are read within some milliseconds
_PROMPTS: Final = 250  # prompts that are not in the index, of one step
_MOST_BLOCKS: Final = 64  # looked for at once
_QUICK_S: Final = 0.004  # then the next look may be at twice as many

PAGE_TIME_S: Final = 0.06


@dataclass(slots=True, kw_only=True)
class Patience:
    """Time that may be spent. `clock`: seconds, as time.monotonic."""

    seconds: float = PAGE_TIME_S
    clock: Callable[[], float] = time.monotonic
    _begun: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun = self.clock()

    @property
    def is_over(self) -> bool:
        return self.clock() - self._begun >= self.seconds


class Source(Protocol):
    def __call__(self, *, low: int, high: int, most: int) -> Hits:
        """The next ones from before `high` down to `low`, about `most` of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`pks`: newest first. `until`: all that there are from here on; 0 if `is_all`: there are no more."""

    pks: list[int]
    until: int
    is_all: bool


def seek(
    sources: Sequence[Source],
    *,
    conditions: Q | Exists,
    sought: Sequence[Phrase] = (),
    low: int,
    high: int,
    size: int,
    patience: Patience,
) -> Found:
    """The newest `size` that meet the conditions and have the words `sought`, from before `high` down to `low`.

    `sources`: of some of the conditions; at least one, unless words are sought.
    """
    words = WordSource(sought, patience) if sought else None
    found: list[int] = []
    most = size + 20
    while high > low:
        best, has_words = _furthest(sources, words, low=low, high=high, most=most)
        found += _meeting(conditions, best.pks, () if has_words else sought)
        high = best.until
        if len(found) > size or patience.is_over:  # one more than is wanted says that there are more
            break
        most = min(most * 4, _MOST)
    if len(found) > size:
        return Found(pks=found[:size], until=found[size - 1], is_all=False)
    return Found(pks=found, until=high, is_all=high <= low)


def _furthest(
    sources: Sequence[Source], words: WordSource | None, *, low: int, high: int, most: int
) -> tuple[Hits, bool]:
    """What the rarest source says, and whether that has the words."""
    best: Hits | None = None
    for source in sources:
        hits = source(low=low, high=high, most=most)
        if best is None or (hits.until, len(hits.pks)) < (best.until, len(best.pks)):
            best = hits
    if words is not None and (best is None or best.until > low):
        hits = words(low=low, high=high, most=most)
        if best is None or hits.until < best.until:
            return hits, True
    assert best is not None  # noqa: S101  (there is a source, or there are words)
    return best, False


def _meeting(conditions: Q | Exists, pks: Sequence[int], sought: Sequence[Phrase]) -> list[int]:
    """Those among `pks` that meet them and have the words, newest first."""
    if not pks:
        return []
    given = Generation.objects.filter(_one_of(pks)).order_by("-pk")
    if conditions:
        # As a value and not as they stand: SQLite's planner does not know how many rows have which value, and would
        # rather read all of an index than look at these.
        meets = Case(When(conditions, then=Value(1)), default=Value(0))
        given = given.alias(meets=meets).filter(meets=1)
    if not sought:
        return list(given.values_list("pk", flat=True))
    return [pk for pk, prompt in given.values_list("pk", "prompt") if has_words(prompt, sought)]


def _one_of(pks: Sequence[int]) -> Func:
    """`pk__in`, with the numbers in the statement: a thousand parameters would take longer than the rows."""
    numbers = ", ".join(str(int(pk)) for pk in pks)
    return Func(F("pk"), template=f"%(expressions)s IN ({numbers})", output_field=BooleanField())


class WordSource:
    """Generations with certain words: the newest ones read as they stand, the others from the index."""

    def __init__(self, sought: Sequence[Phrase], patience: Patience) -> None:
        self._sought, self._patience = sought, patience
        self._indexed = search_begin()

    def __call__(self, *, low: int, high: int, most: int) -> Hits:
        if high - 1 > self._indexed:
            return self._in_prompts(low=max(low, self._indexed + 1), high=high)
        return self._in_index(low=low, high=high, most=most)

    def _in_prompts(self, *, low: int, high: int) -> Hits:
        newest = Generation.objects.filter(pk__gte=low, pk__lt=high).order_by("-pk")
        rows = list(newest.values_list("pk", "prompt")[:_PROMPTS])
        pks = [pk for pk, prompt in rows if has_words(prompt, self._sought)]
        return Hits(pks=pks, until=rows[-1][0] if len(rows) == _PROMPTS else low)

    def _in_index(self, *, low: int, high: int, most: int) -> Hits:
        pks: list[int] = []
        blocks = 1
        while high > low and len(pks) < most:
            begun = self._patience.clock()
            floor = max(low, ((high - 1) // BLOCK - blocks + 1) * BLOCK)
            hits = hits_within(self._sought, low=floor, high=high, most=most - len(pks))
            pks, high = pks + hits.pks, hits.until
            if self._patience.clock() - begun < _QUICK_S:
                blocks = min(blocks * 2, _MOST_BLOCKS)
            if self._patience.is_over:
                break
        return Hits(pks=pks, until=high)
