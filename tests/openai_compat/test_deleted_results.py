"""What the API says of results that were deleted on the history pages, or removed by the retention policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.utils import timezone

from generation.keepsakes import results_delete, results_restore
from generation.models import Generation, Media
from generation.retention import Policy, retention_run
from generation.viewing import Viewer
from tests.factories import make_media
from tests.openai_compat.builders import ApiTestCase, bearer, error_of, make_generation, make_key
from tests.openai_compat.video_builders import make_video

NOW = timezone.now()


class DeletedResultsTests(ApiTestCase):
    def setUp(self) -> None:
        row, self.key = make_key()
        self.mine: dict[str, Any] = {"owner": f"key:{row.pk}", "api_key": row}
        self.staff = Viewer.of(get_user_model().objects.create_superuser("root"))

    async def get(self, path: str) -> Any:
        return await self.async_client.get(f"/v1/{path}", headers=bearer(self.key))

    async def seen(self, public_id: str) -> list[str]:
        """The addresses that the API gives of its results."""
        response = await self.get(f"generations/{public_id}")
        assert response.status_code == 200, response.content
        return [each["url"] for each in response.json()["data"]]

    async def delete(self, *ids: str) -> None:
        await sync_to_async(results_delete)(viewer=self.staff, ids=ids, at=NOW)

    async def restore(self, *ids: str) -> None:
        await sync_to_async(results_restore)(viewer=self.staff, ids=ids, at=NOW + timedelta(hours=1))

    async def not_found(self, path: str) -> None:
        response = await self.get(path)
        assert (response.status_code, error_of(response)["code"]) == (404, "generation_not_found"), path
        assert error_of(response)["type"] == "invalid_request_error"

    async def test_a_video_in_the_trash_is_not_there(self) -> None:
        video = await sync_to_async(make_video)(**self.mine)
        await sync_to_async(make_media)(generation=video, content_type="video/mp4")
        assert (await self.get(f"videos/{video.public_id}/content")).status_code == 200
        await self.delete(video.public_id)
        for path in ("videos/{}", "videos/{}/content", "videos/generations/{}", "generations/{}"):
            await self.not_found(path.format(video.public_id))
        assert (await self.get("videos")).json()["data"] == []
        await self.restore(video.public_id)
        assert (await self.get(f"videos/{video.public_id}/content")).status_code == 200

    async def test_a_single_picture_in_the_trash_is_not_told_of(self) -> None:
        made = await sync_to_async(make_generation)(**self.mine)
        kept = await sync_to_async(make_media)(generation=made)
        thrown_away = await sync_to_async(make_media)(generation=made)
        await self.delete(thrown_away.public_id)
        (url,) = await self.seen(made.public_id)
        assert kept.public_id in url
        await self.delete(kept.public_id)
        await self.not_found(f"generations/{made.public_id}")
        await self.restore(thrown_away.public_id)
        (url,) = await self.seen(made.public_id)
        assert thrown_away.public_id in url

    async def test_the_rest_of_a_request_is_found_by_the_id_it_was_answered_with(self) -> None:
        first, second = await sync_to_async(self.make_group)()
        await self.delete(first.public_id)
        for public_id in (first.public_id, second.public_id):
            assert len(await self.seen(public_id)) == 1
        await self.delete(second.public_id)
        for public_id in (first.public_id, second.public_id):
            await self.not_found(f"generations/{public_id}")

    def make_group(self) -> list[Generation]:
        first = make_generation(public_id="gen_aa01", group_id="gen_aa01", **self.mine)
        group = [first, make_generation(group_id="gen_aa01", **self.mine)]
        for each in group:
            make_media(generation=each)
        return group

    async def test_what_the_policy_removed_is_said_to_be_gone_and_not_sent_to_a_dead_address(self) -> None:
        made = await sync_to_async(make_generation)(**self.mine)
        media = await sync_to_async(make_media)(generation=made, created_at=NOW - timedelta(days=9))
        await sync_to_async(retention_run)(at=NOW, policy=Policy(keep_days=1))
        assert await Media.objects.filter(removed_at=NOW).acount() == 1
        (url,) = await self.seen(made.public_id)
        assert f"/media/{media.public_id}" in url
        answer = await self.async_client.get(url.partition("testserver")[2])
        assert answer.status_code == 410

    async def test_the_content_of_a_video_that_the_policy_removed_is_an_error_of_the_api(self) -> None:
        video = await sync_to_async(make_video)(**self.mine)
        await sync_to_async(make_media)(generation=video, created_at=NOW - timedelta(days=9), kind="video")
        await sync_to_async(retention_run)(at=NOW, policy=Policy(keep_days=1))
        response = await self.get(f"videos/{video.public_id}/content")
        assert (response.status_code, error_of(response)["code"]) == (410, "result_removed")
        assert response["x-should-retry"] == "false"
