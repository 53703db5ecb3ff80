"""`POST /v1/images/generations`, up to the engine."""

from __future__ import annotations

import json
from typing import Any

from django.test import override_settings

from accounts.models import Account
from generation.models import Generation
from tests.openai_compat.builders import ApiTestCase, bearer, error_of, make_key

PATH = "/v1/images/generations"


class ImagesTests(ApiTestCase):
    """No engine runs in these tests: what is accepted is stored, and said to be still running."""

    def setUp(self) -> None:
        self.row, self.key = make_key()

    async def post(self, content: Any, path: str = PATH, content_type: str = "application/json", **headers: str) -> Any:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.async_client.post(path, raw, content_type=content_type, headers=bearer(self.key) | headers)

    async def test_a_request_is_stored_as_asked(self) -> None:
        response = await self.post(
            {
                "model": "dall-e-3",
                "prompt": "a cat",
                "size": "1024x1024",
                "quality": "standard",
                "style": "vivid",
            },
            **{"user-agent": "NextChat", "idempotency-key": "once"},
        )
        generation = await Generation.objects.select_related("api_key").aget()
        assert response.status_code == 504
        assert error_of(response)["message"].endswith(generation.public_id)
        assert response["x-should-retry"] == "false"
        assert response["x-jimeng-generation-id"] == generation.public_id
        assert generation.api_key == self.row
        assert (generation.client, generation.idempotency_key) == ("NextChat", "once")
        assert (generation.model, generation.spec["width"]) == ("jimeng-4.5", 1024)
        assert generation.requested == {
            "model": "dall-e-3",
            "size": "1024x1024",
            "quality": "standard",
            "style": "vivid",
        }

    async def test_every_address_of_it_works(self) -> None:
        for path in (PATH, PATH + "/", "/images/generations", "/v1//images/generations"):
            assert (await self.post({"prompt": "a cat"}, path=path)).status_code == 504
        assert await Generation.objects.acount() == 4

    async def test_forms_work(self) -> None:
        await self.post(b"prompt=a+cat&n=2&stream=false", content_type="application/x-www-form-urlencoded")
        await self.async_client.post(PATH, {"prompt": "a cat", "n": "2"}, headers=bearer(self.key))
        assert [each.spec["count"] async for each in Generation.objects.all()] == [2, 2]

    async def test_bad_bodies_are_400(self) -> None:
        for content in (b"", b"{", b"[]", b"5", b'{"prompt": NaN}', b'{"prompt": "\xff"}', {}, {"prompt": 5}):
            response = await self.post(content)
            assert response.status_code == 400
            assert error_of(response)["type"] == "invalid_request_error"
        assert not await Generation.objects.aexists()

    async def test_a_bad_value_names_its_parameter(self) -> None:
        for name, value in (
            ("n", 11),
            ("size", "huge"),
            ("quality", "best"),
            ("stream", "maybe"),
            ("seed", "x"),
        ):
            response = await self.post({"prompt": "a cat", name: value})
            assert response.status_code == 400
            error = error_of(response)
            assert (error["param"], error["code"]) == (name, "invalid_value")

    async def test_other_failures_of_the_request(self) -> None:
        cases: tuple[tuple[int, str, dict[str, Any]], ...] = (
            (404, "model_not_found", {"content": {"prompt": "a cat", "model": "sdxl"}}),
            (415, "unsupported_media_type", {"content": b"<a/>", "content_type": "application/xml"}),
            (400, "invalid_value", {"content": {"prompt": "a cat"}, "idempotency-key": "x" * 256}),
        )
        for status, code, asked in cases:
            response = await self.post(**asked)
            assert (response.status_code, error_of(response)["code"]) == (status, code)
        assert not await Generation.objects.aexists()

    async def test_60_mib_are_too_much(self) -> None:
        response = await self.post(b" " * (60 * 1024 * 1024))
        assert response.status_code == 413
        assert error_of(response)["code"] == "request_too_large"

    async def test_other_methods_are_405_and_say_what_is_allowed(self) -> None:
        for method in ("get", "put", "delete", "patch"):
            response = await getattr(self.async_client, method)(PATH, headers=bearer(self.key))
            assert response.status_code == 405
            assert error_of(response)["code"] == "method_not_allowed"
            assert response["Allow"] == "POST, OPTIONS"

    async def test_options_needs_no_key(self) -> None:
        response = await self.async_client.options(PATH)
        assert (response.status_code, response["Allow"]) == (204, "POST, OPTIONS")

    async def test_accept_does_not_matter(self) -> None:
        for accept in ("text/event-stream", "text/html", "nonsense"):
            response = await self.post({}, accept=accept)
            assert error_of(response)["param"] == "prompt"

    @override_settings(PUBLIC_BASE_URL="", ALLOWED_HOSTS=["gateway.example"])
    async def test_a_host_that_is_not_ours_costs_nothing(self) -> None:
        response = await self.post({"prompt": "a cat"})  # to "testserver"
        assert (response.status_code, error_of(response)["code"]) == (400, "invalid_host")
        assert not await Generation.objects.aexists()

    async def test_no_key_no_work(self) -> None:
        response = await self.async_client.post(PATH, {"prompt": "a cat"}, content_type="application/json")
        assert response.status_code == 401
        assert not await Generation.objects.aexists()

    async def test_bare_logins_do_their_own_work_only(self) -> None:
        await self.post({"prompt": "a cat"}, authorization="Bearer 0123456789abcdef,fedcba9876543210")
        generation = await Generation.objects.aget()
        accounts = [account.pk async for account in Account.objects.filter(source="passthrough").order_by("pk")]
        assert (generation.api_key_id, generation.account_ids) == (None, accounts)
        assert len(accounts) == 2

    async def test_an_idempotency_key_is_for_one_request(self) -> None:
        once = {"idempotency-key": "once"}
        first, again = (
            await self.post({"prompt": "a cat"}, **once),
            await self.post({"prompt": "a cat"}, **once),
        )
        assert first["x-jimeng-generation-id"] == again["x-jimeng-generation-id"]
        other = await self.post({"prompt": "a dog"}, **once)
        assert (other.status_code, error_of(other)["code"]) == (409, "idempotency_key_reused")
        assert other["x-should-retry"] == "false"
