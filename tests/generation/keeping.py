"""Who looks at results, for tests of what is kept: the operator, the owner of a key, and a stranger with another."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.test import TestCase

from accounts.models import ApiKey
from generation.models import Generation, GenerationEvent, Media
from generation.viewing import Viewer
from tests.factories import make_api_key, make_generation, make_media


class Cast:
    """`owner_key` asks for pictures, `stranger_key` is somebody else's; `staff` sees all."""

    def __init__(self) -> None:
        users = get_user_model().objects
        self.owner_user = users.create_user("olivia", password="her word")
        self.stranger_user = users.create_user("sam", password="his word")
        self.staff_user = users.create_superuser("root", password="a word")
        self.owner_key: ApiKey = make_api_key(owner=self.owner_user)
        self.stranger_key: ApiKey = make_api_key(owner=self.stranger_user)
        self.owner, self.stranger = Viewer.of(self.owner_user), Viewer.of(self.stranger_user)
        self.staff = Viewer.of(self.staff_user)

    def generation(self, *, files: int = 0, **over: Any) -> Generation:
        """Of the owner, with so many files."""
        made = make_generation(api_key=over.pop("api_key", self.owner_key), **over)
        for _ in range(files):
            make_media(generation=made)
        return made


class CastTestCase(TestCase):
    """Made once for a class; each test gets it as it was."""

    cast: Cast

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cast = Cast()


def files_of(generation: Generation) -> list[Media]:
    return list(Media.objects.filter(generation=generation).order_by("position"))


def last_event(generation: Generation) -> tuple[str, dict[str, Any]]:
    event = GenerationEvent.objects.filter(generation=generation).order_by("pk").last()
    return ("", {}) if event is None else (event.kind, event.detail)
