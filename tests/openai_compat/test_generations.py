"""`/v1/generations/{id}` and its cancel."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async

from generation.models import Generation
from tests.openai_compat.builders import (
    NOW,
    ApiTestCase,
    bearer,
    error_of,
    make_generation,
    make_key,
    make_media,
)
from tests.openai_compat.video_builders import make_failed_video, make_file, make_open_video, make_video

OPEN: dict[str, Any] = {"submit_id": None, "history_record_id": "", "finished_at": None}


class GenerationsTests(ApiTestCase):
    def setUp(self) -> None:
        row, self.key = make_key()
        self.mine: dict[str, Any] = {"owner": f"key:{row.pk}", "api_key": row}

    async def get(self, public_id: str) -> Any:
        return await self.async_client.get(f"/v1/generations/{public_id}", headers=bearer(self.key))

    async def cancel(self, public_id: str) -> Any:
        return await self.async_client.post(f"/v1/generations/{public_id}/cancel", headers=bearer(self.key))

    async def seen(self, public_id: str) -> dict[str, Any]:
        response = await self.get(public_id)
        assert response.status_code == 200, response.content
        content: dict[str, Any] = response.json()
        return content

    def make_group(self, *parts: dict[str, Any]) -> list[Generation]:
        group = [make_generation(group_id="gen_first", **self.mine | part) for part in parts]
        group[0].public_id = "gen_first"
        group[0].save()
        return group

    async def test_a_finished_picture(self) -> None:
        generation = await sync_to_async(make_generation)(**self.mine)
        media = await sync_to_async(make_media)(generation)
        seen = await self.seen(generation.public_id)
        assert seen["data"] == [
            {"url": media.upstream_url, "content_type": "image/webp", "width": 2560, "height": 1440}
        ]
        assert seen["finished_at"] == int(NOW.timestamp())
        assert seen["jimeng"]["effective"]["n"] == 1
        told = {name: seen[name] for name in ("id", "object", "kind", "operation", "status", "progress", "error")}
        assert told == {
            "id": generation.public_id,
            "object": "generation",
            "kind": "image",
            "operation": "generations",
            "status": "succeeded",
            "progress": 100,
            "error": None,
        }
        assert not (await self.get(generation.public_id)).has_header("openai-poll-after-ms")

    async def test_a_video(self) -> None:
        generation = await sync_to_async(make_video)(**self.mine)
        await sync_to_async(make_file)(generation)
        seen = await self.seen(generation.public_id)
        assert (seen["kind"], seen["data"][0]["duration"]) == ("video", 10.04)
        assert seen["jimeng"]["effective"]["seconds"] == 10

    async def test_an_open_one_says_when_to_ask_again(self) -> None:
        generation = await sync_to_async(make_generation)(status="queued", **OPEN | self.mine)
        response = await self.get(generation.public_id)
        assert int(response["openai-poll-after-ms"]) > 0
        seen = response.json()
        assert (seen["status"], seen["progress"], seen["data"], seen["finished_at"]) == ("queued", 0, [], None)
        assert seen["jimeng"]["effective"]["n"] == 1  # as ordered

    async def test_a_failed_one_says_why_and_of_what_type(self) -> None:
        generation = await sync_to_async(make_failed_video)(
            "insufficient_quota", error_detail="All empty.", **self.mine
        )
        seen = await self.seen(generation.public_id)
        assert (seen["status"], seen["progress"]) == ("failed", 0)
        assert seen["error"] == {"code": "insufficient_quota", "message": "All empty.", "type": "insufficient_quota"}

    async def test_any_part_finds_the_whole_request(self) -> None:
        group = await sync_to_async(self.make_group)({}, {"status": "failed", "error_code": "generation_failed"}, {})
        await sync_to_async(make_media)(group[2])
        for part in group:
            seen = await self.seen(part.public_id)
            assert (seen["id"], seen["status"], len(seen["data"])) == ("gen_first", "succeeded", 1)
            assert seen["jimeng"]["ids"] == [each.public_id for each in group]
            assert [each["id"] for each in seen["jimeng"]["failed"]] == [group[1].public_id]

    async def test_a_request_is_open_while_a_part_of_it_is(self) -> None:
        await sync_to_async(self.make_group)({}, {"status": "queued", **OPEN})
        seen = await self.seen("gen_first")
        assert (seen["status"], seen["progress"], seen["finished_at"]) == ("queued", 0, None)

    async def test_what_is_not_the_callers_is_not_found(self) -> None:
        theirs = await sync_to_async(make_generation)(owner="key:0")
        hidden = await sync_to_async(make_generation)(hidden_at=NOW, **self.mine)
        for public_id in (theirs.public_id, hidden.public_id, "gen_none"):
            for response in (await self.get(public_id), await self.cancel(public_id)):
                assert (response.status_code, error_of(response)["code"]) == (404, "generation_not_found")

    async def test_what_has_spent_nothing_can_be_cancelled_and_told_so_again(self) -> None:
        generation = await sync_to_async(make_open_video)(**self.mine)
        for _ in range(2):
            response = await self.cancel(generation.public_id)
            assert response.status_code == 200
            assert (response.json()["status"], response.json()["error"]["code"]) == (
                "cancelled",
                "generation_cancelled",
            )
        await generation.arefresh_from_db()
        assert generation.status == Generation.Status.CANCELLED

    async def test_what_may_have_spent_credits_or_is_over_cannot_be_cancelled(self) -> None:
        for status, finished_at in (("submitting", None), ("submitted", None), ("succeeded", NOW), ("failed", NOW)):
            generation = await sync_to_async(make_video)(status=status, finished_at=finished_at, **self.mine)
            response = await self.cancel(generation.public_id)
            assert (response.status_code, error_of(response)["code"]) == (409, "generation_not_cancellable")
            assert response["x-should-retry"] == "false"
            await generation.arefresh_from_db()
            assert generation.status == status
