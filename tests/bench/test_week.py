"""A small week through the command, as a person calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def day() -> dict[str, Any]:
    """The numbers of one day with 150 requests, for the gateway and for random choice."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JIMENG_", "DJANGO_"))}
    command = [sys.executable, "-m", "bench.week", "--days", "1", "--requests", "150", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    told: dict[str, Any] = json.loads(done.stdout)
    return told


class TestGateway:
    def test_nobody_saw_an_error_although_an_account_was_usable(self, day: dict[str, Any]) -> None:
        assert day["gateway"]["errors_though_able"] == 0, day["incidents"]

    def test_nothing_was_paid_for_nothing_or_twice(self, day: dict[str, Any]) -> None:
        ours = day["gateway"]
        assert (ours["credits_for_nothing"], ours["duplicates"], ours["violations"]) == (0, 0, 0), day["incidents"]

    def test_every_request_came_to_an_end(self, day: dict[str, Any]) -> None:
        for way in ("gateway", "random"):
            figures = day[way]
            ended = ("succeeded", "filtered", "stranded", "unpaid", "nobody_able", "errors_though_able")
            assert figures["requests"] == 150 == sum(figures[name] for name in ended)


class TestWorld:
    @pytest.mark.parametrize("way", ["gateway", "random"])
    def test_no_credit_comes_from_nowhere_or_goes_there(self, day: dict[str, Any], way: str) -> None:
        figures = day[way]
        received = figures["start_credits"] + figures["gift_credits"] + figures["refunded_credits"]
        assert received - figures["lapsed_credits"] - figures["spent_credits"] == figures["end_credits"]
        assert figures["gift_credits"] > 0
        assert figures["lapsed_credits"] > 0

    def test_random_choice_meets_the_troubles_that_the_gateway_goes_round(self, day: dict[str, Any]) -> None:
        assert day["random"]["errors_though_able"] > 0
        assert day["random"]["filtered"] == day["gateway"]["filtered"] > 0
