"""Who looks at the history: staff see all of it, other people what their own API keys asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q

from accounts.models import ApiKey
from generation.errors import UnknownGeneration
from generation.models import Generation, Media
from generation.querysets import GenerationQuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """`user_id`: primary key of the user. `sees_all`: staff."""

    user_id: int
    sees_all: bool

    @classmethod
    def of(cls, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Of a user who is logged in."""
        assert user.pk is not None  # noqa: S101  (narrows for the type checker)
        return cls(user_id=user.pk, sees_all=bool(getattr(user, "is_staff", False)))


def key_ids_of(viewer: Viewer) -> list[int]:
    """The API keys that belong to this person. One query."""
    return list(ApiKey.objects.filter(owner_id=viewer.user_id).order_by("pk").values_list("pk", flat=True))


def generations_of(viewer: Viewer) -> GenerationQuerySet:
    """All that this person may see, those in the trash too."""
    visible = Generation.objects.all()
    return visible if viewer.sees_all else visible.filter(api_key_id__in=key_ids_of(viewer))


def generation_of(viewer: Viewer, public_id: str) -> Generation:
    """One that this person may see, with account and key. Raises UnknownGeneration."""
    found = generations_of(viewer).filter(public_id=public_id).select_related("account", "api_key").first()
    if found is None:
        raise UnknownGeneration
    return found


def media_of_viewer(viewer: Viewer, public_ids: list[str]) -> list[Media]:
    """Files that this person may see, of those named, with `generation`."""
    found = Media.objects.filter(public_id__in=public_ids).select_related("generation")
    if not viewer.sees_all:
        found = found.filter(generation__api_key_id__in=key_ids_of(viewer))
    return list(found.order_by("generation_id", "position"))


def parts_of(viewer: Viewer, public_id: str) -> list[Generation]:
    """All generations of one request, with `media`; `public_id`: of any of them. Raises UnknownGeneration."""
    found = generation_of(viewer, public_id)
    parts = Q(group_id=found.group_id) if found.group_id else Q(pk=found.pk)
    return list(generations_of(viewer).filter(parts).order_by("pk").prefetch_related("media"))
