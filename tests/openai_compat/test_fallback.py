"""What is not there, and what goes wrong outside the views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import AsyncClient, RequestFactory, TestCase

from generation.errors import UpstreamLoginExpired
from generation.services import Caller
from openai_compat.views import fallback
from openai_compat.views.base import AsyncAPIView
from tests.openai_compat.builders import error_of, make_key


class UnknownUrlTests(TestCase):
    async def test_unknown_paths_are_404_in_json_for_every_method(self) -> None:
        for method in ("get", "post", "put", "patch", "delete"):
            for path in (
                "/v1",
                "/v1/",
                "/v1/nothing",
                "/v1/images",
                "/v1/a%0Ab",
                "/v1/%zz/%ff",
                "/v1/\N{CAT FACE}",
            ):
                response = await getattr(self.async_client, method)(path)
                assert response.status_code == 404
                error = error_of(response)
                assert error["code"] == "unknown_url"
                assert method.upper() in error["message"]

    async def test_a_doubled_v1_is_explained(self) -> None:
        response = await self.async_client.get("/v1/v1/models")
        assert response.status_code == 404
        assert "/v1 twice" in error_of(response)["message"]

    async def test_a_long_path_is_shortened(self) -> None:
        response = await self.async_client.get("/v1/" + "x" * 50_000)
        assert len(error_of(response)["message"]) < 300

    async def test_it_is_csrf_exempt(self) -> None:
        _, key = await sync_to_async(make_key)()
        client = AsyncClient(enforce_csrf_checks=True)
        assert (await client.post("/v1/nothing")).status_code == 404
        response = await client.post("/v1/images/generations", headers={"authorization": f"Bearer {key}"})
        assert error_of(response)["param"] == "prompt"


@pytest.mark.parametrize(
    ("handler", "error", "status"),
    [
        (fallback.bad_request, SuspiciousOperation("x"), 400),
        (fallback.bad_request, DisallowedHost("x"), 400),
        (fallback.permission_denied, PermissionDenied("x"), 403),
        (fallback.page_not_found, Http404("x"), 404),
    ],
)
def test_the_sites_handlers_answer_json_below_v1_only(
    handler: Callable[[HttpRequest, Exception], HttpResponse], error: Exception, status: int
) -> None:
    below = handler(RequestFactory().get("/v1/models"), error)
    assert below.status_code == status
    assert error_of(below)["type"] == "invalid_request_error"
    beside = handler(RequestFactory().get("/v10/"), error)
    assert beside.status_code == status
    assert beside["Content-Type"].startswith("text/html")


def test_a_crash_outside_the_views_is_json_below_v1() -> None:
    below = fallback.server_error(RequestFactory().get("/v1/models"))
    assert (below.status_code, error_of(below)["code"]) == (500, "internal_error")
    assert fallback.server_error(RequestFactory().get("/history/"))["Content-Type"].startswith("text/html")


class Failing(AsyncAPIView):
    error: Exception = ZeroDivisionError()
    as_caller = Caller()

    async def get(self, request: HttpRequest) -> HttpResponse:
        self.caller = self.as_caller
        raise self.error


class AsyncAPIViewTests(TestCase):
    def answer(self, error: Exception, caller: Caller) -> HttpResponse:
        _, key = make_key()
        request = RequestFactory().get("/", headers={"authorization": key})
        # `as_view` is typed for sync views.
        view = cast("Callable[[HttpRequest], Awaitable[HttpResponse]]", Failing.as_view(error=error, as_caller=caller))
        response: HttpResponse = async_to_sync(view)(request)
        return response

    def test_a_bug_is_500_and_not_to_be_repeated(self) -> None:
        with self.assertLogs("openai_compat.errors", "ERROR"):
            response = self.answer(ZeroDivisionError(), Caller())
        assert (response.status_code, error_of(response)["code"]) == (500, "internal_error")
        assert response["x-should-retry"] == "false"

    def test_an_expired_login_is_the_fault_of_who_brought_it(self) -> None:
        response = self.answer(UpstreamLoginExpired(public_id="gen_1"), Caller(account_ids=(1,)))
        assert response.status_code == 401
        error = error_of(response)
        assert error["code"] == "invalid_api_key"
        assert "neither a key of this gateway nor a living Jimeng login" in error["message"]
        assert error["message"].endswith("gen_1")

    def test_an_expired_login_of_the_pool_is_not(self) -> None:
        response = self.answer(UpstreamLoginExpired(), Caller())
        assert (response.status_code, error_of(response)["code"]) == (503, "upstream_login_expired")
