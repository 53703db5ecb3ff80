"""Pure: what a series of samples says of one price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

SURE_AFTER: Final = 2  # agreeing samples in a row; then a price may explain a part of other differences
CONTRARY_TO_SURE, CONTRARY_TO_SEEN = 3, 2  # other samples in a row that replace a price
PLAUSIBLE_FACTOR: Final = 4  # so far from the list price, and a first sample is believed only when it is repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What is known of one price. `agreeing` 0: the list price holds, nothing has confirmed another one."""

    credits: int
    samples: int = 0
    agreeing: int = 0
    contrary_credits: int | None = None
    contrary: int = 0

    @property
    def is_sure(self) -> bool:
        return self.agreeing >= SURE_AFTER


def learned_from(known: Learned, seen: int) -> Learned:
    """The price after one more sample of `seen` credits."""
    known = replace(known, samples=known.samples + 1)
    if known.agreeing and seen == known.credits:
        return replace(known, agreeing=known.agreeing + 1, contrary_credits=None, contrary=0)
    contrary = known.contrary + 1 if known.contrary_credits == seen else 1
    if contrary >= _contrary_needed(known, seen):
        return Learned(credits=seen, samples=known.samples, agreeing=contrary)
    return replace(known, contrary_credits=seen, contrary=contrary)


def _contrary_needed(known: Learned, seen: int) -> int:
    if known.is_sure:
        return CONTRARY_TO_SURE
    if known.agreeing:
        return CONTRARY_TO_SEEN
    near = known.credits <= seen * PLAUSIBLE_FACTOR and seen <= known.credits * PLAUSIBLE_FACTOR
    return 1 if near else CONTRARY_TO_SEEN
