"""How far a request is, in words; and the fragment that pages show."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from generation.following import Update
from generation.live_progress import PHASES, progress_context, update_context
from generation.models import Generation
from generation.progress import Phase, Progress


def progress(**over: Any) -> Progress:
    return Progress(**{"phase": "generating", "percent": 40, "elapsed_s": 12.4, **over})


def fragment(**over: Any) -> str:
    return render_to_string("pages/_progress.html", {"progress": progress_context(progress(**over))})


def test_every_phase_has_words() -> None:
    assert set(PHASES) == set(get_args(Phase))


@pytest.mark.parametrize(
    ("over", "name", "words"),
    [
        ({}, "place", ""),
        ({"queue_position": 3, "queue_length": 12}, "place", "3 of 12"),
        ({"queue_position": 3}, "place", "number 3"),
        ({}, "eta", ""),
        ({"eta_s": 0.0}, "eta", ""),
        ({"eta_s": 7.6}, "eta", "about 8 s left"),
        ({"eta_s": 33.0}, "eta", "about 35 s left"),
        ({"eta_s": 89.0}, "eta", "about 1 min 30 s left"),
        ({"eta_s": 200.0}, "eta", "about 3 min left"),
        ({"elapsed_s": 59.4}, "elapsed", "59 s"),
        ({"elapsed_s": 59.6}, "elapsed", "1 min 0 s"),
        ({"elapsed_s": 3700.0}, "elapsed", "1 h 1 min"),
        ({}, "ready", ""),
        ({"ready": 1}, "ready", "1 picture is there"),
        ({"ready": 3}, "ready", "3 pictures are there"),
    ],
)
def test_what_is_known_is_said(over: dict[str, Any], name: str, words: str) -> None:
    assert getattr(progress_context(progress(**over)), name) == words


def test_what_is_spoken_changes_seldom() -> None:
    told = {progress_context(progress(percent=percent, elapsed_s=percent)).spoken for percent in range(100)}
    assert told == {"Being made"}
    assert progress_context(progress(ready=2)).spoken == "Being made, 2 pictures are there"


def test_the_fragment_shows_a_bar_and_no_error() -> None:
    html = fragment(queue_position=3, queue_length=12, eta_s=30.0)
    assert '<progress max="100" value="40"' in html
    assert "3 of 12" in html
    assert "about 30 s left" in html
    assert 'class="error"' not in html
    assert not html.startswith("\n"), "a comment for those who include it is no part of it"
    assert "include" not in html


def test_it_is_in_the_language_of_the_reader() -> None:
    with translation.override("de"):
        here = str(PHASES["queued"])
    assert progress_context(progress(phase="queued")).phase == here == "Waiting for an account"


def test_one_that_failed_says_why_and_shows_no_bar() -> None:
    ended = [Generation(status="failed", error_code="timed_out")]
    words = update_context(Update(progress=progress(phase="done", percent=100), finished=ended))
    assert words.error.startswith("past its deadline")
    html = render_to_string("pages/_progress.html", {"progress": words})
    assert "past its deadline" in html
    assert "<progress" not in html


def test_one_with_a_part_that_succeeded_says_nothing_of_the_others() -> None:
    ended = [Generation(status="failed", error_code="timed_out"), Generation(status="succeeded")]
    assert update_context(Update(progress=progress(phase="done", percent=100), finished=ended)).error == ""


def test_a_page_with_many_streams_only_some() -> None:
    given = {"progress": progress_context(progress()), "public_id": "gen_1", "done_url": "/x/", "done_target": "#y"}
    streamed = render_to_string("pages/_progress_live.html", given)
    assert 'sse-connect="/live/generations/gen_1/" sse-close="done"' in streamed
    assert 'hx-get="/x/" hx-trigger="sse:done" hx-target="#y" hx-select="#y"' in streamed
    polled = render_to_string("pages/_progress_live.html", {**given, "polled": True})
    assert "sse-" not in polled
    assert 'hx-get="/x/" hx-trigger="every 3s" hx-target="#y" hx-select="#y"' in polled
    assert all("<progress" in html for html in (streamed, polled))
