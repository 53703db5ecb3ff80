"""Result files by signed address: no guessing, no running of what is inside."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings

from generation.file_names import download_name
from generation.models import Media
from generation.services import media_path, media_signature_is_valid
from tests.factories import make_media, make_webp

IN_MEMORY = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


@override_settings(STORAGES=IN_MEMORY, MIDDLEWARE=settings.JIMENG_API_MIDDLEWARE)
class MediaViewTests(TestCase):
    def setUp(self) -> None:
        self.media = make_media()

    def get(self, path: str = "") -> Any:
        return self.client.get(path or media_path(self.media))

    def refused(self, path: str, status: int, code: str) -> None:
        response = self.get(path)
        assert response.status_code == status
        error = response.json()["error"]
        assert (error["code"], error["type"], error["param"]) == (code, "invalid_request_error", None)

    def test_the_file_is_served_as_what_it_is(self) -> None:
        response = self.get()
        assert (response.status_code, response.content) == (200, make_webp())
        assert response["Content-Type"] == "image/webp"
        assert response["ETag"] == f'"{self.media.sha256}"'

    def test_a_browser_runs_nothing_of_it_and_shares_it_with_nobody(self) -> None:
        response = self.get()
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["Content-Disposition"] == f'inline; filename="{download_name(self.media)}"'
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"

    def test_head_says_the_same_without_the_file(self) -> None:
        response = self.client.head(media_path(self.media))
        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Type"] == "image/webp"

    def test_nothing_else_is_allowed(self) -> None:
        assert self.client.post(media_path(self.media)).status_code == 405
        assert self.client.delete(media_path(self.media)).status_code == 405

    def test_an_address_without_our_signature_is_refused(self) -> None:
        path, _, signature = media_path(self.media).partition("?s=")
        other = media_path(make_media()).partition("?s=")[2]
        for wrong in ("", "?s=", "?s=x", f"?s={signature[:-1]}", f"?s={signature}x", f"?s={other}", "?s=%00", "?s=:"):
            with self.subTest(wrong):
                self.refused(f"{path}{wrong}", 403, "media_signature_invalid")

    def test_a_signature_says_nothing_about_what_there_is(self) -> None:
        self.refused("/media/med_0000.webp?s=x", 403, "media_signature_invalid")

    def test_a_row_that_is_gone_is_not_found(self) -> None:
        path = media_path(self.media)
        self.media.delete()
        self.refused(path, 404, "media_gone")

    def test_a_file_that_is_not_stored_is_gone(self) -> None:
        never = make_media(content=b"")
        self.refused(media_path(never), 410, "media_gone")
        default_storage.delete(self.media.file.name or "")
        self.refused(media_path(self.media), 410, "media_gone")

    def test_paths_out_of_the_folder_are_no_addresses(self) -> None:
        for path in ("/media/../secret_key", "/media/med_00/../../x.webp", "/media/", "/media/2026/11/22/x.webp"):
            assert self.get(path).status_code in (403, 404)

    def test_the_address_is_signed_and_bears_no_secret(self) -> None:
        path = media_path(self.media)
        assert path.startswith(f"/media/{self.media.public_id}.webp?s=")
        assert media_signature_is_valid(self.media.public_id, path.partition("?s=")[2])
        assert "upstream" not in path
        with override_settings(SECRET_KEY="another"):
            assert not media_signature_is_valid(self.media.public_id, path.partition("?s=")[2])

    def test_the_suffix_is_that_of_the_file(self) -> None:
        name = default_storage.save("x.png", default_storage.open(self.media.file.name or ""))
        Media.objects.filter(pk=self.media.pk).update(file=name, content_type="image/png")
        self.media.refresh_from_db()
        response = self.get()
        assert (response["Content-Type"], media_path(self.media).partition("?")[0][-4:]) == ("image/png", ".png")
