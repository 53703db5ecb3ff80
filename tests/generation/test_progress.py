"""How far a generation is shown to be."""

from __future__ import annotations

import pytest

from generation.progress import percent_of, running_progress


@pytest.mark.parametrize(
    ("elapsed_s", "expected_s", "percent"),
    [
        (0, 100, 5),
        (50, 100, 50),  # 5 + 90 × 0.5
        (100, 100, 95),
        (200, 100, 97),  # 95 + 4 × (1 - 1/2)
        (10_000, 100, 98),
        (-3, 100, 5),  # clocks differ
        (1, 0, 5),
    ],
)
def test_the_share_of_what_is_expected(elapsed_s: float, expected_s: float, percent: int) -> None:
    assert percent_of(elapsed_s=elapsed_s, expected_s=expected_s) == percent


def test_it_never_goes_back_nor_claims_to_be_done() -> None:
    shown = [percent_of(elapsed_s=second, expected_s=60) for second in range(3600)]
    assert shown == sorted(shown)
    assert shown[-1] == 98


def test_what_is_left_is_told_while_it_is_known() -> None:
    assert running_progress(kind="video", elapsed_s=30, expected_s=None).eta_s == 90  # typically 120
    assert running_progress(kind="image", elapsed_s=30, expected_s=20).eta_s is None


def test_a_place_in_the_queue_is_told_while_it_waits() -> None:
    waiting = running_progress(
        kind="video", elapsed_s=1, expected_s=60, is_waiting=True, queue_position=3, queue_length=9
    )
    assert (waiting.phase, waiting.queue_position, waiting.queue_length) == ("waiting", 3, 9)
    running = running_progress(kind="video", elapsed_s=1, expected_s=60, queue_position=3, queue_length=9)
    assert (running.phase, running.queue_position, running.queue_length) == ("generating", None, None)
