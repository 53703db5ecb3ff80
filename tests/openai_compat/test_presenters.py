"""Generations as OpenAI's dictionaries."""

from __future__ import annotations

import base64

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import DisallowedHost
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import prefetch_related_objects
from django.test import RequestFactory, TestCase, override_settings

from generation.errors import ResultUnavailable
from generation.models import Generation, Media
from generation.services import media_path
from openai_compat import presenters
from openai_compat.presenters import ImagesResponse, public_base_url, result_url
from openai_compat.serializers.images import Representation
from tests.openai_compat.builders import NOW, make_generation, make_media

BASE_URL = "https://gateway.example"
NO_TOKENS = {"image_tokens": 0, "text_tokens": 0}
IN_MEMORY = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


def answer(*generations: Generation, representation: Representation = "url") -> ImagesResponse:
    prefetch_related_objects(generations, "media")
    return async_to_sync(presenters.images_response)(generations, representation=representation, base_url=BASE_URL)


@override_settings(STORAGES=IN_MEMORY, JIMENG_UPSTREAM="jimeng", JIMENG_RESULT_URL="media")
class ImagesResponseTests(TestCase):
    def setUp(self) -> None:
        self.generation = make_generation()

    def stored(self, position: int = 0, content: bytes = b"RIFF", **fields: str) -> Media:
        name = default_storage.save(f"{position}.webp", ContentFile(content))
        return make_media(self.generation, position, file=name, **fields)

    def test_a_repetition_of_what_is_all_in_the_trash_is_told_that_it_cannot_be_had(self) -> None:
        with pytest.raises(ResultUnavailable):
            answer(self.generation)

    def test_it_has_all_that_clients_read(self) -> None:
        media = self.stored()
        assert answer(self.generation) == {
            "created": int(NOW.timestamp()),
            "data": [{"revised_prompt": "a cat", "url": BASE_URL + media_path(media)}],
            "background": "opaque",
            "output_format": "webp",
            "quality": "medium",
            "size": "2560x1440",
            "usage": {
                "input_tokens": 0,
                "input_tokens_details": NO_TOKENS,
                "output_tokens": 0,
                "output_tokens_details": NO_TOKENS,
                "total_tokens": 0,
            },
            "jimeng": {
                "id": self.generation.public_id,
                "model": "jimeng-4.5",
                "requested": {"model": "jimeng", "size": "16:9"},
                "effective": {
                    "model": "jimeng-4.5",
                    "width": 2560,
                    "height": 1440,
                    "ratio": "16:9",
                    "resolution": "2k",
                    "n": 1,
                    "seed": 2_500_000_001,
                },
                "credits": 3,
                "credits_source": "price list",
                "account": "first",
            },
        }

    def test_what_was_made_beyond_the_number_asked_is_not_in_the_answer(self) -> None:
        for position in range(4):
            make_media(self.generation, position)
        assert len(answer(self.generation)["data"]) == 1

    def test_pictures_keep_their_order(self) -> None:
        self.generation.spec["count"] = 3
        for position in (2, 0, 1):
            make_media(self.generation, position)
        urls = [item["url"] for item in answer(self.generation)["data"]]
        assert urls == [f"https://upstream.example/{position}.webp" for position in range(3)]

    def test_b64_leaves_the_url_out(self) -> None:
        self.stored(content=b"RIFF" * 100_000)  # 400 kB: encoded in a thread
        (item,) = answer(self.generation, representation="b64_json")["data"]
        assert "url" not in item
        assert base64.b64decode(item["b64_json"]) == b"RIFF" * 100_000

    def test_both_gives_both(self) -> None:
        self.stored()
        (item,) = answer(self.generation, representation="both")["data"]
        assert set(item) == {"url", "b64_json", "revised_prompt"}

    def test_a_picture_that_cannot_be_read_is_given_as_address_beside_the_others(self) -> None:
        self.generation.spec["count"] = 2
        self.stored()
        make_media(self.generation, 1)
        first, second = answer(self.generation, representation="b64_json")["data"]
        assert set(first) == {"b64_json", "revised_prompt"}
        assert second["url"] == "https://upstream.example/1.webp"

    def test_when_none_can_be_read_it_says_so_and_names_the_generation(self) -> None:
        make_media(self.generation)
        with pytest.raises(ResultUnavailable) as caught:
            answer(self.generation, representation="b64_json")
        assert caught.value.public_id == self.generation.public_id

    def test_several_generations_are_one_answer(self) -> None:
        other = make_generation(account_label="second")
        make_media(self.generation)
        make_media(other, upstream_url="https://upstream.example/other.webp")
        facts = answer(self.generation, other)["jimeng"]
        assert facts["ids"] == [self.generation.public_id, other.public_id]
        assert (facts["credits"], facts["account"], facts["effective"]["n"]) == (6, "first, second", 2)
        assert "failed" not in facts

    def test_parts_that_failed_are_named_and_cost_nothing(self) -> None:
        failed = make_generation(status="failed", error_code="generation_failed", error_detail="No.")
        make_media(self.generation)
        response = answer(failed, self.generation)
        assert len(response["data"]) == 1
        facts = response["jimeng"]
        assert facts["id"] == failed.public_id
        assert facts["failed"] == [{"id": failed.public_id, "code": "generation_failed", "message": "No."}]
        assert facts["credits"] == 3

    def test_a_lower_resolution_than_asked_for_is_told(self) -> None:
        make_media(self.generation)
        assert "downgraded" not in answer(self.generation)["jimeng"]
        self.generation.spec["resolution_asked"] = "4k"
        facts = answer(self.generation)["jimeng"]
        assert facts["downgraded"] == {"from": "4k", "to": "2k"}
        assert facts["effective"]["resolution"] == "2k"

    @override_settings(JIMENG_UPSTREAM="sandbox")
    def test_the_sandbox_says_what_it_is(self) -> None:
        make_media(self.generation)
        assert answer(self.generation)["jimeng"]["sandbox"] is True

    def test_the_format_and_size_are_those_of_the_file(self) -> None:
        self.stored(content_type="image/png")
        Media.objects.update(width=1000, height=None)
        response = answer(self.generation)
        assert response["output_format"] == "png"
        assert response["size"] == "1000x1440"


@override_settings(JIMENG_RESULT_URL="media")
def test_an_address_is_ours_when_the_file_is_here() -> None:
    here = Media(public_id="med_1", file="a.webp", upstream_url="https://upstream.example/a")
    elsewhere = Media(public_id="med_2", upstream_url="https://upstream.example/b")
    assert result_url(here, base_url=BASE_URL).startswith(f"{BASE_URL}/media/med_1.webp?s=")
    assert result_url(elsewhere, base_url=BASE_URL) == "https://upstream.example/b"
    with override_settings(JIMENG_RESULT_URL="upstream"):
        assert result_url(here, base_url=BASE_URL) == "https://upstream.example/a"
        here.upstream_url = ""
        assert result_url(here, base_url=BASE_URL).startswith(BASE_URL)


def test_the_base_url_is_the_configured_one_or_the_one_that_was_asked() -> None:
    request = RequestFactory().get("/", headers={"host": "gateway.local:9000"})
    with override_settings(PUBLIC_BASE_URL="https://public.example", ALLOWED_HOSTS=[]):
        assert public_base_url(request) == "https://public.example"
    with override_settings(PUBLIC_BASE_URL="", ALLOWED_HOSTS=["gateway.local"]):
        assert public_base_url(request) == "http://gateway.local:9000"
    with override_settings(PUBLIC_BASE_URL="", ALLOWED_HOSTS=[]), pytest.raises(DisallowedHost):
        public_base_url(request)
