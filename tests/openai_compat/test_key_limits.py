"""What a limited API key is told, at every address that makes something."""

from __future__ import annotations

import base64
import json
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import ApiKey
from generation.models import Generation
from tests.factories import make_webp
from tests.openai_compat.builders import ApiTestCase, bearer, error_of, make_generation, make_key

PICTURE = "data:image/webp;base64," + base64.b64encode(make_webp()).decode()
# No engine runs here: what is accepted is stored, and said to be still running where it would be waited for.
CREATING: dict[str, dict[str, Any]] = {
    "/v1/images/generations": {"prompt": "a cat"},
    "/v1/images/edits": {"prompt": "a cat", "image": PICTURE},
    "/v1/images/variations": {"image": PICTURE},
    "/v1/images/compositions": {"prompt": "a cat", "images": [PICTURE]},
    "/v1/chat/completions": {"model": "jimeng-4.5", "messages": [{"role": "user", "content": "a cat"}]},
    "/v1/videos": {"prompt": "a cat"},
    "/v1/videos/generations": {"prompt": "a cat", "async": True},
}
LIMIT, REMAINING, RESET = (f"x-ratelimit-{each}-requests" for each in ("limit", "remaining", "reset"))


class KeyLimitTests(ApiTestCase):
    async def post(self, key: str, path: str = "/v1/images/generations", **headers: str) -> Any:
        body = json.dumps(CREATING[path]).encode()
        return await self.async_client.post(path, body, content_type="application/json", headers=bearer(key) | headers)

    async def key(self, **limits: Any) -> tuple[ApiKey, str]:
        return await sync_to_async(make_key)(**limits)

    async def test_every_address_that_makes_something_keeps_to_requests_a_minute(self) -> None:
        for path in CREATING:
            with self.subTest(path):
                _, key = await self.key(requests_per_minute=1)
                first, second = await self.post(key, path), await self.post(key, path)
                assert first.status_code in (200, 202, 504)
                assert (first[LIMIT], first[REMAINING]) == ("1", "0")
                assert second.status_code == 429
                assert error_of(second)["type"] == "rate_limit_error"
                assert error_of(second)["code"] == "rate_limit_exceeded"
                assert second["x-should-retry"] == "true"
                assert 50 <= int(second["Retry-After"]) <= 60
                assert (second[LIMIT], second[REMAINING]) == ("1", "0")
                assert 50 <= int(second[RESET].removesuffix("s")) <= 60

    async def test_generations_at_once(self) -> None:
        row, key = await self.key(concurrent_generations=1)
        await self.post(key)
        second = await self.post(key)
        assert (second.status_code, error_of(second)["code"]) == (429, "too_many_generations")
        assert (second["x-should-retry"], second["Retry-After"]) == ("true", "5")
        await Generation.objects.filter(api_key=row).aupdate(
            status="cancelled", finished_at=timezone.now(), error_code="generation_cancelled"
        )
        assert (await self.post(key)).status_code == 504

    async def test_credits_a_day(self) -> None:
        _, key = await self.key(credits_per_day=5)
        await self.post(key)  # of 3 credits
        second = await self.post(key)
        assert (second.status_code, error_of(second)["code"]) == (429, "key_credits_exhausted")
        assert error_of(second)["type"] == "insufficient_quota"
        assert second["x-should-retry"] == "false"
        assert "Retry-After" not in second
        assert "5 credits a day: 3 are" in error_of(second)["message"]

    async def test_a_repetition_is_answered_and_not_counted(self) -> None:
        _, key = await self.key(requests_per_minute=2)
        once = {"idempotency-key": "once"}
        first, again = await self.post(key, **once), await self.post(key, **once)
        assert first["x-jimeng-generation-id"] == again["x-jimeng-generation-id"]
        assert (first[REMAINING], again[REMAINING]) == ("1", "1")

    async def test_keys_without_limits_and_addresses_that_make_nothing_have_no_such_headers(self) -> None:
        _, key = await self.key()
        assert LIMIT not in await self.post(key)
        _, limited = await self.key(requests_per_minute=1)
        assert LIMIT not in await self.async_client.get("/v1/models", headers=bearer(limited))

    async def test_what_another_key_made_counts_for_that_one(self) -> None:
        _, key = await self.key(requests_per_minute=1, concurrent_generations=1, credits_per_day=3)
        other, _ = await self.key()
        await sync_to_async(make_generation)(api_key=other, created_at=timezone.now())
        assert (await self.post(key)).status_code == 504
