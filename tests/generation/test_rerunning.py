"""Asking for the same again: what is the same, who pays, and that a double click pays once."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase, override_settings

from accounts.errors import KeyOutOfCredits, PoolBusy
from generation import catalog
from generation.asking import Ask, Submission, generation_submit
from generation.errors import InvalidSpec, UnknownGeneration, UnknownModel
from generation.inputs import StoredInput
from generation.models import RESOLUTION_ASKED, Generation
from generation.pages.asking import caller_of
from generation.rerunning import generation_rerun
from generation.services import Caller
from generation.specs import Spec, image_spec, video_spec
from generation.viewing import Viewer
from tests.factories import make_api_key, make_generation, make_webp


def stored_input(**over: Any) -> StoredInput:
    name = default_storage.save("test/input.webp", ContentFile(make_webp()))
    facts: dict[str, Any] = {"content_type": "image/webp", "width": 64, "height": 48, "size_bytes": 90}
    return StoredInput(**{"sha256": "ab" * 32, "name": name, "origin": "upload", "source": "cat.webp", **facts, **over})


class RerunCase(TestCase):
    def setUp(self) -> None:
        self.staff = get_user_model().objects.create_user("operator", is_staff=True)
        self.viewer = Viewer.of(self.staff)

    def asked(self, spec: Spec, caller: Caller | None = None, **over: Any) -> Generation:
        ask = Ask(spec=spec, requested=over.pop("requested", {}), **over)
        return async_to_sync(generation_submit)(ask=ask, caller=caller or Caller()).generations[0]

    def again(self, row: Generation, token: str = "token", viewer: Viewer | None = None, **over: Any) -> Submission:
        looks = viewer or self.viewer
        caller = over.get("caller") or caller_of(looks, over.get("key_id"))
        return async_to_sync(generation_rerun)(viewer=looks, public_id=row.public_id, caller=caller, token=token)


class SameTests(RerunCase):
    def test_a_drawn_seed_is_drawn_anew_and_all_else_is_the_same(self) -> None:
        spec = image_spec(
            model="jimeng-4.5", prompt="a cat", count=2, ratio="16:9", negative_prompt="dogs", output_format="png"
        )
        row = self.asked(spec, requested={"model": "gpt-image-1", "n": 2}, operation="chat")
        Generation.objects.filter(pk=row.pk).update(seed=2_500_000_001)
        (made,) = self.again(row).generations
        assert (made.spec, made.seed, made.status) == (spec.to_json(), None, "queued")
        assert (made.operation, made.requested["n"]) == ("chat", 2)
        assert (made.client, made.owner, made.api_key) == ("page", f"user:{self.staff.pk}", None)

    def test_a_seed_that_was_asked_for_and_free_sides_stay(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="a cat", seed=7, width=1111, height=999)
        assert self.again(self.asked(spec)).generations[0].spec == spec.to_json()

    def test_a_lowered_resolution_is_asked_for_as_at_first(self) -> None:
        asked = image_spec(model="jimeng-4.5", prompt="a cat", ratio="16:9", resolution="4k")
        lower = image_spec(model="jimeng-4.5", prompt="a cat", ratio="16:9", resolution="2k")
        row = make_generation(spec={**lower.to_json(), RESOLUTION_ASKED: "4k"})
        assert self.again(row).generations[0].spec == asked.to_json()

    def test_free_sides_that_were_lowered_are_as_at_first(self) -> None:
        asked = image_spec(model="jimeng-4.5", prompt="a cat", width=4000, height=3900)
        assert asked.resolution == "4k"
        lower = {**asked.to_json(), "width": 2000, "height": 1950, "resolution": "2k", RESOLUTION_ASKED: "4k"}
        row = make_generation(spec=lower, requested={"width": 4000, "height": 3900})
        assert self.again(row).generations[0].spec == asked.to_json()

    def test_a_group_is_asked_for_again_as_one_request_whichever_part_is_shown(self) -> None:
        first = self.asked(image_spec(model="jimeng-4.5", prompt="a cat", count=10))
        last = Generation.objects.exclude(pk=first.pk).get()
        made = self.again(last).generations
        assert [row.spec["count"] for row in made] == [5, 5]
        assert {row.group_id for row in made} == {made[0].public_id} != {first.group_id}

    def test_a_video_of_any_shape_with_its_frame(self) -> None:
        given = stored_input()
        frames = [(given.sha256, given.width, given.height)]
        for shape in ({}, {"ratio": "9:16"}, {"width": 1000, "height": 700}):
            spec = video_spec(model="jimeng-video-3.0", prompt="it moves", seconds=5, frames=frames, **shape)
            (made,) = self.again(self.asked(spec, inputs=(given,)), token=str(shape)).generations
            assert made.spec == spec.to_json()
            assert list(made.inputs.values_list("sha256", "file", "source")) == [(given.sha256, given.name, "cat.webp")]

    def test_an_alias_that_means_another_model_now_is_not_kept(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="a cat")
        row = self.asked(spec, requested={"model": "dall-e-3"})
        catalog.aliases_use({"dall-e-3": "jimeng-3.0"})
        self.addCleanup(catalog.aliases_use, catalog.ALIASES)
        (made,) = self.again(row).generations
        assert (made.model, made.requested["model"]) == ("jimeng-4.5", "jimeng-4.5")


class MoneyTests(RerunCase):
    def test_a_double_click_asks_once(self) -> None:
        row = make_generation()
        first, second = self.again(row), self.again(row)
        assert first.generations[0].pk == second.generations[0].pk
        assert (first.attached, second.attached, Generation.objects.count()) == ("", "idempotency_key", 2)

    def test_a_page_loaded_again_asks_again(self) -> None:
        row = make_generation()
        assert self.again(row, "one").generations[0].pk != self.again(row, "two").generations[0].pk

    def test_one_token_serves_for_several_rows(self) -> None:
        made = {self.again(make_generation()).generations[0].pk for _ in range(2)}
        assert len(made) == 2

    def test_without_a_token_nothing_is_asked(self) -> None:
        row = make_generation()
        for token in ("", "x" * 121, "a\nb"):
            with pytest.raises(InvalidSpec):
                self.again(row, token)
        assert Generation.objects.count() == 1

    def test_a_key_that_has_spent_its_credits_is_not_charged(self) -> None:
        key = make_api_key(owner=self.staff, credits_per_day=2)
        row = make_generation()
        with pytest.raises(KeyOutOfCredits):
            self.again(row, key_id=key.pk)
        assert Generation.objects.count() == 1

    @override_settings(JIMENG_QUEUE_LIMIT=0)
    def test_a_full_queue_takes_no_more(self) -> None:
        with pytest.raises(PoolBusy):
            self.again(make_generation())


class RefusalTests(RerunCase):
    def test_what_one_may_not_see_one_cannot_ask_for(self) -> None:
        user = get_user_model().objects.create_user("plain")
        make_api_key(owner=user)
        with pytest.raises(UnknownGeneration):
            self.again(make_generation(), viewer=Viewer.of(user))

    def test_a_model_that_the_key_may_not_use_does_not_exist(self) -> None:
        key = make_api_key(allowed_models=["jimeng-3.0"])
        with pytest.raises(UnknownModel):
            self.again(make_generation(), key_id=key.pk)

    def test_a_key_that_may_use_the_alias_may_use_it_again(self) -> None:
        name = next(alias for alias, target in catalog.ALIASES.items() if target == "jimeng-4.5")
        key = make_api_key(allowed_models=[name])
        row = make_generation(requested={"model": name})
        assert self.again(row, key_id=key.pk).generations[0].api_key == key

    def test_a_model_that_is_gone(self) -> None:
        row = make_generation()
        Generation.objects.filter(pk=row.pk).update(spec={**row.spec, "model": "jimeng-0.1"}, model="jimeng-0.1")
        with pytest.raises(UnknownModel):
            self.again(row)

    def test_an_input_picture_that_is_gone(self) -> None:
        given = stored_input()
        row = self.asked(image_spec(model="jimeng-4.5", prompt="a cat", inputs=[given.sha256]), inputs=(given,))
        default_storage.delete(given.name)
        with pytest.raises(InvalidSpec) as raised:
            self.again(row)
        assert raised.value.param == "image"
        assert Generation.objects.count() == 1
