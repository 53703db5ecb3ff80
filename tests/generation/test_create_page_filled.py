"""The form filled from what was made before, and cards of what this person made."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from generation.models import Generation
from generation.specs import image_spec
from generation.stored import stored_delete
from tests.factories import make_generation, make_media
from tests.generation.creating import TOKEN, CreatePageCase, png, tokens_in

STATUS = Generation.Status


class FilledTests(CreatePageCase):
    def fill(self, **query: str) -> Any:
        return self.client.get("/create/", query).context["composer"]

    def test_everything_that_was_asked_for_stands_in_the_form(self) -> None:
        fields: dict[str, Any] = {
            "prompt": "a cat",
            "model": "jimeng-4.6",
            "ratio": "3:2",
            "resolution": "4k",
            "count": "10",
            "negative_prompt": "dogs",
            "seed": "7",
            "output_format": "webp",
            "strength": "0.25",
        }
        self.ask(**fields, files=[png("one.png"), png("two.png", width=90)])
        for made in Generation.objects.all():  # of a request in two parts any will do
            composer = self.fill(**{"from": made.public_id})
            assert {name: getattr(composer.draft, name) for name in fields} == fields
            assert [each.name for each in composer.pictures] == ["one.png", "two.png"]
            assert (composer.notes, composer.is_filled) == ([], True)

    def test_a_video_stands_in_it_too(self) -> None:
        fields: dict[str, Any] = {
            "kind": "video",
            "prompt": "runs",
            "model": "jimeng-video-3.5-pro",
            "seconds": "12",
            "ratio": "21:9",
        }
        self.ask(**fields, resolution="1080p")
        draft = self.fill(**{"from": Generation.objects.get().public_id}).draft
        assert {name: getattr(draft, name) for name in fields} == fields

    def test_what_cannot_be_taken_over_is_told(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="wide", width=1000, height=800)
        composer = self.fill(**{"from": make_generation(spec=spec.to_json()).public_id})
        assert (composer.draft.ratio, composer.draft.resolution) == ("4:3", "1k")
        assert composer.notes == ["Its size, 1000 × 800, becomes 4:3 in 1K."]

    def test_input_pictures_that_are_gone_are_told(self) -> None:
        self.ask(files=[png("gone.png", width=91)])
        made = Generation.objects.get()
        stored_delete([made.inputs.get().file.name or ""])
        composer = self.fill(**{"from": made.public_id})
        assert composer.pictures == []
        assert composer.notes == ["Some of its input pictures are not stored any more."]

    def test_an_address_names_no_filling_of_the_form(self) -> None:
        """Else a bookmark would give the picture of the first time for ever."""
        composer = self.fill(prompt="a cat", token=TOKEN)
        assert (composer.draft.prompt, composer.draft.token != TOKEN) == ("a cat", True)

    def test_a_result_becomes_an_input_picture(self) -> None:
        media = make_media()
        composer = self.fill(kind="video", input=media.public_id)
        assert composer.draft.kind == "video"
        assert [(each.name, each.width) for each in composer.pictures] == [(f"{media.public_id}.webp", 64)]

    def test_a_result_is_taken_into_the_form_that_is_there(self) -> None:
        media = make_media()
        kept = self.ask(htmx=True, action=f"use:{media.public_id}", prompt="keep me").context["composer"]
        assert (kept.draft.kind, kept.draft.prompt, len(kept.pictures)) == ("image", "keep me", 1)
        film = self.ask(htmx=True, action=f"film:{media.public_id}", prompt="keep me", ratio="1:1").context["composer"]
        assert (film.draft.kind, film.draft.prompt, film.draft.ratio, len(film.pictures)) == ("video", "keep me", "", 1)

    def test_what_this_person_may_not_see_fills_nothing(self) -> None:
        theirs = make_generation(api_key=self.stranger_key)
        media = make_media(generation=theirs)
        client = self.as_person()
        assert client.get("/create/", {"from": theirs.public_id}).status_code == 404
        answer = client.get("/create/", {"input": media.public_id})
        assert tokens_in(answer.content.decode()) == []
        answer = self.ask(client, action=f"use:{media.public_id}")
        assert answer.context["composer"].errors == {"inputs": "This picture is not here any more."}

    def test_a_video_or_nothing_is_no_input_picture(self) -> None:
        video = make_media(kind="video")
        for name in (video.public_id, "med_00", "", "../../etc/passwd"):
            with self.subTest(name):
                assert self.fill(input=name).pictures == []


class CardTests(CreatePageCase):
    def cards(self, client: Client | None = None) -> list[Any]:
        cards: list[Any] = (client or self.client).get("/create/").context["cards"]
        return cards

    def end(self, row: Generation, status: str, **over: Any) -> None:
        changed = make_generation(
            status=status, client=row.client, operation="page", prompt=row.prompt, owner=row.owner, **over
        )
        row.delete()
        if status == STATUS.SUCCEEDED:
            make_media(generation=changed)

    def test_the_last_requests_are_there_after_a_reload_newest_first(self) -> None:
        for number in range(8):
            self.ask(prompt=f"cat {number}")
        assert [card.prompt for card in self.cards()] == [f"cat {number}" for number in (7, 6, 5, 4, 3, 2)]
        assert all(card.progress for card in self.cards())

    def test_they_are_this_persons_own_whatever_key_was_charged(self) -> None:
        self.ask(prompt="by the operator")
        self.ask(self.as_person(), prompt="by kim")
        make_generation(api_key=self.key, prompt="by kim's program")
        other = Client()
        other.force_login(User.objects.create_superuser("second operator"))
        assert [card.prompt for card in self.cards()] == ["by the operator"]
        assert [card.prompt for card in self.cards(self.as_person())] == ["by kim"]
        assert self.cards(other) == []

    def test_a_card_shows_what_came_of_it(self) -> None:
        self.ask()
        self.end(Generation.objects.get(), STATUS.SUCCEEDED)
        (card,) = self.cards()
        assert card.progress is None
        assert len(card.files) == 1
        page = self.client.get(f"/create/cards/{card.public_id}/").content.decode()
        assert card.files[0].large_url.replace("&", "&amp;") in page
        assert f'href="/history/{card.public_id}/"' in page
        assert f'href="/create/?from={card.public_id}"' in page
        assert "sse-connect" not in page

    def test_a_failure_is_told_with_what_was_spent(self) -> None:
        for code, record, spent in (
            ("insufficient_quota", "", "Nothing was spent."),
            ("content_policy_violation", "8001", "Its credits were spent."),
            ("outcome_unknown", "", "Its credits may have been spent."),
        ):
            with self.subTest(code):
                row = make_generation(status=STATUS.FAILED, error_code=code, history_record_id=record)
                page = self.client.get(f"/create/cards/{row.public_id}/").content.decode()
                assert "Failed: " in page
                assert spent in page

    def test_a_strangers_card_is_not_found(self) -> None:
        theirs = make_generation(api_key=self.stranger_key)
        assert self.as_person().get(f"/create/cards/{theirs.public_id}/").status_code == 404

    def test_prompts_are_offered_again_each_once(self) -> None:
        for number, prompt in enumerate(["cat", "dog", "cat", *map(str, range(12))]):
            self.ask(prompt=prompt, token=f"{number:024d}")
        prompts = [each.text for each in self.client.get("/create/").context["prompts"]]
        assert prompts == [str(number) for number in range(11, 1, -1)]
