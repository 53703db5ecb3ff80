"""What is done with selected results: pinned, thrown away, taken back, made again once."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth import get_user_model
from django.http.response import HttpResponseBase
from django.test import TestCase

from generation.models import Generation, Media
from tests.factories import make_api_key, make_generation, make_media

URL = "/history/selection/"
FRAGMENT = {"HX-Request": "true"}


class _SelectionTests(TestCase):
    def setUp(self) -> None:
        self.staff = get_user_model().objects.create_user("operator", is_staff=True)
        self.client.force_login(self.staff)

    def post(self, action: str, *ids: str, **fields: Any) -> HttpResponseBase:
        return self.client.post(URL, {"action": action, "ids": ids, "next": "/history/?q=cat", **fields})

    def said(self, answer: HttpResponseBase) -> list[str]:
        """The messages on the page that the answer leads to."""
        assert answer.status_code == 302, answer
        assert answer.headers["location"] == "/history/?q=cat"
        page = self.client.get("/history/").content.decode()
        return re.findall(r'<li class="message[^>]*>.*?<span>([^<]+)</span>', page, re.DOTALL)


class KeepingTests(_SelectionTests):
    def test_pins_come_and_go(self) -> None:
        owner = make_generation()
        files = [make_media(generation=owner) for _ in range(3)]
        assert self.said(self.post("pin", *(each.public_id for each in files[:2]))) == ["2 results are pinned."]
        assert Media.objects.filter(pinned_at__isnull=False).count() == 2
        assert self.said(self.post("unpin", files[0].public_id)) == ["1 result is no longer pinned."]
        assert self.said(self.post("unpin", files[0].public_id)) == ["There was nothing to change."]

    def test_deleting_asks_first_and_can_be_undone(self) -> None:
        media = make_media()
        question = self.post("delete", media.public_id)
        assert question.status_code == 200
        assert b"Delete 1 result?" in question.content  # type: ignore[attr-defined]
        assert b"30 days" in question.content  # type: ignore[attr-defined]
        assert not Media.objects.filter(deleted_at__isnull=False)
        assert self.said(self.post("delete", media.public_id, confirmed=1)) == ["1 result is in the trash."]
        assert Media.objects.get().deleted_at is not None
        assert self.said(self.post("restore", media.public_id)) == ["1 result is restored."]
        assert Media.objects.get().deleted_at is None

    def test_what_is_being_made_is_left_alone(self) -> None:
        waiting = make_generation(status="queued")
        said = self.said(self.post("delete", waiting.public_id, confirmed=1))
        assert said == ["There was nothing to change. 1 was left alone, as it is still being made."]

    def test_what_one_may_not_see_one_cannot_change(self) -> None:
        media = make_media(generation=make_generation(api_key=make_api_key()))
        self.client.force_login(get_user_model().objects.create_user("kim"))
        for action in ("pin", "delete", "restore", "again"):
            self.post(action, media.public_id, media.generation.public_id, confirmed=1, token="t" * 24)
        media.refresh_from_db()
        assert (media.pinned_at, media.deleted_at) == (None, None)
        assert Generation.objects.count() == 1

    def test_what_makes_no_sense_is_said_and_nothing_else(self) -> None:
        media = make_media()
        assert self.said(self.post("pin")) == ["Nothing was selected."]
        assert self.said(self.post("pin", "'; DROP TABLE", "med_", "acc_1")) == ["Nothing was selected."]
        assert self.said(self.post("explode", media.public_id)) == ["There is no such action."]
        assert self.client.get(URL).status_code == 405

    def test_it_leads_back_to_pages_of_ours_only(self) -> None:
        media = make_media()
        for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"):
            answer = self.client.post(URL, {"action": "pin", "ids": media.public_id, "next": elsewhere})
            assert answer.headers["location"] == "/history/"


class FragmentTests(_SelectionTests):
    def fragment(self, action: str, *ids: str, **fields: Any) -> str:
        body = {"action": action, "ids": ids, "next": "/history/", **fields}
        answer = self.client.post(URL, body, headers=FRAGMENT)
        assert answer.status_code == 200
        html = answer.content.decode()
        assert "<html" not in html
        return html

    def test_the_page_gets_what_has_changed_drawn_anew(self) -> None:
        first, second = make_media(), make_media()
        html = self.fragment("pin", first.public_id)
        assert "1 result is pinned." in html
        assert f'data-replaces="{first.generation.public_id}"' in html
        assert "is-pinned" in html
        assert second.public_id not in html

    def test_what_is_in_the_trash_is_drawn_as_nothing(self) -> None:
        media = make_media()
        html = self.fragment("delete", media.public_id, confirmed=1)
        assert re.search(f'<template data-replaces="{media.generation.public_id}">\\s*</template>', html)
        assert "data-can-undo" in html

    def test_a_question_comes_without_a_page_around_it(self) -> None:
        html = self.fragment("again", make_generation(prompt="<b>").public_id)
        assert "Run 1 request again?" in html
        assert "&lt;b&gt;" in html


class AgainTests(_SelectionTests):
    def token(self, *ids: str) -> str:
        question = self.post("again", *ids)
        found = re.search(r'name="token" value="([^"]+)"', question.content.decode())  # type: ignore[attr-defined]
        assert found is not None
        return found[1]

    def test_each_request_is_asked_for_once_however_many_of_its_files_are_selected(self) -> None:
        owner = make_generation(prompt="a cat")
        files = [make_media(generation=owner).public_id for _ in range(2)]
        question = self.post("again", *files)
        assert b"Run 1 request again?" in question.content  # type: ignore[attr-defined]
        assert b"about 3 credits" in question.content  # type: ignore[attr-defined]
        assert self.said(self.post("again", *files, confirmed=1, token=self.token(*files))) == [
            "1 request is on its way."
        ]
        new = Generation.objects.exclude(pk=owner.pk).get()
        assert (new.prompt, new.status, new.owner) == ("a cat", "queued", f"user:{self.staff.pk}")

    def test_what_is_sent_twice_is_paid_for_once(self) -> None:
        owner = make_generation()
        token = self.token(owner.public_id)
        for _ in range(2):
            self.post("again", owner.public_id, confirmed=1, token=token)
        assert Generation.objects.count() == 2
        self.post("again", owner.public_id, confirmed=1, token=self.token(owner.public_id))
        assert Generation.objects.count() == 3

    def test_nothing_is_asked_for_without_the_question(self) -> None:
        owner = make_generation()
        assert self.said(self.post("again", owner.public_id, confirmed=1)) == ["Nothing was asked for again."]
        assert Generation.objects.count() == 1

    def test_more_than_twenty_at_a_time_are_refused(self) -> None:
        ids = [make_generation().public_id for _ in range(21)]
        question = self.post("again", *ids)
        assert b"At most 20" in question.content  # type: ignore[attr-defined]
        assert b'name="token"' not in question.content  # type: ignore[attr-defined]
        self.post("again", *ids, confirmed=1, token="t" * 24)
        assert Generation.objects.count() == 21

    def test_others_pay_with_the_key_that_paid_before(self) -> None:
        kim = get_user_model().objects.create_user("kim")
        make_api_key(owner=kim)
        second = make_api_key(owner=kim)
        owner = make_generation(api_key=second)
        self.client.force_login(kim)
        self.post("again", owner.public_id, confirmed=1, token=self.token(owner.public_id))
        assert Generation.objects.exclude(pk=owner.pk).get().api_key == second

    def test_a_refusal_is_told_with_its_reason(self) -> None:
        kim = get_user_model().objects.create_user("kim")
        owner = make_generation(prompt="a cat", api_key=make_api_key(owner=kim, enabled=False))
        self.client.force_login(kim)
        said = self.said(self.post("again", owner.public_id, confirmed=1, token=self.token(owner.public_id)))
        assert said == ["Nothing was asked for again. Refused: a cat: the API key is not valid."]
