"""From the form to a request: checked again, stored once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from generation.errors import GatewayError, UnknownModel
from generation.models import Generation
from generation.pages.asking import page_caller
from generation.pages.create_composer import used_inputs
from generation.pages.create_form import Draft
from generation.pages.create_inputs import pictures_of
from generation.pages.create_keys import Keys
from generation.pages.create_options import models_for
from generation.pages.create_results import OPERATION, client_of
from generation.pages.create_words import field_error
from generation.services import Ask, generation_submit
from generation.specs import Spec
from generation.viewing import Viewer

_HASH_CHARS: Final = 24


class NotAsked(Exception):
    """Nothing was stored. `field`: "" for the form as a whole."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field, self.sentence = field, sentence
        super().__init__(sentence)


async def ask(request: HttpRequest, draft: Draft, *, viewer: Viewer, keys: Keys) -> Generation:
    """Store what stands in the form, and hand it to the engine; the same filling of it twice is one request.

    Returns the first generation of the request. Raises NotAsked.
    """
    try:
        key = keys.chosen(draft.key)
    except LookupError as error:
        raise NotAsked("key", _("This API key does not work any more, or it is not yours: choose another.")) from error
    kept, gone = await asyncio.to_thread(pictures_of, draft.pictures, viewer)
    if gone:
        raise NotAsked("inputs", _("Some input pictures were kept too long and are gone: add them again."))
    inputs = used_inputs(draft, [stored for _token, stored in kept])
    try:
        spec = _checked(draft, key, draft.spec(inputs))
        caller = await page_caller(request, None if key is None else key.pk)
        user = await request.auser()
        submission = await generation_submit(
            ask=Ask(
                spec=spec,
                requested=draft.requested(inputs),
                operation=OPERATION,
                inputs=tuple(inputs),
                # The token alone is not enough: after an answer was lost, something else may stand in the form.
                idempotency_key=f"page:{draft.token}:{spec.fingerprint()[:_HASH_CHARS]}",
            ),
            caller=replace(caller, client=client_of(user.get_username())),
        )
    except GatewayError as error:
        raise NotAsked(*field_error(error, draft)) from error
    return submission.generations[0]


def _checked(draft: Draft, key: ApiKey | None, spec: Spec) -> Spec:
    """Raises UnknownModel for what this key may not use."""
    if spec.info not in models_for(draft.kind, key):
        raise UnknownModel(param="model")
    return spec
