"""What the tests of the page to create share: its people, and what its answers say."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase

from accounts.models import ApiKey
from generation.models import Generation
from generation.pages.create_keys import handle_of
from tests.factories import make_account, make_api_key
from tests.generation.hostile_pictures import picture

TOKEN = "t" * 24


class CreatePageCase(TestCase):
    """An operator, and a person with a key of their own; the pool has one account with credits."""

    def setUp(self) -> None:
        self.account = make_account(name="the only account", gift_credits=100)
        self.operator = User.objects.create_superuser("operator")
        self.person = User.objects.create_user("kim")
        self.key = make_api_key(name="kim's key", owner=self.person)
        self.stranger_key = make_api_key(name="zoe's key", owner=User.objects.create_user("zoe"))
        self.client.force_login(self.operator)

    def as_person(self) -> Client:
        client = Client()
        client.force_login(self.person)
        return client

    def ask(self, client: Client | None = None, *, htmx: bool = False, **fields: Any) -> Any:
        headers = {"HX-Request": "true"} if htmx else {}
        given = {"prompt": "a cat", "token": TOKEN, **fields}
        return (client or self.client).post("/create/", given, headers=headers)

    def refuses(self, field: str, **fields: Any) -> str:
        """Ask, and see that nothing was stored and that an error stands at the field. The page."""
        before = Generation.objects.count()
        answer = self.ask(**fields)
        assert answer.status_code == 422
        assert Generation.objects.count() == before
        assert list(answer.context["composer"].errors) == [field]
        text: str = unescape(answer.content.decode())
        assert answer.context["composer"].errors[field] in text
        return text


def png(name: str = "cat.png", **over: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture("PNG", **over), content_type="image/png")


def tokens_in(page: str) -> list[str]:
    """Signed names of the pictures in the form."""
    return re.findall(r'name="input" value="([^"]+)"', page)


def handle(key: ApiKey) -> str:
    return handle_of(key)
