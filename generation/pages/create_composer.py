"""The form as a template shows it: from a draft, with everything that can be chosen and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from generation.pages.create_estimate import Estimate, estimate_of
from generation.pages.create_form import Draft, frames_of
from generation.pages.create_inputs import Picture, picture_of, pictures_of
from generation.pages.create_keys import KeyChoice, Keys
from generation.pages.create_options import Options, options_of, settled
from generation.services import StoredInput
from generation.specs import INPUTS_MAX, PROMPT_MAX_CHARS
from generation.viewing import Viewer

_DRAFT_SALT: Final = "generation.create.draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """`errors`: sentence by field, "" for the form as a whole. `notes`: what is not as it was asked for.

    `draft_name`: under what the browser keeps this person's draft. `is_filled`: from something, not by typing.
    """

    draft: Draft
    options: Options
    estimate: Estimate
    pictures: Sequence[Picture] = ()
    key_choices: Sequence[KeyChoice] = ()
    is_free: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    draft_name: str = ""
    is_filled: bool = False
    prompt_max: int = PROMPT_MAX_CHARS
    inputs_max: int = INPUTS_MAX

    @property
    def trouble(self) -> str:
        """What is wrong with the form as a whole."""
        return self.errors.get("", "")

    @property
    def has_details(self) -> bool:
        """Something is said in the part of the form that is closed at first."""
        shown = ("negative_prompt", "seed", "output_format", "strength")
        draft = self.draft
        return any(each in self.errors for each in shown) or bool(
            draft.negative_prompt or draft.seed or draft.output_format
        )


def composer_of(
    draft: Draft,
    *,
    viewer: Viewer,
    keys: Keys,
    errors: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    is_filled: bool = False,
) -> Composer:
    """Puts choices that are not possible back to their defaults, and says so. Blocks; writes nothing."""
    said = list(notes)
    key = _key(draft, keys, [] if errors and "key" in errors else said)
    if key is None:
        draft = replace(draft, key="")
    kept, gone = pictures_of(draft.pictures, viewer)
    if gone:
        said.append(_("Some input pictures were kept too long and are gone: add them again."))
    draft, changes = settled(draft.with_pictures([token for token, _stored in kept]), key)
    inputs = [stored for _token, stored in kept]
    return Composer(
        draft=draft,
        options=options_of(draft, key, changes),
        estimate=estimate_of(draft, inputs, key=key, viewer=viewer, at=timezone.now()),
        pictures=[picture_of(token, stored) for token, stored in kept],
        key_choices=keys.choices,
        is_free=keys.is_free,
        errors=errors or {},
        notes=said,
        draft_name=salted_hmac(_DRAFT_SALT, str(viewer.user_id), algorithm="sha256").hexdigest()[:16],
        is_filled=is_filled,
    )


def _key(draft: Draft, keys: Keys, notes: list[str]) -> ApiKey | None:
    try:
        return keys.chosen(draft.key)
    except LookupError:
        notes.append(_("The API key that was chosen does not work any more, or is not yours."))
        return keys.chosen("")


def used_inputs(draft: Draft, inputs: Sequence[StoredInput]) -> Sequence[StoredInput]:
    """Those that the request takes."""
    return frames_of(inputs) if draft.is_video else inputs
