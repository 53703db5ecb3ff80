"""What is wrong with a field of the form, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generation.catalog import resolve_model
from generation.errors import GatewayError, InvalidApiKey, InvalidSpec, RequestError, UnknownModel
from generation.pages.create_form import FIELDS, Draft
from generation.specs import COUNT_MAX, INPUTS_MAX, PROMPT_MAX_CHARS
from generation.wording import error_in_words, said_beyond

# What is wrong with a picture: a piece of what the look at it says, and a sentence of ours.
_PICTURES: Final[tuple[tuple[str, Promise], ...]] = (
    ("megapixels", gettext_lazy("it has too many pixels: at most 50 megapixels are possible")),
    ("larger than", gettext_lazy("it is too large: at most 20 MB are possible")),
    ("each side", gettext_lazy("each side must have 16 to 8192 pixels")),
    ("cut off", gettext_lazy("it is not whole: its end is missing")),
    ("", gettext_lazy("it is not a picture that can be read: PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF")),
)


def picture_words(name: str, error: InvalidSpec) -> str:
    """Why a picture cannot be taken."""
    reason = next(words for piece, words in _PICTURES if piece in error.detail)
    return _("“%(name)s” cannot be used: %(reason)s.") % {"name": name, "reason": reason}


def field_error(error: GatewayError, draft: Draft) -> tuple[str, str]:
    """The field, "" for the form as a whole, and the sentence that stands there."""
    if isinstance(error, RequestError) and error.param is not None:
        field = FIELDS.get(error.param, error.param)
        words = _FIELDS.get(field)
        if words is not None:
            return field, words(draft)
    if isinstance(error, InvalidApiKey):
        return "key", error.detail  # raised by the pages themselves, in the reader's language
    if isinstance(error, UnknownModel):
        return "model", _FIELDS["model"](draft)
    beyond = said_beyond(error.code, error.detail)
    sentence = _("Nothing was asked for: %(reason)s.") % {"reason": error_in_words(error.code)}
    return "", f"{sentence} ({beyond})" if beyond and not error.detail.isascii() else sentence


def _prompt(draft: Draft) -> str:
    if draft.prompt.strip():
        return _("The prompt has more than %(max)d characters.") % {"max": PROMPT_MAX_CHARS}
    if draft.is_video:
        return _("Say what shall happen, or give a first frame.")
    return _("Say what you would like to see.")


def _model(draft: Draft) -> str:
    return _("%(model)s cannot be used here: choose another model.") % {"model": draft.model}


def _inputs(draft: Draft) -> str:
    return _("At most %(max)d input pictures are possible: remove some.") % {"max": INPUTS_MAX}


def _one_of(name: str) -> Callable[[Draft], str]:
    """For what the model has a list of."""

    def words(draft: Draft) -> str:
        info = resolve_model(draft.model)
        possible = ", ".join(map(str, getattr(info, name))) if info is not None else "–"
        return _("%(model)s does not have this; possible are: %(choices)s.") % {
            "model": draft.model,
            "choices": possible,
        }

    return words


_FIELDS: Mapping[str, Callable[[Draft], str]] = MappingProxyType(
    {
        "prompt": _prompt,
        "model": _model,
        "inputs": _inputs,
        "ratio": _one_of("ratios"),
        "resolution": _one_of("resolutions"),
        "seconds": _one_of("seconds"),
        "count": lambda draft: _("Choose a number from 1 to %(max)d.") % {"max": COUNT_MAX},
        "strength": lambda draft: _("Choose a number from 0 to 1."),
        "seed": lambda draft: _("The seed is a whole number that is not negative, or nothing."),
        "output_format": lambda draft: _("Choose PNG, JPEG or WebP, or leave it open."),
    }
)
