"""What the page of a generation is made of: a fixed number of queries, then words."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _

from generation.deciding import choice_panel
from generation.errors import UnknownGeneration
from generation.live_progress import progress_at_load
from generation.models import Generation, GenerationEvent, InputImage, Media
from generation.pages.asking import CLIENT
from generation.pages.detail_parameters import asked_again, parameters
from generation.pages.detail_results import input_rows, result_rows
from generation.pages.detail_trouble import cost_in_words, trouble_of
from generation.querysets import GenerationQuerySet
from generation.request_examples import curl_example, python_example
from generation.services import media_path
from generation.timeline import timeline
from generation.viewing import Viewer, generations_of
from generation.wording import operation_in_words

_CANCELLABLE: Final = (Generation.Status.QUEUED, Generation.Status.RUNNING)
_SOON: Final = timedelta(minutes=1)  # for so long a page waits for what is being fetched
_TOKEN_BYTES: Final = 16
_LONG_CHARS, _LONG_LINES = 700, 10  # of a prompt that is shown folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was fetched. `parts`: of the same request, this one among them.

    `newer`, `older`: public ids of its neighbours in the history, "" for none.
    """

    row: Generation
    parts: Sequence[Generation]
    files: Sequence[Media]
    inputs: Sequence[InputImage]
    events: Sequence[GenerationEvent]
    newer: str
    older: str
    asked_by: str

    @classmethod
    def of(cls, viewer: Viewer, public_id: str) -> Self:
        """Raises UnknownGeneration for what this person may not see."""
        visible = generations_of(viewer)
        row = visible.filter(public_id=public_id).select_related("account", "api_key").first()
        if row is None:
            raise UnknownGeneration
        grouped = visible.filter(group_id=row.group_id).prefetch_related("media").order_by("pk")
        around = visible.filter(deleted_at__isnull=True).order_by()
        return cls(
            row=row,
            parts=list(grouped) if row.group_id else [row],
            files=list(row.media.order_by("position")),
            inputs=list(row.inputs.order_by("position")),
            events=list(row.events.select_related("account").order_by("pk")),
            newer=_first_id(around.filter(pk__gt=row.pk).order_by("pk")),
            older=_first_id(around.filter(pk__lt=row.pk).order_by("-pk")),
            asked_by=_asked_by(row, viewer),
        )

    @property
    def count(self) -> int:
        """Pictures of the whole request."""
        return sum(int(part.spec.get("count", 1)) for part in self.parts)

    @property
    def is_open(self) -> bool:
        return any(part.finished_at is None for part in self.parts)


def _first_id(rows: GenerationQuerySet) -> str:
    return rows.values_list("public_id", flat=True).first() or ""


def _asked_by(row: Generation, viewer: Viewer) -> str:
    """The API key's name, or whoever asked without one."""
    if row.api_key is not None:
        return row.api_key.name
    kind, _colon, number = row.owner.partition(":")
    if kind == "user" and viewer.sees_all:
        users = get_user_model().objects.filter(pk=number)
        return users.values_list("username", flat=True).first() or _("somebody who is gone")
    return _("Jimeng logins of its own") if kind == "logins" else _("an API key that is gone")


def detail_context(viewer: Viewer, public_id: str, *, base_url: str) -> dict[str, Any]:
    """All that the template shows. `base_url`: where programs reach the gateway. Raises UnknownGeneration."""
    sight, at = Sight.of(viewer, public_id), timezone.now()
    row = sight.row
    asked = asked_again(row, count=sight.count, inputs=sight.inputs)
    stored = [media for media in sight.files if media.file and media.removed_at is None]
    return {
        "generation": row,
        "is_open": sight.is_open,
        "progress": progress_at_load(sight.parts) if sight.is_open else None,
        "is_expecting": is_expecting(sight, at=at),
        "results": result_rows(sight.files, at=at),
        "stored": stored,
        "download": f"{media_path(stored[0])}&download=1" if stored else "",
        "is_long": len(row.prompt) > _LONG_CHARS or row.prompt.count("\n") > _LONG_LINES,
        "is_short": is_short(sight),
        "inputs": input_rows(row, sight.inputs),
        "parameters": parameters(row, count=sight.count),
        "trouble": trouble_of(row),
        "cost": cost_in_words(row),
        "asked_by": sight.asked_by,
        "operation": operation_in_words(row.operation),
        "client": "" if row.client.partition("/")[0] == CLIENT else row.client,  # "page to create" says it
        "can_cancel": any(part.status in _CANCELLABLE for part in sight.parts),
        "parts": sight.parts if len(sight.parts) > 1 else (),
        "newer": sight.newer,
        "older": sight.older,
        "timeline": timeline(row, sight.events, names_accounts=viewer.sees_all),
        "choice": choice_panel(row, sight.events, at=at) if viewer.sees_all else None,
        "curl": curl_example(asked, base_url=base_url),
        "python": python_example(asked, base_url=base_url),
        "token": secrets.token_urlsafe(_TOKEN_BYTES),
        "sees_all": viewer.sees_all,
    }


def is_short(sight: Sight) -> bool:
    """It succeeded with fewer pictures than were asked for."""
    return sight.row.status == Generation.Status.SUCCEEDED and len(sight.files) < int(sight.row.spec.get("count", 1))


def is_expecting(sight: Sight, *, at: datetime) -> bool:
    """Something is about to come though the generation is over: a file, or a late result."""
    if sight.is_open:
        return False
    due = [media.fetch_due_at for media in sight.files if media.fetch_due_at is not None and not media.file]
    late = [sight.row.late_due_at] if sight.row.late_due_at is not None else []
    return any(each <= at + _SOON for each in [*due, *late])
