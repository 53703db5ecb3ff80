"""Asking on the page: what is stored, once; what is wrong is told at its field, and nothing that was typed is lost."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from generation.models import Generation
from tests.factories import make_api_key
from tests.generation.creating import CreatePageCase, handle


class AskingTests(CreatePageCase):
    def test_without_a_script_it_leads_to_the_page_of_what_was_asked_for(self) -> None:
        answer = self.ask(model="jimeng-3.1", ratio="16:9", resolution="4k", count="2", seed="7", output_format="png")
        made = Generation.objects.get()
        assert answer.status_code == 302
        assert answer["location"] == f"/history/{made.public_id}/"
        spec = made.spec
        assert (made.model, made.prompt, made.operation) == ("jimeng-3.1", "a cat", "page")
        assert (spec["width"], spec["height"], spec["count"], spec["output_format"]) == (5120, 2880, 2, "png")
        assert made.requested == {
            "model": "jimeng-3.1",
            "ratio": "16:9",
            "resolution": "4k",
            "seed": 7,
            "n": 2,
            "output_format": "png",
        }

    def test_a_script_gets_a_card_and_a_fresh_token(self) -> None:
        answer = self.ask(htmx=True)
        made = Generation.objects.get()
        page = answer.content.decode()
        assert answer.status_code == 200
        assert answer["HX-Trigger-After-Settle"] == "asked"
        assert f'id="card-{made.public_id}"' in page
        assert f"/live/generations/{made.public_id}/" in page
        assert 'id="create-token"' in page
        assert "t" * 24 not in page

    def test_what_is_sent_twice_is_one_request(self) -> None:
        first, second = self.ask(), self.ask()
        assert Generation.objects.count() == 1
        assert first["location"] == second["location"]

    def test_something_else_under_the_same_token_is_another_request(self) -> None:
        self.ask()
        self.ask(prompt="a dog")
        assert Generation.objects.count() == 2

    def test_the_same_with_a_fresh_token_is_asked_for_again(self) -> None:
        self.ask()
        self.ask(token="u" * 24)
        assert Generation.objects.count() == 2

    def test_lines_end_as_they_do_in_the_api_and_null_bytes_are_dropped(self) -> None:
        self.ask(prompt="a\r\ncat\x00")
        assert Generation.objects.get().prompt == "a\ncat"

    def test_a_story_makes_as_many_as_its_prompt_says(self) -> None:
        self.ask(prompt="一只猫的故事，4张")
        assert Generation.objects.get().spec["count"] == 4

    def test_many_pictures_are_two_goes_and_one_card(self) -> None:
        answer = self.ask(htmx=True, count="10")
        assert [row.spec["count"] for row in Generation.objects.order_by("pk")] == [5, 5]
        assert answer.content.decode().count("<article") == 1


class ErrorTests(CreatePageCase):
    def test_what_is_wrong_is_told_at_its_field(self) -> None:
        long = "x" * 32_001
        for field, fields in (
            ("prompt", {"prompt": "  "}),
            ("prompt", {"prompt": long}),
            ("model", {"model": "no-such-model"}),
            ("model", {"model": "jimeng-video-3.0", "kind": "image"}),
            ("ratio", {"ratio": "5:4"}),
            ("resolution", {"resolution": "8k"}),
            ("count", {"count": "11"}),
            ("count", {"count": "two"}),
            ("seed", {"seed": "-1"}),
            ("seed", {"seed": "1.5"}),
            ("output_format", {"output_format": "gif"}),
            ("seconds", {"kind": "video", "seconds": "7"}),
            ("ratio", {"kind": "video", "ratio": "3:2"}),
            ("resolution", {"kind": "video", "resolution": "4k"}),
            ("prompt", {"kind": "video", "prompt": ""}),
            ("key", {"key": "0123456789abcdef"}),
        ):
            with self.subTest(field=field, fields=fields):
                self.refuses(field, **fields)

    def test_nothing_that_was_typed_is_lost(self) -> None:
        page = self.refuses(
            "seed", prompt="a <b>cat</b>", negative_prompt="dogs", seed="-1", ratio="3:2", resolution="4k", count="3"
        )
        assert "\na <b>cat</b></textarea>" in page  # unescaped by the helper
        assert "\ndogs</textarea>" in page
        assert 'value="-1"' in page
        for chosen in ('value="3:2" checked', 'value="4k" checked', 'value="3" selected', f'value="{"t" * 24}"'):
            assert chosen in page

    def test_a_script_gets_the_form_in_place_of_the_one_that_is_there(self) -> None:
        answer = self.ask(htmx=True, prompt="")
        assert answer.status_code == 200
        assert answer["HX-Retarget"] == "#composer"
        page = answer.content.decode()
        assert page.lstrip().startswith("<section id=")
        assert 'aria-invalid="true"' in page

    def test_what_a_person_typed_stays_text(self) -> None:
        page = self.ask(prompt="</textarea><script>alert(1)</script>", seed="-1").content.decode()
        assert "<script>alert" not in page
        assert "&lt;/textarea&gt;&lt;script&gt;alert(1)" in page


class KeyTests(CreatePageCase):
    def test_staff_may_charge_no_key_or_any_that_works(self) -> None:
        self.ask()
        assert (Generation.objects.get().api_key, Generation.objects.get().owner) == (None, f"user:{self.operator.pk}")
        self.ask(key=handle(self.stranger_key))
        assert Generation.objects.latest("pk").api_key == self.stranger_key

    def test_other_people_charge_a_key_of_their_own(self) -> None:
        second = make_api_key(owner=self.person)
        client = self.as_person()
        self.ask(client)
        assert Generation.objects.latest("pk").api_key == self.key
        self.ask(client, key=handle(second))
        assert Generation.objects.latest("pk").api_key == second

    def test_a_strangers_key_is_neither_shown_nor_taken(self) -> None:
        client = self.as_person()
        page = client.get("/create/").content.decode()
        assert "kim&#x27;s key" in page
        assert "zoe" not in page
        answer = self.ask(client, key=handle(self.stranger_key))
        assert answer.status_code == 422
        assert "key" in answer.context["composer"].errors
        assert not Generation.objects.exists()

    def test_a_key_that_works_no_more_is_not_taken(self) -> None:
        self.key.enabled = False
        self.key.save()
        self.refuses("key", key=handle(self.key))

    def test_a_key_offers_and_takes_only_its_models(self) -> None:
        self.key.allowed_models = ["jimeng-3.1", "sora-2"]
        self.key.save()
        client = self.as_person()
        page = client.get("/create/").content.decode()
        assert 'value="jimeng-3.1"' in page
        assert 'value="jimeng-4.5"' not in page
        assert 'value="jimeng-video-3.0"' in client.get("/create/options/?kind=video").content.decode()
        assert self.ask(client, model="jimeng-4.5").context["composer"].errors.keys() == {"model"}
        assert self.ask(client, model="jimeng-3.1").status_code == 302

    def test_the_limits_of_a_key_hold(self) -> None:
        self.key.credits_per_day = 2
        self.key.save()
        answer = self.ask(self.as_person())
        assert answer.status_code == 422
        assert "credits of today" in answer.context["composer"].trouble
        assert not Generation.objects.exists()

    def test_without_a_key_there_is_a_sentence_and_no_form(self) -> None:
        client = Client()
        client.force_login(User.objects.create_user("nobody"))
        page = client.get("/create/").content.decode()
        assert "You have no API key yet" in page
        assert "<textarea" not in page
        answer = self.ask(client)
        assert answer.status_code == 403
        assert not Generation.objects.exists()
        for path in ("options", "inputs", "estimate"):
            assert client.post(f"/create/{path}/").status_code == 404

    def test_who_is_not_logged_in_is_asked_to(self) -> None:
        for method, path in (("get", "/create/"), ("post", "/create/"), ("post", "/create/inputs/")):
            answer: Any = getattr(Client(), method)(path)
            assert answer.status_code == 302
            assert answer["location"].startswith("/login/")
        assert not Generation.objects.exists()

    def test_forms_of_other_sites_are_refused(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.operator)
        assert self.ask(client).status_code == 403
        assert not Generation.objects.exists()
