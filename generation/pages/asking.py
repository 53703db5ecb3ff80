"""Who asks when a person asks at a page, and whose API key is charged."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from generation.errors import InvalidApiKey
from generation.models import Generation
from generation.services import Caller
from generation.viewing import Viewer
from jimeng_site.database import in_database

CLIENT: Final = "page"


async def page_caller(request: HttpRequest, key_id: int | None) -> Caller:
    """The person at this page. `key_id`: primary key of the API key to charge; None: as is usual for this person.

    Staff may charge any key that works, or none, which is usual; others one of their own, the first by default. What
    the key may do holds here as it does in the API: see `generation.key_models` and `generation_submit`. Raises
    InvalidApiKey in the reader's language.
    """
    viewer = Viewer.of(await request.auser())
    return await in_database(caller_of, viewer, key_id)


def caller_of(viewer: Viewer, key_id: int | None) -> Caller:
    """The same for one whom a page knows already. Blocks."""
    if viewer.sees_all and key_id is None:
        return Caller(user_id=viewer.user_id, client=CLIENT)
    usable = working_keys(viewer)
    chosen = usable[:1] if key_id is None else [key for key in usable if key.pk == key_id]
    if chosen:
        return Caller(api_key=chosen[0], user_id=viewer.user_id, client=CLIENT)
    if key_id is None:
        raise InvalidApiKey(_("You have no API key that works. Ask the operator of this gateway for one."))
    raise InvalidApiKey(_("This API key does not work any more, or it is not yours."))


def caller_as_before(viewer: Viewer, before: Generation) -> Caller:
    """Charges the key of that generation, where this person charges keys and it still works; else as is usual."""
    is_theirs = not viewer.sees_all and before.api_key_id in {key.pk for key in working_keys(viewer)}
    return caller_of(viewer, before.api_key_id if is_theirs else None)


def working_keys(viewer: Viewer) -> list[ApiKey]:
    """The keys that this person may charge, oldest first. One query."""
    keys = ApiKey.objects.filter(enabled=True).order_by("pk")
    if not viewer.sees_all:
        keys = keys.filter(owner_id=viewer.user_id)
    return [key for key in keys if key.works(timezone.now())]
