"""Files that are not there: a reason for programs, a page for people, and nothing that would run."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings

from generation.models import Media
from generation.services import media_path, preview_path, thumbnail_path
from tests.factories import make_generation, make_media, make_webp

READER = {"accept": "text/html,application/xhtml+xml,image/webp,*/*;q=0.8"}
AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@override_settings(MIDDLEWARE=settings.JIMENG_API_MIDDLEWARE)
class GoneTests(TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))
        self.media = make_media(content=make_webp(1600, 900), width=1600, height=900)

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(path or media_path(self.media), headers=headers)

    def remove(self, why: str) -> None:
        default_storage.delete(self.media.file.name or "")
        Media.objects.update(file="", removed_at=AT, removed_why=why)

    def test_programs_are_told_why_in_english(self) -> None:
        for why, words in (("trash", "deleted by a person"), ("retention", "retention policy")):
            self.remove(why)
            with self.subTest(why), override_settings(LANGUAGE_CODE="zh-hans"):
                for accept in ("", "*/*", "image/avif,image/webp,*/*;q=0.8", "application/json"):
                    response = self.get(accept=accept)
                    error = response.json()["error"]
                    assert (response.status_code, error["code"]) == (410, "media_gone")
                    assert words in error["message"]
                    assert response["Cache-Control"] == "no-store"

    def test_people_get_a_page_that_says_when_and_leads_to_the_history(self) -> None:
        self.remove("retention")
        response = self.get(**READER)
        page = response.content.decode()
        assert (response.status_code, response["Content-Type"]) == (410, "text/html; charset=utf-8")
        for words in ("retention policy", "Nov. 25, 2026", f'href="/history/{self.media.generation.public_id}/"'):
            assert words in page
        policy = response["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "script" not in policy

    def test_in_the_colours_of_the_reader(self) -> None:
        self.remove("trash")
        self.client.cookies["theme"] = "dark"
        assert 'data-theme="dark"' in self.get(**READER).content.decode()

    def test_in_the_language_of_the_reader(self) -> None:
        self.remove("trash")
        assert 'lang="zh-hans"' in self.get(**READER, **{"accept-language": "zh-CN,zh;q=0.9"}).content.decode()
        self.client.cookies["django_language"] = "en"
        assert 'lang="en"' in self.get(**READER, **{"accept-language": "zh-CN"}).content.decode()

    def test_small_pictures_of_what_was_removed_are_gone_too(self) -> None:
        assert self.get(thumbnail_path(self.media)).status_code == 200
        self.remove("trash")
        for path in (thumbnail_path(self.media), preview_path(self.media), media_path(self.media) + "&download=1"):
            assert self.get(path).status_code == 410

    def test_the_small_picture_of_what_the_policy_removed_shows_what_it_was(self) -> None:
        assert self.get(thumbnail_path(self.media)).status_code == 200
        self.remove("retention")
        assert self.get(thumbnail_path(self.media)).status_code == 200
        assert [self.get(path).status_code for path in (media_path(self.media), preview_path(self.media))] == [410, 410]
        Media.objects.update(removed_at=None, deleted_at=AT)  # and a person threw that away
        assert [self.get(path).status_code for path in (thumbnail_path(self.media), media_path(self.media))] == [
            200,
            410,
        ]

    def test_what_lies_in_the_trash_is_still_there(self) -> None:
        Media.objects.update(deleted_at=AT)
        assert self.get().status_code == 200

    def test_nobody_learns_anything_without_a_signature(self) -> None:
        page = self.get(f"/media/{self.media.public_id}.webp?s=x", **READER)
        assert page.status_code == 403
        assert self.media.generation.public_id not in page.content.decode()

    def test_a_storage_that_does_not_answer_is_no_loss(self) -> None:
        name = f"{self.media.file.name}/beneath-a-file.webp"
        Media.objects.update(file=name)
        response = self.get()
        assert (response.status_code, response["Retry-After"]) == (503, "10")
        assert response.json()["error"]["code"] == "media_unavailable"


@override_settings(MIDDLEWARE=settings.JIMENG_API_MIDDLEWARE)
class PreviewTests(TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))

    def test_a_large_picture_has_one_of_its_own(self) -> None:
        media = make_media(content=make_webp(2000, 1000), width=2000, height=1000)
        response = self.client.get(preview_path(media))
        assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
        media.refresh_from_db()
        assert (media.preview.name, media.thumbnail.name) == (
            f"{media.file.name}.view.webp",
            f"{media.file.name}.thumb.webp",
        )
        assert response["ETag"] == f'"{media.sha256}-preview"'

    def test_a_small_one_is_shown_as_it_is(self) -> None:
        media = make_media(content=make_webp(1280, 700), width=1280, height=700)
        response = self.client.get(preview_path(media))
        assert (response.content, response["ETag"]) == (make_webp(1280, 700), f'"{media.sha256}"')

    def test_of_a_video_it_is_the_poster(self) -> None:
        poster = default_storage.save("poster.webp", ContentFile(make_webp()))
        media = make_media(generation=make_generation(kind="video"), content=b"video", thumbnail=poster)
        assert self.client.get(preview_path(media)).content == make_webp()


@override_settings(MIDDLEWARE=settings.JIMENG_API_MIDDLEWARE)
class HostileFileTests(TestCase):
    """What should never have been stored, and was."""

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))

    def test_a_page_or_an_svg_is_only_ever_saved(self) -> None:
        for content_type in ("text/html", "image/svg+xml", "application/xhtml+xml", "", "text/html; charset=utf-8"):
            with self.subTest(content_type):
                media = make_media(content=b"<script>document.title = 1</script>", content_type=content_type)
                response = self.client.get(media_path(media))
                assert response["Content-Type"] == "application/octet-stream"
                assert response["Content-Disposition"].startswith("attachment; ")
                assert response["X-Content-Type-Options"] == "nosniff"
                assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"

    def test_a_prompt_writes_no_header_and_no_path(self) -> None:
        generation = make_generation(prompt='../../etc/passwd\r\nSet-Cookie: a=b"; filename="x.exe\x00\u202e')
        response = self.client.get(media_path(make_media(generation=generation)) + "&download=1")
        disposition = response["Content-Disposition"]
        assert disposition.startswith('attachment; filename="jimeng-2')
        assert "etc-passwd-Set-Cookie-a-b-filename-x-exe-1.webp" in disposition
        assert disposition.count('"') == 2
        assert "Set-Cookie" not in response.headers
