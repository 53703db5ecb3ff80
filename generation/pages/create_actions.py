"""What the buttons of the form do to it, beside asking: all of them work without a script."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from generation.pages.create_form import Draft
from generation.pages.create_inputs import store_result
from generation.viewing import Viewer

CREATE: Final = "create"
_MOVE: Final = re.compile(r"(earlier|later|remove):([0-9]{1,2})")
_TAKE: Final = re.compile(r"(use|film):(med_[0-9a-f]{1,36})")


async def acted(draft: Draft, action: str, *, viewer: Viewer) -> tuple[Draft, str]:
    """The draft afterwards, and what is wrong with its pictures ("" for nothing). What is no action changes nothing.

    `earlier:2`, `later:2`, `remove:2`: with the third picture. `use:med_…`: that result becomes a further picture;
    `film:med_…`: a video shall begin with it.
    """
    if moved := _MOVE.fullmatch(action):
        return draft.with_pictures(_moved(list(draft.pictures), moved[1], int(moved[2]))), ""
    if taken := _TAKE.fullmatch(action):
        stored, refused = await store_result(taken[2], viewer=viewer)
        tokens = [token for token, _picture in stored]
        if taken[1] == "film" and tokens:
            return replace(draft, kind="video", pictures=tuple(tokens), ratio=""), ""
        return draft.with_pictures([*draft.pictures, *tokens]), " ".join(refused)
    return draft, ""


def _moved(pictures: list[str], where: str, at: int) -> list[str]:
    if at >= len(pictures):
        return pictures
    picture = pictures.pop(at)
    if where != "remove":
        pictures.insert(max(0, at - 1) if where == "earlier" else at + 1, picture)
    return pictures
