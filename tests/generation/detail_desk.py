"""People before the page of a generation."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import TestCase

from generation.models import Generation


class DetailTestCase(TestCase):
    """Staff look, unless `log_in` says otherwise."""

    def setUp(self) -> None:
        users = get_user_model().objects
        self.staff = users.create_user("operator", is_staff=True)
        self.plain = users.create_user("plain")
        self.client.force_login(self.staff)

    def log_in(self, user: Any) -> None:
        self.client.force_login(user)

    def page(self, row: Generation, *, status: int = 200, path: str = "") -> str:
        answer = self.client.get(f"/history/{row.public_id}/{path}")
        assert answer.status_code == status, answer.status_code
        return unescape(answer.content.decode())

    def post(self, row: Generation, action: str, **fields: Any) -> HttpResponse:
        answer: HttpResponse = self.client.post(f"/history/{row.public_id}/{action}/", fields)
        return answer

    def told(self, answer: HttpResponse) -> str:
        """The page that an answer leads to."""
        assert answer.status_code == 302, answer.status_code
        return unescape(self.client.get(answer["location"]).content.decode())
