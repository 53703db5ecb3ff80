"""Numbers become places in a drawing that is 100 high."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import SimpleTestCase

from accounts.charts import nice_top, place, stacked, stairs

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class ChartTests(SimpleTestCase):
    def test_an_axis_ends_at_a_round_number(self) -> None:
        table = [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (10, 10), (11, 20), (480, 500), (501, 1000)]
        for highest, wanted in table:
            with self.subTest(highest):
                assert nice_top(highest) == wanted

    def test_parts_of_a_bar_stand_upon_each_other(self) -> None:
        top, bars = stacked([(3, 0, 1), (), (10, 0, 0)])
        assert top == 10
        assert [(block.part, block.x, block.y, block.height) for block in bars[0]] == [
            (0, 0.1, 70.0, 30.0),
            (2, 0.1, 60.0, 10.0),
        ]
        assert bars[1] == []
        assert [(block.x, block.y, block.height) for block in bars[2]] == [(2.1, 0.0, 100.0)]

    def test_a_moment_outside_is_drawn_at_the_edge(self) -> None:
        until = NOON + timedelta(hours=4)
        hours = [-1, 0, 1, 4, 9]
        assert [place(NOON + timedelta(hours=hour), since=NOON, until=until) for hour in hours] == [0, 0, 25, 100, 100]

    def test_a_value_holds_until_the_next(self) -> None:
        points = [(NOON, 50.0), (NOON + timedelta(hours=2), 100.0)]
        path = stairs(points, since=NOON, until=NOON + timedelta(hours=4), end=NOON + timedelta(hours=3), top=200)
        assert path == "M0.0 100 H0.0V75 H50.0V50 H75.0V100Z"
        assert stairs([], since=NOON, until=NOON, end=NOON, top=1) == ""
