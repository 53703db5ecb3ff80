"""The page to create, through the test client."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import TestCase

from generation.models import Generation
from tests.factories import make_account


class CreatePageTests(TestCase):
    def setUp(self) -> None:
        make_account(gift_credits=100)
        self.client.force_login(User.objects.create_superuser("operator"))

    def test_the_form_is_there(self) -> None:
        page = self.client.get("/create/")
        assert page.status_code == 200
        print(page.content.decode())

    def test_it_asks_once(self) -> None:
        for _ in range(2):
            answer = self.client.post("/create/", {"prompt": "a cat", "token": "t" * 24})
            assert answer.status_code == 302, answer.content.decode()
        made = Generation.objects.get()
        assert answer["location"] == f"/history/{made.public_id}/"
