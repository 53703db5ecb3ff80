"""A history of many kinds, read page by page and all at once, for its tests."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from accounts.models import Account, ApiKey
from generation.history import Wanted, history_page
from generation.models import Generation, Media
from generation.seeking import Patience
from generation.viewing import Viewer
from tests.factories import make_account, make_api_key, make_generation

Status = Generation.Status
NOON = timezone.make_aware(datetime(2026, 11, 20, 12))
STAFF = Viewer(user_id=0, sees_all=True)


def hasty() -> Patience:
    """Over after each step."""
    ticks = itertools.count()
    return Patience(seconds=1.0, clock=lambda: float(next(ticks)))


def walk(*, viewer: Viewer = STAFF, size: int = 7, is_hasty: bool = False, **wanted: Any) -> list[Generation]:
    """All pages, one after the other."""
    found: list[Generation] = []
    before = ""
    for _ in range(300):
        patience = hasty() if is_hasty else None
        page = history_page(viewer=viewer, wanted=Wanted(**wanted), before=before, size=size, patience=patience)
        assert len(page.generations) <= size
        assert bool(page.searched_until) == (bool(page.before) and len(page.generations) < size)
        found += page.generations
        before = page.before
        if not before:
            return found
    raise AssertionError("There is always one more page.")


class HistoryTestCase(TestCase):
    accounts: list[Account]
    keys: list[ApiKey]
    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        chance = random.Random(7)
        cls.person = User.objects.create_user("person")
        cls.accounts = [make_account() for _ in range(2)]
        cls.keys = [make_api_key(), make_api_key(owner=cls.person), make_api_key(owner=cls.person)]
        for number in range(120):
            at = NOON + timedelta(days=number // 20, seconds=number)
            generation = make_generation(
                created_at=at,
                kind=chance.choice(("image", "image", "image", "video")),
                model=chance.choice(("jimeng-4.5", "jimeng-4.0", "jimeng-3.1")),
                status=chance.choice((*Status.values, Status.SUCCEEDED, Status.SUCCEEDED)),
                account=chance.choice((*cls.accounts, None)),
                api_key=chance.choice((*cls.keys, None)),
                client_name=chance.choice(("OpenAI", "n8n", "")),
                pinned_at=at if chance.random() < 0.2 else None,
                deleted_at=at if chance.random() < 0.2 else None,
            )
            for position in range(chance.randrange(3)):
                Media.objects.create(
                    generation=generation,
                    position=position,
                    kind="image",
                    deleted_at=at if chance.random() < 0.2 else None,
                    removed_at=at if chance.random() < 0.2 else None,
                )

    def naive(self, wanted: Wanted, *, only: Viewer = STAFF) -> list[Generation]:
        """What is wanted, by reading all rows."""
        rows = Generation.objects.select_related("api_key").prefetch_related("media").order_by("-pk")
        return [row for row in rows if _is_wanted(row, wanted) and (only.sees_all or _owner(row) == only.user_id)]


def _owner(row: Generation) -> int | None:
    return row.api_key.owner_id if row.api_key else None


def _is_wanted(row: Generation, wanted: Wanted) -> bool:
    day = timezone.localdate(row.created_at)
    files = list(row.media.all())
    in_trash = any(each.deleted_at and not each.removed_at for each in files) or (row.deleted_at and not files)
    return all(
        (
            wanted.kind in ("", row.kind),
            wanted.model in ("", row.model),
            wanted.status in ("", row.status),
            wanted.account_id in (0, row.account_id),
            wanted.key_id in (0, row.api_key_id),
            wanted.client in ("", row.client_name),
            wanted.since is None or day >= wanted.since,
            wanted.until is None or day <= wanted.until,
            not wanted.pinned or row.pinned_at,
            not wanted.failed or row.status == Status.FAILED,
            in_trash if wanted.trash else not row.deleted_at,
        )
    )
