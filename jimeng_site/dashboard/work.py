"""What is going on: the queue, what is being made, the engine's pulse, and what failed last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min
from django.utils.translation import gettext as _

from accounts.display import Colour
from generation.models import EngineBeat, Generation
from generation.templatetags.generation_extras import STATUS_COLOURS

FAILURES_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStatus:
    words: str
    count: int
    status: str
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """`longest_s`: how long the first of the queue has waited; None: nobody waits."""

    open: list[OpenStatus]
    waiting: int
    longest_s: float | None
    engine: str
    engine_colour: Colour
    engine_beat_at: datetime | None


def work(*, at: datetime) -> Work:
    """Two queries, both on small indexes."""
    rows = (
        Generation.objects.still_open().order_by().values("status").annotate(count=Count("pk"), first=Min("created_at"))
    )
    found = {row["status"]: row for row in rows}
    queued = found.get(Generation.Status.QUEUED)
    words, colour, beat_at = _engine(at)
    return Work(
        open=[
            OpenStatus(
                words=str(status.label),
                count=found[status]["count"] if status in found else 0,
                status=status,
                colour=STATUS_COLOURS[status],
            )
            for status in Generation.OPEN
        ],
        waiting=queued["count"] if queued else 0,
        longest_s=max(0.0, (at - queued["first"]).total_seconds()) if queued else None,
        engine=words,
        engine_colour=colour,
        engine_beat_at=beat_at,
    )


def _engine(at: datetime) -> tuple[str, Colour, datetime | None]:
    beat = EngineBeat.objects.order_by("-beat_at").first()
    if beat is None:
        return _("no pulse yet"), "plain", None
    if (at - beat.beat_at).total_seconds() > settings.JIMENG_STALLED_S:
        return _("stalled"), "danger", beat.beat_at
    return _("running"), "success", beat.beat_at


def latest_failures() -> list[Generation]:
    """One query, answered by the index of outcomes."""
    failed = Generation.objects.finished().filter(status=Generation.Status.FAILED).select_related("account", "api_key")
    return list(failed.order_by("-pk").defer("spec", "requested")[:FAILURES_SHOWN])
