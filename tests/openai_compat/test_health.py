"""For monitors."""

from __future__ import annotations

from tests.openai_compat.builders import ApiTestCase


class HealthTests(ApiTestCase):
    async def test_ping_and_healthz_need_no_key(self) -> None:
        assert (await self.async_client.get("/ping")).json() == "pong"
        assert (await self.async_client.get("/healthz")).json() == {"status": "ok"}

    async def test_it_is_not_ready_without_an_engine(self) -> None:
        response = await self.async_client.get("/readyz")
        assert response.status_code == 503
        content = response.json()
        assert content["ready"] is False
        assert (content["database"], content["engine"]) == ("ok", "stopped")

    async def test_they_are_only_read(self) -> None:
        for path in ("/ping", "/healthz", "/readyz"):
            assert (await self.async_client.post(path)).status_code == 405
