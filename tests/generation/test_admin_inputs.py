"""What the admin shows of pictures that were given with a request, and of videos."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from generation.models import Generation, InputImage
from generation.services import media_path
from generation.specs import video_spec
from tests.factories import make_generation, make_media, make_webp
from tests.generation.test_admin_generations import LIST, AdminTestCase, detail_url


def give_input(generation: Generation, content: bytes | None = None, **over: Any) -> InputImage:
    """A stored picture of 64×48 that was given with the generation, the next one."""
    stored = content or make_webp()
    position = generation.inputs.count()
    fields: dict[str, Any] = {
        "generation": generation,
        "position": position,
        "sha256": hashlib.sha256(stored).hexdigest(),
        "file": default_storage.save(f"inputs/{generation.public_id}-{position}.webp", ContentFile(stored)),
        "content_type": "image/webp",
        "width": 64,
        "height": 48,
        "size_bytes": len(stored),
        "origin": InputImage.Origin.UPLOAD,
    }
    picture = InputImage.objects.create(**fields | over)
    generation.spec["inputs"] = [*generation.spec["inputs"], picture.sha256]
    generation.save(update_fields=["spec"])
    return picture


def make_video(*, prompt: str = "waves") -> Generation:
    """A finished video of 10 seconds, without its file."""
    spec = video_spec(model="jimeng-video-3.0", prompt="waves", seconds=10, ratio="16:9", resolution="1080p")
    video = make_generation(kind="video", spec=spec.to_json())
    video.model, video.prompt = spec.model, prompt
    video.save(update_fields=["model", "prompt"])
    return video


def input_url(generation: Generation, position: int = 0) -> str:
    return reverse("admin:generation_input", args=[generation.public_id, position])


class InputPanelTests(AdminTestCase):
    def test_each_picture_is_shown_in_order_with_its_facts_and_where_it_came_from(self) -> None:
        generation = make_generation(operation="compositions")
        give_input(generation, source="<b>cat.webp", width=1200, height=900, size_bytes=2048)
        give_input(generation, origin=InputImage.Origin.INLINE)
        give_input(generation, origin=InputImage.Origin.FETCHED, source="pictures.example")
        page = self.page(detail_url(generation))
        told = [
            *(f'src="{input_url(generation, 0)}"', "picture 1", "1200 × 900 · WEBP · 2.0"),
            *("uploaded as &lt;b&gt;cat.webp", "picture 2", "in the request", input_url(generation, 2)),
            "fetched from pictures.example",
        ]
        places = [page.index(words) for words in told]
        assert places == sorted(places)
        assert "made from:</span> 3 input pictures" in page
        assert "3 input pictures" in self.page(LIST)

    def test_the_pictures_of_a_video_are_its_frames(self) -> None:
        one, two = make_video(), make_video()
        give_input(one)
        give_input(two)
        give_input(two)
        assert "<strong>first frame</strong>" in self.page(detail_url(one))
        assert "last frame" not in self.page(detail_url(one))
        page = self.page(detail_url(two))
        assert page.index("<strong>first frame</strong>") < page.index("<strong>last frame</strong>")
        assert "made from:</span> first and last frame" in page

    def test_there_is_no_panel_without_pictures(self) -> None:
        page = self.page(detail_url(make_generation()))
        assert "jm-inputs" not in page
        assert "made from" not in page

    def test_queries_do_not_grow_with_them(self) -> None:
        generation = make_generation()
        for _ in range(3):
            give_input(generation)
        self.client.get(detail_url(generation))  # fills the process's memory of content types
        with self.assertNumQueries(6):  # session, user, generation, media, inputs, events
            self.client.get(detail_url(generation))
        with self.assertNumQueries(4):  # session, user, generations, their media
            self.client.get(LIST)


class InputPictureTests(AdminTestCase):
    def test_it_is_the_file_as_it_was_given_for_browsers_to_keep_to_themselves(self) -> None:
        generation = make_generation()
        give_input(generation)
        second = give_input(generation, make_webp(20, 10))
        response = self.client.get(input_url(generation, 1))
        assert response.content == make_webp(20, 10)
        assert response["Content-Type"] == "image/webp"
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"
        assert response["X-Content-Type-Options"] == "nosniff"
        again = self.client.get(input_url(generation, 1), headers={"if-none-match": f'"{second.sha256}"'})
        assert again.status_code == 304

    def test_what_is_not_there_is_not_found(self) -> None:
        generation = make_generation()
        lost = give_input(generation)
        default_storage.delete(str(lost.file.name))
        assert self.client.get(input_url(generation)).status_code == 404
        assert self.client.get(input_url(generation, 1)).status_code == 404

    def test_only_staff_who_may_see_generations_see_it(self) -> None:
        generation = make_generation()
        give_input(generation)
        self.client.logout()
        assert self.client.get(input_url(generation)).status_code == 403
        clerk = User.objects.create_user("clerk", is_staff=True)
        self.client.force_login(clerk)
        assert self.client.get(input_url(generation)).status_code == 403
        clerk.user_permissions.add(Permission.objects.get(codename="view_generation"))
        assert self.client.get(input_url(generation)).status_code == 200


class VideoTests(AdminTestCase):
    def test_it_plays_in_the_page_behind_its_poster(self) -> None:
        poster = default_storage.save("poster.webp", ContentFile(make_webp()))
        video = make_video()
        media = make_media(
            generation=video, content=b"mp4", thumbnail=poster, content_type="video/mp4", duration_s=5.04
        )
        small = reverse("admin:generation_thumbnail", args=[media.public_id])
        page = self.page(detail_url(video))
        player = " ".join(page.split("<video")[1].split(">")[0].split())
        where = f'src="{media_path(media)}" controls playsinline width="64" height="48"'
        assert player == f'{where} preload="none" poster="{small}"'
        assert "64 × 48 · 5.0 s · MP4" in page
        assert f'src="{small}"' in self.page(LIST)

    def test_without_a_poster_the_browser_reads_its_beginning(self) -> None:
        media = make_media(generation=make_video(), content=b"mp4", content_type="video/mp4")
        page = self.page(detail_url(media.generation))
        assert 'preload="metadata"' in page
        assert "poster=" not in page

    def test_its_parameters_are_told_with_units(self) -> None:
        page = self.page(detail_url(make_video()))
        for words in (
            "size:</span> 1920 × 1080",
            "length:</span> 10 s",
            "ratio:</span> 16:9",
            "resolution:</span> 1080p",
        ):
            assert words in page

    def test_one_without_a_prompt_shows_a_dash(self) -> None:
        assert '<span class="jm-prompt">–</span>' in self.page(f"{LIST}?q={make_video(prompt='').public_id}")
