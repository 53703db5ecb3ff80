"""The small pictures of the admin."""

from __future__ import annotations

import io

from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.urls import reverse
from PIL import Image

from generation.models import Media
from tests.factories import make_media, make_webp
from tests.generation.test_admin_generations import IN_MEMORY


def url_of(media: Media) -> str:
    return reverse("admin:generation_thumbnail", args=[media.public_id])


@override_settings(STORAGES=IN_MEMORY)
class ThumbnailTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("operator"))

    def test_it_is_made_when_first_asked_for_and_then_kept(self) -> None:
        media = make_media(content=make_webp(1600, 900))
        first = self.client.get(url_of(media))
        assert first["Content-Type"] == "image/webp"
        assert "immutable" in first["Cache-Control"]
        assert Image.open(io.BytesIO(first.content)).size == (480, 270)  # 900 · 480 ÷ 1600
        media.refresh_from_db()
        kept = media.thumbnail.name
        assert self.client.get(url_of(media)).content == first.content
        media.refresh_from_db()
        assert media.thumbnail.name == kept

    def test_one_that_was_removed_is_made_again(self) -> None:
        media = make_media(thumbnail="gone.webp")
        assert self.client.get(url_of(media)).status_code == 200

    def test_a_file_that_is_no_picture_has_none(self) -> None:
        media = make_media(content=b"not a picture")
        assert self.client.get(url_of(media)).status_code == 404

    def test_a_video_has_the_one_that_was_made_for_it_or_none(self) -> None:
        bare = make_media(kind="video", content=b"\0\0\0\x18ftypmp42")
        assert self.client.get(url_of(bare)).status_code == 404
        poster = default_storage.save("poster.webp", ContentFile(make_webp()))
        shown = make_media(kind="video", content=b"\0\0\0\x18ftypmp42", thumbnail=poster)
        assert self.client.get(url_of(shown))["Content-Type"] == "image/webp"

    def test_what_is_not_stored_has_none(self) -> None:
        assert self.client.get(url_of(make_media(content=b""))).status_code == 404
        assert self.client.get(reverse("admin:generation_thumbnail", args=["med_none"])).status_code == 404

    def test_only_staff_who_may_see_generations_see_it(self) -> None:
        media = make_media()
        self.client.logout()
        assert self.client.get(url_of(media)).status_code == 403
        clerk = User.objects.create_user("clerk", is_staff=True)
        self.client.force_login(clerk)
        assert self.client.get(url_of(media)).status_code == 403
        clerk.user_permissions.add(Permission.objects.get(codename="view_generation"))
        assert self.client.get(url_of(media)).status_code == 200
