"""Who may open a page: people who are logged in. What they see there is asked of `Viewer`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from generation.errors import UnknownGeneration
from generation.viewing import Viewer


class PageRequest(HttpRequest):
    """What a page gets: `viewer` says what may be shown."""

    viewer: Viewer


def page(view: Callable[..., Any]) -> Callable[..., Any]:
    """For those who are logged in; sets `request.viewer`. What they may not see is not found. Sync and async views."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def serve_async(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.user = await request.auser()  # else templates would ask for it once more
            request.viewer = Viewer.of(request.user)
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


def staff_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Around `page`: others who are logged in are told so. To send them to log in again would lead them in a circle."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def serve_async(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            _refuse_others(await request.auser())
            answer: HttpResponseBase = await view(request, *args, **kwargs)
            return answer

        return serve_async

    @wraps(view)
    def serve(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _refuse_others(request.user)
        answer: HttpResponseBase = view(request, *args, **kwargs)
        return answer

    return serve


def _refuse_others(user: AbstractBaseUser | AnonymousUser) -> None:
    if user.is_authenticated and not getattr(user, "is_staff", False):
        raise PermissionDenied
