"""Who asks at a page, and whose key is charged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import TestCase
from django.utils import timezone

from accounts.api_keys import api_keys_revoke
from accounts.models import ApiKey
from generation.errors import InvalidApiKey
from generation.pages.asking import caller_of
from generation.viewing import Viewer
from tests.factories import make_api_key


def broken_keys(**over: object) -> list[ApiKey]:
    """Disabled, expired, revoked."""
    keys = [make_api_key(enabled=False, **over), make_api_key(expires_at=timezone.now() - timedelta(1), **over)]
    revoked = make_api_key(**over)
    api_keys_revoke(api_key_ids=[revoked.pk])
    ApiKey.objects.filter(pk=revoked.pk).update(enabled=True)
    return [*keys, revoked]


class CallerTests(TestCase):
    def setUp(self) -> None:
        users = get_user_model().objects
        self.staff = Viewer.of(users.create_user("operator", is_staff=True))
        self.user = users.create_user("plain")
        self.plain = Viewer.of(self.user)

    def test_staff_charge_nobody_unless_they_say_so(self) -> None:
        key = make_api_key()
        caller = caller_of(self.staff, None)
        assert (caller.api_key, caller.user_id, caller.client) == (None, self.staff.user_id, "page")
        assert caller.owner == f"user:{self.staff.user_id}"
        charged = caller_of(self.staff, key.pk)
        assert (charged.api_key, charged.owner, charged.user_id) == (key, f"key:{key.pk}", self.staff.user_id)

    def test_others_charge_their_first_key_that_works_or_the_one_they_choose(self) -> None:
        broken_keys(owner=self.user)
        first, second = make_api_key(owner=self.user), make_api_key(owner=self.user)
        assert caller_of(self.plain, None).api_key == first
        assert caller_of(self.plain, second.pk).api_key == second

    def test_others_without_a_key_that_works_cannot_ask(self) -> None:
        broken_keys(owner=self.user)
        make_api_key()  # nobody's
        with pytest.raises(InvalidApiKey, match="no API key that works"):
            caller_of(self.plain, None)

    def test_nobody_charges_a_key_that_does_not_work_nor_others_one_that_is_not_theirs(self) -> None:
        for key in broken_keys(owner=self.user):
            for viewer in (self.staff, self.plain):
                with pytest.raises(InvalidApiKey):
                    caller_of(viewer, key.pk)
        with pytest.raises(InvalidApiKey, match="not yours"):
            caller_of(self.plain, make_api_key().pk)
