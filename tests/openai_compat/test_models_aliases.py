"""Aliases at the API: what the table says is listed, and served."""

from __future__ import annotations

from typing import Any

from openai.types import Model

from generation.aliases import model_aliases
from generation.catalog import ALIASES, MODELS
from generation.models import ModelAlias
from tests.openai_compat.builders import ApiTestCase, bearer, error_of, make_key


class AliasTests(ApiTestCase):
    def setUp(self) -> None:
        self.row, self.key = make_key()
        model_aliases.forget()
        self.addCleanup(model_aliases.forget)

    async def listed(self) -> dict[str, dict[str, Any]]:
        response = await self.async_client.get("/v1/models", headers=bearer(self.key))
        assert response.status_code == 200, response.content
        return {entry["id"]: entry for entry in response.json()["data"]}

    async def test_a_new_alias_is_listed_with_what_it_stands_for(self) -> None:
        await ModelAlias.objects.acreate(name="org/painter", target="jimeng-4.0")
        listed = await self.listed()
        assert listed["org/painter"]["alias_of"] == "jimeng-4.0"
        assert {**listed["org/painter"], "id": "jimeng-4.0"} == {**listed["jimeng-4.0"], "alias_of": "jimeng-4.0"}
        one = await self.async_client.get("/v1/models/org/painter", headers=bearer(self.key))
        assert one.json() == listed["org/painter"]

    async def test_a_deleted_alias_is_neither_listed_nor_served(self) -> None:
        await ModelAlias.objects.filter(name="dall-e-3").adelete()
        assert set(await self.listed()) == set(MODELS) | (set(ALIASES) - {"dall-e-3"})
        asked = {"model": "dall-e-3", "prompt": "a cat"}
        response = await self.async_client.post(
            "/v1/images/generations", asked, content_type="application/json", headers=bearer(self.key)
        )
        assert (response.status_code, error_of(response)["code"]) == (404, "model_not_found")

    async def test_within_five_seconds_the_table_is_not_read_again(self) -> None:
        await self.listed()
        await ModelAlias.objects.acreate(name="painter", target="jimeng-4.0")
        assert "painter" not in await self.listed()

    async def test_openai_python_reads_every_entry(self) -> None:
        for entry in (await self.listed()).values():
            model = Model.model_validate(entry)
            assert (model.id, model.object) == (entry["id"], "model")

    async def test_every_entry_has_what_clients_choose_by(self) -> None:
        for entry in (await self.listed()).values():
            with self.subTest(entry["id"]):
                assert entry["endpoint_type"] == f"{entry['type']}-generation"
                assert entry["supported_endpoint_types"] == [entry["endpoint_type"]]
                assert entry["default_resolution"] in entry["resolutions"]
                assert entry["ratios"]
                prices = entry["resolutions"] if entry["type"] == "image" else map(str, entry["durations"])
                assert set(entry["credits"]) == set(prices)
