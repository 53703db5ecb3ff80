"""What is asked before results are deleted or made again: how many, what it costs, whether it can be undone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.display import cut
from accounts.errors import GatewayError
from generation.errors import InvalidSpec, UnknownModel
from generation.models import Generation
from generation.pages.asking import caller_as_before
from generation.pages.choosing import Choice, chosen_generations
from generation.rerunning import generation_rerun
from generation.specs import spec_from_json
from generation.viewing import Viewer, media_of_viewer
from generation.wording import error_in_words

AGAIN_MAX: Final = 20  # requests at once
_LINE_CHARS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`lines`: what it is about, one by one. `is_possible`: there is something to say yes to."""

    title: str
    text: str
    yes: str
    icon: str
    is_danger: bool = False
    is_possible: bool = True
    lines: Sequence[tuple[str, str]] = ()
    token: str = ""


def ask_about_deleting(viewer: Viewer, choice: Choice) -> Question:
    count = len(media_of_viewer(viewer, choice.media_ids)) + len(choice.generation_ids)
    title = ngettext("Delete %(count)d result?", "Delete %(count)d results?", count) % {"count": count}
    days = settings.JIMENG_TRASH_DAYS
    kept = ngettext(
        "It goes to the trash and can be restored for %(days)d day. Then its files are removed for good.",
        "It goes to the trash and can be restored for %(days)d days. Then its files are removed for good.",
        days,
    )
    return Question(title=title, text=kept % {"days": days}, yes=_("Delete"), icon="trash-2", is_danger=True)


def ask_about_again(viewer: Viewer, choice: Choice) -> Question:
    """Each request once, however many of its files were selected."""
    asked = requests_of(chosen_generations(viewer, choice))
    title = ngettext("Run %(count)d request again?", "Run %(count)d requests again?", len(asked))
    title %= {"count": len(asked)}
    if not 0 < len(asked) <= AGAIN_MAX:
        text = _("At most %(count)d can be run again at a time. Select fewer.") % {"count": AGAIN_MAX}
        return Question(title=title, text=text, yes="", icon="refresh-cw", is_possible=False)
    costs = [cost_credits(parts) for parts in asked]
    total = sum(costs)
    text = ngettext("It costs about %(credits)d credit.", "It costs about %(credits)d credits in all.", total)
    lines = [
        (
            cut(parts[0].prompt, _LINE_CHARS),
            _("%(model)s, about %(credits)d") % {"model": parts[0].model, "credits": cost},
        )
        for parts, cost in zip(asked, costs, strict=True)
    ]
    return Question(
        title=title,
        text=text % {"credits": total},
        yes=_("Run again"),
        icon="refresh-cw",
        lines=lines,
        token=secrets.token_urlsafe(18),
    )


def requests_of(generations: Sequence[Generation]) -> list[list[Generation]]:
    """The parts of each request that are among these, first come first."""
    groups: dict[str, list[Generation]] = {}
    for each in generations:
        groups.setdefault(each.group_id or each.public_id, []).append(each)
    return list(groups.values())


def cost_credits(parts: Sequence[Generation]) -> int:
    """What these would cost today; what they did cost, if they are not possible any more."""
    total = 0
    for each in parts:
        try:
            total += spec_from_json(each.kind, each.spec).cost_credits
        except (InvalidSpec, UnknownModel, TypeError, KeyError):
            total += each.credits_estimated
    return total


async def make_again(viewer: Viewer, choice: Choice) -> tuple[int, str]:
    """Ask for each request again, once for each `choice.token`. Returns a level of `messages` and a sentence."""
    asked = requests_of(await sync_to_async(chosen_generations)(viewer, choice))
    if not choice.token or not 0 < len(asked) <= AGAIN_MAX:
        return messages.WARNING, _("Nothing was asked for again.")
    started, refusals = 0, []
    for parts in reversed(asked):
        first = parts[-1]
        try:
            caller = await sync_to_async(caller_as_before)(viewer, first)
            await generation_rerun(viewer=viewer, public_id=first.public_id, caller=caller, token=choice.token)
        except GatewayError as error:
            refusals.append(f"{cut(first.prompt, 40)}: {error_in_words(error.code)}")
        else:
            started += 1
    words = ngettext("%(count)d request is on its way.", "%(count)d requests are on their way.", started)
    said = words % {"count": started} if started else _("Nothing was asked for again.")
    if not refusals:
        return messages.SUCCESS, said
    return messages.WARNING, f"{said} {_('Refused:')} {'; '.join(refusals)}."
