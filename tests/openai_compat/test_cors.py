"""Web pages of other origins: preflights, and headers on answers and errors alike."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

from django.http import HttpRequest
from django.test import TestCase, override_settings
from django.urls import include, path

from openai_compat.views.base import AsyncAPIView
from tests.openai_compat.builders import ApiTestCase, bearer, make_key

ORIGIN = {"origin": "https://chat.example"}
# What openai-node sends from a browser for `images.generate`, beside what browsers add themselves.
SDK_HEADERS = (
    "authorization,content-type,idempotency-key,x-stainless-arch,x-stainless-lang,x-stainless-os,"
    "x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,"
    "x-stainless-timeout,x-stainless-poll-helper,x-stainless-helper-method,openai-organization,openai-project"
)


class Crash(AsyncAPIView):
    needs_key = False

    async def get(self, request: HttpRequest) -> NoReturn:
        raise RuntimeError("a bug")


urlpatterns = [path("v1/crash", Crash.as_view()), path("", include("openai_compat.urls"))]


def words(header: str) -> set[str]:
    return {word.strip() for word in header.split(",")}


class CorsTests(ApiTestCase):
    def setUp(self) -> None:
        self.row, self.key = make_key()

    async def preflight(self, url: str = "/v1/images/generations", **headers: str) -> Any:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": SDK_HEADERS}
        return await self.async_client.options(url, headers={**ORIGIN, **asked, **headers})

    async def test_a_preflight_needs_no_key_and_allows_what_sdks_send(self) -> None:
        for url in ("/v1/images/generations", "/videos/gen_1/content", "/token/check", "/v1/nothing"):
            with self.subTest(url):
                response = await self.preflight(url)
                assert response.status_code == 200
                assert response["access-control-allow-origin"] == "*"
                assert words(SDK_HEADERS) <= words(response["access-control-allow-headers"])
                assert {"GET", "POST", "DELETE"} <= words(response["access-control-allow-methods"])
                assert int(response["access-control-max-age"]) >= 3600
                assert "x-request-id" in response

    async def test_answers_can_be_read_with_the_headers_that_matter(self) -> None:
        response = await self.async_client.get("/v1/models", headers={**ORIGIN, **bearer(self.key)})
        assert response["access-control-allow-origin"] == "*"
        exposed = words(response["access-control-expose-headers"])
        assert {"x-request-id", "x-should-retry", "retry-after", "openai-poll-after-ms", "content-range"} <= exposed

    async def test_cookies_are_never_allowed(self) -> None:
        for response in (await self.preflight(), await self.async_client.get("/v1/models", headers=ORIGIN)):
            assert "access-control-allow-credentials" not in response

    @override_settings(ROOT_URLCONF=__name__, DATA_UPLOAD_MAX_MEMORY_SIZE=100)
    async def test_errors_can_be_read_too(self) -> None:
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        get, post = self.async_client.get, self.async_client.post
        both = {**ORIGIN, **bearer(self.key)}
        large = {"prompt": "x" * 200}
        for response, status in (
            (await get("/v1/models", headers=ORIGIN), 401),
            (await get("/v1/models/none", headers=both), 404),
            (await get("/v1/nothing", headers=both), 404),
            (await get("/v1/images/generations", headers=both), 405),
            (await post("/v1/images/generations", large, content_type="application/json", headers=both), 413),
            (await get("/v1/crash", headers=both), 500),
        ):
            with self.subTest(status):
                assert response.status_code == status
                assert response["access-control-allow-origin"] == "*"

    @override_settings(CORS_ALLOW_ALL_ORIGINS=False, CORS_ALLOWED_ORIGINS=["https://chat.example"])
    async def test_named_origins_exclude_all_others(self) -> None:
        assert (await self.preflight())["access-control-allow-origin"] == "https://chat.example"
        assert "access-control-allow-origin" not in await self.preflight(origin="https://evil.example")
        assert "origin" in words((await self.preflight(origin="https://evil.example"))["vary"])

    async def test_a_request_without_an_origin_gets_no_such_headers(self) -> None:
        response = await self.async_client.get("/v1/models", headers=bearer(self.key))
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]


class PageTests(TestCase):
    def test_pages_and_the_admin_have_no_such_headers(self) -> None:
        response = self.client.get("/admin/login/", headers=ORIGIN)
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]
