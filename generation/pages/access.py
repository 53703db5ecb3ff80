"""Who may open a page: people who are logged in. What they see there is asked of `Viewer`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.contrib.auth.decorators import login_required, user_passes_test
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from generation.errors import UnknownGeneration
from generation.viewing import Viewer

View = Callable[..., HttpResponseBase]
AsyncView = Callable[..., Awaitable[HttpResponseBase]]


class PageRequest(HttpRequest):
    """What a page gets: `viewer` says what may be shown."""

    viewer: Viewer


def page(view: Callable[..., Any]) -> Callable[..., Any]:
    """For those who are logged in; sets `request.viewer`. What they may not see is not found. Sync and async views."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def serve_async(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.viewer = Viewer.of(await request.auser())
            try:
                answer: HttpResponseBase = await view(request, *args, **kwargs)
            except UnknownGeneration as error:
                raise Http404 from error
            return answer

        return login_required(serve_async)

    @wraps(view)
    def serve(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.viewer = Viewer.of(request.user)
        try:
            answer: HttpResponseBase = view(request, *args, **kwargs)
        except UnknownGeneration as error:
            raise Http404 from error
        return answer

    return login_required(serve)


staff_only = user_passes_test(lambda user: user.is_staff)
