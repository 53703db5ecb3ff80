"""`GET /v1/models`."""

from __future__ import annotations

from typing import Any

from generation.catalog import ALIASES, MODELS
from tests.openai_compat.builders import ApiTestCase, bearer, error_of, make_key


class ModelsTests(ApiTestCase):
    def setUp(self) -> None:
        self.row, self.key = make_key()

    async def listed(self, path: str = "/v1/models") -> dict[str, dict[str, Any]]:
        response = await self.async_client.get(path, headers=bearer(self.key))
        assert response.status_code == 200, response.content
        content = response.json()
        assert content["object"] == "list"
        return {entry["id"]: entry for entry in content["data"]}

    async def test_it_lists_all_models_and_aliases(self) -> None:
        assert set(await self.listed()) == set(MODELS) | set(ALIASES)

    async def test_a_video_model_says_how_long_its_videos_can_be(self) -> None:
        entry = (await self.listed())["sora-2-pro"]
        assert (entry["type"], entry["endpoint_type"], entry["alias_of"]) == (
            "video",
            "video-generation",
            "jimeng-video-3.5-pro",
        )
        assert (entry["durations"], entry["resolutions"]) == ([5, 10, 12], ["720p", "1080p"])

    async def test_an_entry_is_selectable_in_clients(self) -> None:
        listed = await self.listed()
        assert listed["jimeng-4.5"] == {
            "id": "jimeng-4.5",
            "object": "model",
            "created": 1_735_689_600,
            "owned_by": "jimeng",
            "type": "image",
            "endpoint_type": "image-generation",
            "supported_endpoint_types": ["image-generation"],
            "ratios": ["1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9"],
            "resolutions": ["1k", "2k", "4k"],
            "default_resolution": "2k",
            "credits": {"1k": 2, "2k": 3, "4k": 6},
        }
        assert listed["dall-e-3"]["alias_of"] == "jimeng-4.5"

    async def test_the_path_is_forgiving(self) -> None:
        whole = await self.listed()
        for path in ("/v1/models/", "/models", "/models/", "/v1//models", "//v1/models"):
            with self.subTest(path):
                assert await self.listed(path) == whole

    async def test_one_model_is_its_entry(self) -> None:
        listed = await self.listed()
        for path in ("/v1/models/gpt-image-1", "/models/gpt-image-1", "/v1/models/gpt-image-1/"):
            response = await self.async_client.get(path, headers=bearer(self.key))
            assert response.json() == listed["gpt-image-1"]

    async def test_an_unknown_model_is_404(self) -> None:
        for model in ("gpt-5", "jimeng-video-9", "org/name", "%E7%8C%AB"):
            response = await self.async_client.get(f"/v1/models/{model}", headers=bearer(self.key))
            assert response.status_code == 404
            assert error_of(response)["code"] == "model_not_found"

    async def test_a_key_sees_the_models_it_may_use(self) -> None:
        self.row.allowed_models = ["jimeng-3.0", "dall-e-3"]
        await self.row.asave()
        assert set(await self.listed()) == {"jimeng-3.0", "dall-e-3"}
        response = await self.async_client.get("/v1/models/jimeng-4.5", headers=bearer(self.key))
        assert error_of(response)["code"] == "model_not_found"

    async def test_a_model_that_is_allowed_is_allowed_under_its_aliases(self) -> None:
        self.row.allowed_models = ["jimeng-4.5"]
        await self.row.asave()
        assert set(await self.listed()) == {"jimeng-4.5"} | {name for name in ALIASES if ALIASES[name] == "jimeng-4.5"}

    async def test_it_needs_a_key(self) -> None:
        for headers in ({}, {"authorization": "Bearer sk-1234567890"}, {"x-api-key": "jm-wrong"}):
            response = await self.async_client.get("/v1/models", headers=headers)
            assert response.status_code == 401
            error = error_of(response)
            assert (error["code"], error["type"]) == ("invalid_api_key", "invalid_request_error")
            assert response["WWW-Authenticate"].startswith("Bearer")
            assert response["x-request-id"]
