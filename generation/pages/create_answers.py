"""What the views of the page to create share: answering, and bodies that are too large."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from generation.pages.access import PageRequest
from generation.pages.create_keys import Keys
from generation.prices import model_prices


async def keys_of(request: PageRequest) -> Keys:
    """What this person may charge; the prices are those of now."""
    await model_prices.refresh_if_stale()
    return await sync_to_async(Keys.of)(request.viewer)


async def rendered(
    request: PageRequest, template: str, context: Mapping[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    return await sync_to_async(render)(request, template, dict(context), status=status)


def is_for_script(request: PageRequest) -> bool:
    """It is htmx that asks, for a part of the page that is open."""
    return "HX-Request" in request.headers


def is_too_large(request: PageRequest) -> bool:
    """The rest of such a body was dropped on its way (jimeng_site/asgi.py)."""
    length = request.headers.get("content-length", "")
    return length.isdigit() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def too_large() -> str:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
    return _("Together this is more than %(max)d MB: add the pictures in smaller lots.") % {"max": most}
