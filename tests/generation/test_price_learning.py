"""What a series of differences says of a price, and what one difference amounts to. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase

from accounts.services import Reading
from generation.price_learning import Learned, learned_from
from generation.price_samples import Sample, solve, spent_between

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
NOTHING = Learned(credits=3)
PICTURE, LARGE, VIDEO = ("jimeng-4.5", "2k"), ("jimeng-4.5", "4k"), ("jimeng-video-3.0", "5")


def after(*seen: int, known: Learned = NOTHING) -> tuple[int, int]:
    """Price and how often it agrees, after these samples."""
    for credits in seen:
        known = learned_from(known, credits)
    return known.credits, known.agreeing


class SeriesTests(SimpleTestCase):
    def test_each_series_has_its_price(self) -> None:
        for seen, price, agreeing in (
            ((), 3, 0),
            ((3,), 3, 1),  # the list price, seen once
            ((3, 3, 3), 3, 3),
            ((5,), 5, 1),  # near the list price: believed at once
            ((12,), 12, 1),  # four times as much is near
            ((13,), 3, 0),  # too far to be believed at once
            ((13, 13), 13, 2),
            ((13, 14), 3, 0),
            ((5, 4), 5, 1),  # one that was seen once is not replaced by another that was
            ((5, 4, 4), 4, 2),
            ((5, 5, 4), 5, 2),
            ((5, 5, 4, 4), 5, 2),
            ((5, 5, 4, 4, 4), 4, 3),  # three in a row replace a confirmed one
            ((5, 5, 4, 4, 5, 4, 4), 5, 3),  # not in a row
            ((5, 5, 4, 6, 4, 6), 5, 2),  # they do not agree with each other
        ):
            with self.subTest(seen):
                assert after(*seen) == (price, agreeing)

    def test_every_sample_is_counted(self) -> None:
        known = NOTHING
        for credits in (5, 5, 4, 13, 5):
            known = learned_from(known, credits)
        assert (known.samples, known.contrary_credits, known.contrary) == (5, None, 0)


class SolveTests(SimpleTestCase):
    def test_what_a_difference_says(self) -> None:
        for spent, units, known, sample in (
            (20, {PICTURE: 4}, {}, (PICTURE, 5)),
            (20, {PICTURE: 4}, {PICTURE: 3}, (PICTURE, 5)),  # of one item alone, known or not
            (21, {PICTURE: 4}, {}, None),  # not a whole number each
            (0, {PICTURE: 4}, {}, None),
            (22, {PICTURE: 4, VIDEO: 1}, {}, None),  # two unknown prices
            (22, {PICTURE: 4, VIDEO: 1}, {PICTURE: 3}, (VIDEO, 10)),
            (22, {PICTURE: 4, VIDEO: 1}, {VIDEO: 10}, (PICTURE, 3)),
            (22, {PICTURE: 4, VIDEO: 1}, {PICTURE: 3, VIDEO: 10}, None),  # nobody can tell which of them it is
            (31, {PICTURE: 3, LARGE: 2, VIDEO: 1}, {PICTURE: 3, VIDEO: 10}, (LARGE, 6)),
            (9, {PICTURE: 3, VIDEO: 1}, {PICTURE: 3}, None),  # nothing is left for the video
            (5, {PICTURE: 3, VIDEO: 1}, {PICTURE: 3}, None),
        ):
            with self.subTest(spent=spent, units=units):
                wanted = None if sample is None else Sample(item=sample[0], credits=sample[1])
                assert solve(spent, units, known) == wanted


def reading(gift: int = 0, purchase: int = 0, vip: int = 0, *, after_s: float = 0, **over: Any) -> Reading:
    fields: dict[str, Any] = {
        "gift": gift,
        "purchase": purchase,
        "vip": vip,
        "lapses": (),
        "at": AT + timedelta(seconds=after_s),
    }
    return Reading(**fields | over)


class SpentTests(SimpleTestCase):
    def test_what_was_spent_of_all_parts(self) -> None:
        for before, later, spent in (
            (reading(66), reading(54, after_s=60), 12),
            (reading(10, 20, 30), reading(0, 15, 30, after_s=60), 15),
            (reading(66), reading(66, after_s=60), 0),
            (reading(10), reading(66, after_s=60), None),  # a gift came
            (reading(10, 5), reading(0, 6, after_s=60), None),  # something was bought
            (reading(66), reading(54, after_s=0), None),  # not one after the other
            (reading(66), reading(54, after_s=-60), None),
        ):
            with self.subTest(before=before, later=later):
                assert spent_between(before, later) == spent

    def test_over_a_midnight_in_shanghai_nothing_is_said(self) -> None:
        for before_s, after_s, clean in ((11.99, 12.01, False), (11.0, 11.5, True), (12.01, 12.5, True)):
            before = reading(66, at=AT + timedelta(hours=before_s))
            later = reading(54, at=AT + timedelta(hours=after_s))
            assert (spent_between(before, later) == 12) is clean

    def test_nor_over_a_lapse_that_was_told(self) -> None:
        for lapse_s, clean in ((-60, True), (-2, False), (0, False), (30, False), (62, False), (64, True)):
            with self.subTest(lapse_s=lapse_s):
                before = reading(66, lapses=((10, AT + timedelta(seconds=lapse_s)),))
                assert (spent_between(before, reading(54, after_s=60)) == 12) is clean
