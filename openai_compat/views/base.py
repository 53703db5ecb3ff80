"""The view that all of the API derives from: DRF's, made async from end to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.views import APIView

from generation.aliases import model_aliases
from generation.errors import InvalidApiKey, UpstreamLoginExpired
from generation.prices import model_prices
from generation.services import Caller
from openai_compat.authentication import authenticate
from openai_compat.errors import exception_handler
from openai_compat.negotiation import IgnoreAccept
from openai_compat.rate_headers import rate_headers


class AsyncAPIView(APIView):
    """Authenticates, runs the handler and answers every failure in OpenAI's shape; handlers are coroutines.

    Handlers get Django's own request and read bodies with `read_body`: DRF's request would parse on the event
    loop, takes chunked bodies for empty ones, and costs time on every call. Nothing here holds a thread while
    it waits. Answers are JsonResponse: DRF's Response is rendered in another thread.
    """

    content_negotiation_class = IgnoreAccept
    needs_accounts: ClassVar[bool] = False
    """True where it matters which accounts the caller's own logins are."""
    needs_key: ClassVar[bool] = True
    """False where anybody may ask, or the view finds out itself who does; `caller` is not set then."""
    caller: Caller

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # async
        self.args, self.kwargs = args, kwargs
        try:
            method = self._checked_method(request)
            if method != "options" and self.needs_key:
                await model_aliases.refresh_if_stale()
                await model_prices.refresh_if_stale()
                self.caller = await authenticate(request, needs_accounts=self.needs_accounts)
            response: HttpResponseBase = await getattr(self, method)(request, *args, **kwargs)
        except Exception as exc:
            response = exception_handler(self.as_seen_by_caller(exc), {"view": self, "request": request})
        finally:
            place = getattr(request, "body_place", None)
            if place is not None:
                place.give_back()
        for name, value in rate_headers(request):
            response[name] = value
        return response

    async def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # async
        """Says what may be done here; needs no key."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def _checked_method(self, request: HttpRequest) -> str:
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed(method.upper())
        return method

    async def waited(self, answer: Coroutine[Any, Any, HttpResponseBase]) -> HttpResponseBase:
        """The answer once it is there; where the operator asks for it, with signs of life before.

        JIMENG_JSON_KEEPALIVE seconds after the request, white space begins to be sent, which JSON allows. The status
        200 is out then: a failure after that breaks the connection instead of being told as a success. An SDK that
        tries again is attached to the same generation and gets the failure as it is.
        """
        beat_s = settings.JIMENG_JSON_KEEPALIVE
        if not beat_s:
            return await answer
        task = asyncio.ensure_future(answer)
        try:
            return await asyncio.wait_for(asyncio.shield(task), timeout=beat_s)
        except TimeoutError:
            if task.done():
                return task.result()
        except asyncio.CancelledError:
            task.cancel()
            raise
        response = StreamingHttpResponse(_with_white_space(task, beat_s), content_type="application/json")
        response["X-Accel-Buffering"] = "no"
        return response

    def as_seen_by_caller(self, exc: Exception) -> Exception:
        """An expired login of the caller's own is the caller's to mend."""
        caller = getattr(self, "caller", None)
        if not isinstance(exc, UpstreamLoginExpired) or caller is None or caller.account_ids is None:
            return exc
        told = InvalidApiKey(
            "The API key is neither a key of this gateway nor a living Jimeng login.", public_id=exc.public_id
        )
        told.__cause__ = exc
        return told


async def _with_white_space(task: asyncio.Task[HttpResponseBase], beat_s: float) -> AsyncIterator[bytes]:
    try:
        while True:
            yield b" "
            done, _ = await asyncio.wait({task}, timeout=beat_s)
            if done:
                response = task.result()
                assert isinstance(response, HttpResponse)  # noqa: S101  (JSON answers do not stream)
                yield response.content
                return
    finally:
        task.cancel()


async def json_answer(content: Mapping[str, Any], *, is_large: bool = False) -> JsonResponse:
    """The content as JSON, encoded off the event loop when it holds pictures."""
    if is_large:
        return await asyncio.to_thread(JsonResponse, content)
    return JsonResponse(content)
