"""How far a request is, in a person's words and language: for pages at load, and for those that are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from asgiref.sync import async_to_sync
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from generation.following import Update, progress_of
from generation.models import Generation
from generation.progress import Phase, Progress
from generation.wording import error_in_words

Status = Generation.Status

PHASES: Mapping[Phase, Promise] = MappingProxyType(
    {
        "queued": gettext_lazy("Waiting for an account"),
        "preparing": gettext_lazy("Being prepared"),
        "waiting": gettext_lazy("In Jimeng's queue"),
        "generating": gettext_lazy("Being made"),
        "done": gettext_lazy("Finished"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressWords:
    """For templates/pages/_progress.html. All but `phase` and `elapsed` are "" where there is nothing to say."""

    phase: str
    place: str
    percent: int
    eta: str
    elapsed: str
    ready: str
    is_over: bool = False
    error: str = ""

    @property
    def spoken(self) -> str:
        """What a screen reader tells: what changes seldom."""
        return ", ".join(filter(None, (self.error or self.phase, self.ready)))


def progress_context(progress: Progress) -> ProgressWords:
    """In the language that is active now."""
    return ProgressWords(
        phase=str(PHASES[progress.phase]),
        place=_place(progress),
        percent=progress.percent,
        eta="" if not progress.eta_s else _("about %(time)s left") % {"time": _about(progress.eta_s)},
        elapsed=_seconds(round(progress.elapsed_s)),
        ready=_ready(progress.ready),
        is_over=progress.phase == "done",
    )


def update_context(update: Update) -> ProgressWords:
    """Of a request that is watched: at its end also what went wrong, if nothing came of it."""
    words = progress_context(update.progress)
    ended = update.finished
    if ended is None or any(part.status == Status.SUCCEEDED for part in ended):
        return words
    return replace(words, error=error_in_words(ended[0].error_code))


def progress_at_load(parts: Sequence[Generation]) -> ProgressWords:
    """Of a request as it stands, for a sync view. `parts`: all of it."""
    return progress_context(async_to_sync(progress_of)(parts))


def _place(progress: Progress) -> str:
    if progress.queue_position is None:
        return ""
    if progress.queue_length is None:
        return _("number %(position)d") % {"position": progress.queue_position}
    return _("%(position)d of %(length)d") % {"position": progress.queue_position, "length": progress.queue_length}


def _ready(count: int) -> str:
    words = ngettext("%(count)d picture is there", "%(count)d pictures are there", count)
    return words % {"count": count} if count else ""


def _about(value_s: float) -> str:
    """No finer than a forecast is."""
    if value_s >= 90:
        return _("%(minutes)d min") % {"minutes": round(value_s / 60)}
    return _seconds(round(value_s) if value_s < 10 else 5 * round(value_s / 5))


def _seconds(value_s: int) -> str:
    if value_s < 60:
        return _("%(seconds)s s") % {"seconds": value_s}
    minutes, rest_s = divmod(value_s, 60)
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest_s}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}
