"""`/v1/videos` and `/v1/videos/generations`, up to the engine: none runs here."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from asgiref.sync import sync_to_async

from generation.models import Generation
from tests.openai_compat.builders import ApiTestCase, bearer, error_of, make_generation, make_key
from tests.openai_compat.video_builders import make_failed_video, make_file, make_open_video, make_video

T = TypeVar("T")
JOBS, WAITING = "/v1/videos", "/v1/videos/generations"


async def made(make: Callable[[], T]) -> T:
    """What `make` stores, from async tests."""
    return await sync_to_async(make)()


class VideoTestCase(ApiTestCase):
    def setUp(self) -> None:
        self.row, self.key = make_key()
        self.mine = {"owner": f"key:{self.row.pk}", "api_key": self.row}

    async def post(self, path: str, content: dict[str, Any], **headers: str) -> Any:
        raw = json.dumps(content).encode()
        return await self.async_client.post(
            path, raw, content_type="application/json", headers=bearer(self.key) | headers
        )

    async def get(self, path: str, **headers: str) -> Any:
        return await self.async_client.get(path, headers=bearer(self.key) | headers)


class AskingTests(VideoTestCase):
    async def test_a_waiting_request_past_its_time_names_its_generation(self) -> None:
        response = await self.post(WAITING, {"prompt": "a ship", "duration": "10s", "ratio": "1:1"})
        generation = await Generation.objects.aget()
        assert (response.status_code, error_of(response)["code"]) == (504, "generation_still_running")
        assert response["x-jimeng-generation-id"] == generation.public_id
        assert (generation.kind, generation.operation) == ("video", "video_generations")
        assert (generation.spec["seconds"], generation.spec["ratio"]) == (10, "1:1")

    async def test_who_will_poll_gets_a_job_at_once(self) -> None:
        for extra, headers in (({"async": True}, {}), ({}, {"prefer": "respond-async"})):
            response = await self.post(WAITING, {"prompt": "a ship", **extra}, **headers)
            job = response.json()
            assert response.status_code == 202
            assert response["Preference-Applied"] == "respond-async"
            assert response["Location"].endswith(f"/v1/videos/generations/{job['id']}")
            assert int(response["openai-poll-after-ms"]) >= 500
            assert (job["object"], job["status"], job["error"]) == ("video.generation", "queued", None)
            polled = await self.get(f"{WAITING}/{job['id']}")
            assert (polled.status_code, polled.json()["status"]) == (200, "queued")
            assert polled.has_header("openai-poll-after-ms")

    async def test_a_job_by_json_and_by_multipart(self) -> None:
        fields = {"prompt": "a ship", "model": "sora-2", "seconds": "8", "size": "720x1280"}
        for response in (
            await self.post(JOBS, fields),
            await self.async_client.post(JOBS, fields, headers=bearer(self.key)),
        ):
            video = response.json()
            assert response.status_code == 200, video
            assert (video["object"], video["status"], video["seconds"]) == ("video", "queued", "10")
            assert (video["size"], video["model"]) == ("720x1280", "jimeng-video-3.0")
            assert video["jimeng"]["requested"] == {"model": "sora-2", "seconds": 8, "size": "720x1280"}
            assert (await self.get(f"{JOBS}/{video['id']}")).json()["id"] == video["id"]

    async def test_nothing_is_stored_for_what_cannot_be_made(self) -> None:
        for path in (JOBS, WAITING):
            for fields, param in (
                ({"seconds": 7}, "seconds"),
                ({"model": "jimeng-4.5"}, "model"),
                ({"resolution": "480p"}, "resolution"),
                ({"prompt": ""}, "prompt"),
                ({"images": ["https://example.com/1.png"] * 3}, "image"),
            ):
                response = await self.post(path, {"prompt": "a ship", **fields})
                assert (response.status_code, error_of(response)["param"]) == (400, param)
        assert not await Generation.objects.aexists()

    async def test_an_idempotency_key_gives_the_same_job(self) -> None:
        asked = {"prompt": "a ship", "async": True}
        first, again = [(await self.post(WAITING, asked, **{"idempotency-key": "k"})).json() for _ in range(2)]
        assert first["id"] == again["id"]
        assert again["jimeng"]["attached"] == "idempotency_key"

    async def test_an_automatic_retry_gets_the_job_whose_answer_was_lost(self) -> None:
        first = (await self.post(JOBS, {"prompt": "a ship"})).json()
        again = (await self.post(JOBS, {"prompt": "a ship"}, **{"x-stainless-retry-count": "1"})).json()
        assert (again["id"], again["jimeng"]["attached"]) == (first["id"], "retry")
        other = (
            await self.post(WAITING, {"prompt": "a ship", "async": True}, **{"x-stainless-retry-count": "1"})
        ).json()
        assert other["id"] != first["id"]  # another operation is another request

    async def test_what_jimeng_cannot_do_is_said(self) -> None:
        for path in ("/v1/videos/gen_1/remix", "/v1/videos/edits", "/v1/videos/extensions", "/v1/videos/characters"):
            response = await self.post(path, {"prompt": "a ship"})
            assert (response.status_code, error_of(response)["code"]) == (400, "not_supported")
            assert "not supported by Jimeng" in error_of(response)["message"]


class LookingTests(VideoTestCase):
    async def test_others_videos_and_pictures_are_not_found(self) -> None:
        other, _ = await made(make_key)
        theirs = await made(lambda: make_video(owner=f"key:{other.pk}"))
        picture = await made(lambda: make_generation(**self.mine))
        for public_id in (theirs.public_id, picture.public_id, "gen_none"):
            for path in (f"{JOBS}/{public_id}", f"{JOBS}/{public_id}/content", f"{WAITING}/{public_id}"):
                response = await self.get(path)
                assert (response.status_code, error_of(response)["code"]) == (404, "generation_not_found"), path
            gone = await self.async_client.delete(f"{JOBS}/{public_id}", headers=bearer(self.key))
            assert gone.status_code == 404

    async def test_a_list_in_pages(self) -> None:
        ids = [(await made(lambda: make_video(**self.mine))).public_id for _ in range(5)]
        await made(lambda: make_generation(**self.mine))
        newest = (await self.get(f"{JOBS}?limit=2")).json()
        assert (newest["object"], newest["has_more"]) == ("list", True)
        assert [each["id"] for each in newest["data"]] == [newest["first_id"], newest["last_id"]] == [ids[4], ids[3]]
        rest = (await self.get(f"{JOBS}?limit=3&after={ids[3]}")).json()
        assert ([each["id"] for each in rest["data"]], rest["has_more"]) == ([ids[2], ids[1], ids[0]], False)
        oldest = (await self.get(f"{JOBS}?order=asc&after={ids[3]}")).json()
        assert [each["id"] for each in oldest["data"]] == [ids[4]]
        empty = (await self.get(f"{JOBS}?after={ids[0]}")).json()
        assert (empty["data"], empty["first_id"], empty["last_id"]) == ([], None, None)

    async def test_a_bad_page_names_its_parameter(self) -> None:
        for query, param in (("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("order=up", "order")):
            response = await self.get(f"{JOBS}?{query}")
            assert (response.status_code, error_of(response)["param"]) == (400, param)
        assert (await self.get(f"{JOBS}?after=gen_none")).status_code == 404

    async def test_a_deleted_video_is_gone_here_and_kept_in_the_history(self) -> None:
        waiting = await made(lambda: make_open_video(**self.mine))
        done = await made(lambda: make_video(**self.mine))
        for generation, status in ((waiting, "cancelled"), (done, "succeeded")):
            response = await self.async_client.delete(f"{JOBS}/{generation.public_id}", headers=bearer(self.key))
            assert response.json() == {"id": generation.public_id, "deleted": True, "object": "video.deleted"}
            assert (await self.get(f"{JOBS}/{generation.public_id}")).status_code == 404
            await generation.arefresh_from_db()
            assert generation.status == status
        assert (await self.get(JOBS)).json()["data"] == []


class ContentTests(VideoTestCase):
    async def content(self, generation: Generation, query: str = "") -> Any:
        return await self.get(f"{JOBS}/{generation.public_id}/content{query}")

    async def test_too_early(self) -> None:
        response = await self.content(await made(lambda: make_open_video(**self.mine)))
        assert (response.status_code, error_of(response)["code"]) == (409, "video_not_ready")
        assert response["x-should-retry"] == "false"

    async def test_a_failed_one_answers_as_it_failed_and_is_not_worth_another_try(self) -> None:
        for code, status in (("content_policy_violation", 400), ("accounts_busy", 429), ("generation_failed", 502)):
            generation = await made(partial(make_failed_video, code, **self.mine))
            response = await self.content(generation)
            assert (response.status_code, error_of(response)["code"]) == (status, code)
            assert response["x-should-retry"] == "false"
            assert not response.has_header("Retry-After")

    async def test_variants(self) -> None:
        done = await made(lambda: make_video(**self.mine))
        await made(lambda: make_file(done))
        for variant, status, code in (
            ("spritesheet", 400, "not_supported"),
            ("poster", 400, "invalid_value"),
            ("thumbnail", 404, "not_found"),
            ("video", 502, "result_unavailable"),  # neither a file nor an engine that could fetch it
        ):
            response = await self.content(done, f"?variant={variant}")
            assert (response.status_code, error_of(response)["code"]) == (status, code), variant
