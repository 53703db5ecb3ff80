"""Why something that was asked for at a page was not done, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from generation.errors import GatewayError, InvalidApiKey, InvalidSpec
from generation.wording import error_in_words


def refusal_in_words(error: GatewayError) -> str:
    """A sentence, and in brackets what the gateway says to programs where there are no words of its own for it."""
    if isinstance(error, InvalidApiKey):
        return error.detail  # raised by the pages themselves
    words = _("Not possible: %(reason)s.") % {"reason": error_in_words(error.code)}
    if not isinstance(error, InvalidSpec):
        return words
    if error.param == "image":
        return _("Not possible: an input picture is not stored any more. Nothing was spent.")
    if error.param == "token":
        return _("This page is out of date: load it again. Nothing was spent.")
    return f"{words} ({error.detail})"
