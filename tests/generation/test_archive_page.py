"""The archive of a selection, asked for as the history page does."""

from __future__ import annotations

import io
import re
import zipfile

from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.urls import reverse

from generation import archive as archives
from generation.models import Generation, Media
from tests.generation.keeping import CastTestCase

URL = reverse("generation:archive")


class ArchivePageTests(CastTestCase):
    async def post(self, ids: list[str], *, user: str = "owner") -> tuple[int, bytes, dict[str, str]]:
        await self.async_client.aforce_login(getattr(self.cast, f"{user}_user"))
        response = await self.async_client.post(URL, {"ids": ids})
        if response.streaming:
            content = b"".join([piece async for piece in response.streaming_content])
        else:
            content = response.content
        return response.status_code, content, dict(response.headers)

    async def test_it_is_a_file_to_keep(self) -> None:
        made = await self.made(files=2)
        status, content, headers = await self.post([made.public_id])
        assert status == 200
        assert (headers["Content-Type"], headers["Content-Length"]) == ("application/zip", str(len(content)))
        assert re.fullmatch(r'attachment; filename="jimeng-[0-9-]{15}\.zip"', headers["Content-Disposition"])
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 3

    async def made(self, *, files: int) -> Generation:
        return await sync_to_async(self.cast.generation)(files=files)

    async def test_a_stranger_gets_a_page_that_says_there_is_nothing(self) -> None:
        made = await self.made(files=1)
        status, content, headers = await self.post([made.public_id], user="stranger")
        assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "Nothing was selected that has files." in content.decode()

    async def test_too_many_are_refused_in_words(self) -> None:
        made = await self.made(files=0)
        rows = [Media(generation=made, position=number, kind="image") for number in range(archives.FILES_MAX + 1)]
        await Media.objects.abulk_create(rows)
        status, content, _ = await self.post([made.public_id])
        assert status == 413
        assert "more than 2000 files" in content.decode()

    async def test_two_thousand_single_files_can_be_named(self) -> None:
        status, _, _ = await self.post([f"med_{number:024x}" for number in range(archives.FILES_MAX)])
        assert status == 404  # none of them is there, but the form was read

    async def test_only_people_who_are_logged_in_get_one(self) -> None:
        response = await self.async_client.post(URL, {"ids": ["gen_1"]})
        assert (response.status_code, response["Location"].partition("?")[0]) == (302, reverse("login"))

    async def test_it_is_posted_from_a_page_of_ours(self) -> None:
        client = AsyncClient(enforce_csrf_checks=True)
        await client.aforce_login(self.cast.owner_user)
        assert (await client.post(URL, {"ids": ["gen_1"]})).status_code == 403
        assert (await client.get(URL)).status_code == 405
