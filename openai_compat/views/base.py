"""The view that all of the API derives from: DRF's, made async from end to end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.views import APIView

from generation.errors import InvalidApiKey, InvalidSpec, UpstreamLoginExpired
from generation.services import Caller
from openai_compat.authentication import authenticate
from openai_compat.errors import exception_handler
from openai_compat.negotiation import IgnoreAccept

IDEMPOTENCY_KEY_MAX_CHARS: Final = 255


class AsyncAPIView(APIView):
    """Authenticates, runs the handler and answers every failure in OpenAI's shape; handlers are coroutines.

    Handlers get Django's own request and read bodies with `read_body`: DRF's request would parse on the event
    loop, takes chunked bodies for empty ones, and costs time on every call. Nothing here holds a thread while
    it waits. Answers are JsonResponse: DRF's Response is rendered in another thread.
    """

    content_negotiation_class = IgnoreAccept
    needs_accounts: ClassVar[bool] = False
    """True where the caller's own logins are put to work, so that they must be stored."""
    caller: Caller

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # async
        self.args, self.kwargs = args, kwargs
        try:
            method = self._checked_method(request)
            if method != "options":
                self.caller = await authenticate(request, needs_accounts=self.needs_accounts)
            response: HttpResponseBase = await getattr(self, method)(request, *args, **kwargs)
        except Exception as exc:
            response = exception_handler(self._as_seen_by_caller(exc), {"view": self, "request": request})
        return response

    async def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # async
        """Says what may be done here; needs no key."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def _checked_method(self, request: HttpRequest) -> str:
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed(method.upper())
        return method

    def _as_seen_by_caller(self, exc: Exception) -> Exception:
        caller = getattr(self, "caller", None)
        if not isinstance(exc, UpstreamLoginExpired) or caller is None or caller.account_ids is None:
            return exc
        told = InvalidApiKey(
            "The API key is neither a key of this gateway nor a living Jimeng login.", public_id=exc.public_id
        )
        told.__cause__ = exc
        return told


def idempotency_key(request: HttpRequest) -> str | None:
    """The `Idempotency-Key` header; None when absent or empty. Raises InvalidSpec when too long to store."""
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > IDEMPOTENCY_KEY_MAX_CHARS:
        raise InvalidSpec(
            f"Idempotency-Key is longer than {IDEMPOTENCY_KEY_MAX_CHARS} characters.", param="Idempotency-Key"
        )
    return key or None


async def json_answer(content: Mapping[str, Any], *, is_large: bool = False) -> JsonResponse:
    """The content as JSON, encoded off the event loop when it holds pictures."""
    if is_large:
        return await asyncio.to_thread(JsonResponse, content)
    return JsonResponse(content)
