"""What is expected of a record: the upstream's forecast first, then what was seen lately."""

from __future__ import annotations

import pytest

from generation.engine.timing import Forecaster, Sighting, Window


def window(forecaster: Forecaster, *, elapsed_s: float = 0.0, **over: float | str | None) -> tuple[float, float]:
    """Earliest and latest readiness, in seconds after acceptance at 100."""
    fields = {"kind": "image", "forecast_s": None, "queue_s": None, **over}
    found = forecaster.window("model", now=100.0 + elapsed_s, elapsed_s=elapsed_s, **fields)  # type: ignore[arg-type]
    assert found.submitted_at == pytest.approx(100.0)
    return round(found.early_at - 100.0, 4), round(found.late_at - 100.0, 4)


def taught(*sightings: tuple[float, float]) -> Forecaster:
    forecaster = Forecaster()
    for running_s, ready_s in sightings:
        forecaster.learn("model", Sighting(running_s=running_s, ready_s=ready_s))
    return forecaster


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        ({"forecast_s": 20.0}, (17.0, 26.0)),  # 0.85 × 20, 1.3 × 20
        ({"forecast_s": 0.0}, (0.425, 0.65)),  # whole seconds: 0 means half a second
        ({"forecast_s": None}, (2.0, 15.6)),  # 1.3 × 12, the usual time of a picture
        ({"forecast_s": None, "kind": "video"}, (2.0, 156.0)),  # 1.3 × 120
        ({"forecast_s": 20.0, "queue_s": 100.0}, (117.0, 126.0)),
    ],
)
def test_before_anything_was_seen_the_upstream_is_believed(
    forecast: dict[str, float], expected: tuple[float, float]
) -> None:
    assert window(Forecaster(), **forecast) == expected


def test_two_sightings_are_not_enough() -> None:
    assert window(taught((4.0, 5.0), (4.0, 5.0)), forecast_s=20.0) == (17.0, 26.0)


def test_when_it_always_takes_the_same_each_look_halves_what_is_not_known() -> None:
    # last seen running after 3, 4 and 2 s, first seen ready after 6, 7 and 5: it takes between 4 and 5 s
    assert window(taught((3.0, 6.0), (4.0, 7.0), (2.0, 5.0)), forecast_s=20.0) == (4.5, 5.0)


def test_when_it_varies_all_that_was_seen_is_possible() -> None:
    # one was ready after 5 s, another still running after 8: from a little before 5 until 12
    assert window(taught((3.0, 5.0), (8.0, 12.0), (4.0, 6.0)), forecast_s=20.0) == (4.9, 12.0)


def test_what_was_seen_at_once_is_never_expected_before_its_acceptance() -> None:
    assert window(taught((1.0, 0.1), (0.0, 0.1), (0.0, 0.1))) == (0.0, 0.1)  # 0.1 - 0.15 is before


def test_a_queue_comes_on_top_of_what_was_seen() -> None:
    assert window(taught(*[(4.0, 5.0)] * 3), queue_s=60.0) == (64.5, 65.0)


def test_each_kind_of_work_has_its_own_memory() -> None:
    forecaster = taught(*[(4.0, 5.0)] * 3)
    other = forecaster.window("other", kind="image", now=0.0, elapsed_s=0.0, forecast_s=20.0, queue_s=None)
    assert other == Window(0.0, 17.0, 26.0)


def test_old_sightings_are_forgotten() -> None:
    forecaster = taught((0.0, 1.0), *[(4.0, 5.0)] * 40)
    assert window(forecaster) == (4.5, 5.0)


def test_what_is_taken_up_again_counts_from_its_acceptance() -> None:
    assert window(Forecaster(), elapsed_s=30.0, forecast_s=20.0) == (17.0, 26.0)
