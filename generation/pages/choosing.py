"""What somebody has selected in the gallery and wants done with it, and doing it where nothing is asked before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generation.keepsakes import Done, results_delete, results_pin, results_restore
from generation.models import Generation
from generation.viewing import Viewer, generations_of, media_of_viewer

IDS_MAX: Final = 2000  # of one action
_DRAWN_ANEW_MAX = 200  # generations of one fragment
_ID = re.compile(r"(gen|med)_[0-9a-f]{1,36}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`back`: where it was chosen, an address of ours. `is_fragment`: the page itself shows what came of it.

    `token`: drawn with the question, so that an answer that is sent twice is heard once; "" if there is none.
    """

    action: str
    ids: tuple[str, ...]
    back: str
    is_fragment: bool = False
    is_confirmed: bool = False
    token: str = ""

    @classmethod
    def read(cls, request: HttpRequest) -> Self:
        posted = request.POST
        back = posted.get("next", "")
        if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            back = reverse("generation:history")
        token = posted.get("token", "")
        ids = dict.fromkeys(each for each in posted.getlist("ids") if _ID.fullmatch(each))
        return cls(
            action=posted.get("action", ""),
            ids=tuple(ids)[:IDS_MAX],
            back=back,
            is_fragment="hx-request" in request.headers,
            is_confirmed="confirmed" in posted,
            token=token if _TOKEN.fullmatch(token) else "",
        )

    @property
    def generation_ids(self) -> list[str]:
        return [each for each in self.ids if each.startswith("gen_")]

    @property
    def media_ids(self) -> list[str]:
        return [each for each in self.ids if each.startswith("med_")]


def chosen_generations(viewer: Viewer, choice: Choice) -> list[Generation]:
    """All that are meant, themselves or by one of their files, newest first. Of those that this person may see."""
    named = {media.generation.public_id for media in media_of_viewer(viewer, choice.media_ids)}
    named.update(choice.generation_ids)
    found = generations_of(viewer).filter(public_id__in=named).select_related("api_key")
    return list(found.order_by("-pk"))


def tell(viewer: Viewer, choice: Choice) -> list[str]:
    """Public ids of the generations that are to be drawn anew after it was done."""
    return [each.public_id for each in chosen_generations(viewer, choice)[:_DRAWN_ANEW_MAX]]


def keep(viewer: Viewer, choice: Choice) -> str:
    """Pin, unpin, delete or restore, and say in a sentence what was done."""
    now = timezone.now()
    match choice.action:
        case "pin" | "unpin":
            done = results_pin(viewer=viewer, ids=choice.ids, at=now, pinned=choice.action == "pin")
        case "delete":
            done = results_delete(viewer=viewer, ids=choice.ids, at=now)
        case _:
            done = results_restore(viewer=viewer, ids=choice.ids, at=now)
    said = _done_in_words(choice.action, max(done.files, done.generations))
    return f"{said} {_still_open(done)}".strip()


def _done_in_words(action: str, count: int) -> str:
    match action:
        case "pin":
            words = ngettext("%(count)d result is pinned.", "%(count)d results are pinned.", count)
        case "unpin":
            words = ngettext("%(count)d result is no longer pinned.", "%(count)d results are no longer pinned.", count)
        case "delete":
            words = ngettext("%(count)d result is in the trash.", "%(count)d results are in the trash.", count)
        case _:
            words = ngettext("%(count)d result is restored.", "%(count)d results are restored.", count)
    return words % {"count": count} if count else _("There was nothing to change.")


def _still_open(done: Done) -> str:
    if not done.still_open:
        return ""
    words = ngettext(
        "%(count)d was left alone, as it is still being made.",
        "%(count)d were left alone, as they are still being made.",
        done.still_open,
    )
    return words % {"count": done.still_open}
