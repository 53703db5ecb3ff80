"""Whether we are there: for monitors and containers, without a key."""

from __future__ import annotations

import logging

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from generation.services import readiness

logger = logging.getLogger(__name__)


@require_safe
async def ping(request: HttpRequest) -> JsonResponse:
    return JsonResponse("pong", safe=False)


@require_safe
async def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and the engine runs, else 503 with what is missing."""
    try:
        state = await readiness()
    except Exception:
        logger.exception("Readiness cannot be told", extra={"action": "readiness"})
        state = {"ready": False}
    return JsonResponse(state, status=200 if state.get("ready") else 503)
