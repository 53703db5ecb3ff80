"""The first page: how to begin, and what the page costs."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, ApiKey
from generation.models import Generation
from tests.factories import make_account, make_api_key, make_generation, make_media
from tests.site.test_pages_home import URL, HomeTestCase

Status = Generation.Status


class StepTests(HomeTestCase):
    def test_each_vanishes_when_it_is_done_and_at_last_the_card(self) -> None:
        page = self.page(self.staff)
        assert "0 of 4 done" in page
        assert "curl http://testserver/v1/images/generations" in page
        make_account()
        assert "1 of 4 done Done: Add a Jimeng login 2 Make an API key" in self.words(self.staff)
        key = make_api_key()
        assert "2 of 4 done" in self.words(self.staff)
        type(key).objects.update(last_used_at=timezone.now())
        page = self.page(self.staff)
        assert "3 of 4 done" in page
        assert "curl" not in page
        make_generation()
        assert "Getting started" not in self.page(self.staff)


class CostTests(HomeTestCase):
    def queries(self, user: User) -> int:
        self.client.force_login(user)
        with CaptureQueriesContext(
            connection,
        ) as found:
            self.client.get(URL)
        return len(found)

    def test_it_asks_as_much_for_many_as_for_few(self) -> None:
        """Each key that belongs to the reader costs one query more: it has an index of its own."""
        key = make_api_key(owner=self.person)
        self.fill(1, key)
        before = self.queries(self.staff), self.queries(self.person)
        self.fill(9, key)
        assert (self.queries(self.staff), self.queries(self.person)) == before
        assert max(before) <= 17

    def fill(self, count: int, key: ApiKey) -> None:
        for _number in range(count):
            account = make_account(health=Account.Health.ALIVE)
            make_media(generation=make_generation(api_key=key, account=account))
            make_generation(api_key=key, account=account, status=Status.SUBMITTED)

    def test_a_refresh_asks_only_for_what_changes(self) -> None:
        make_generation(status=Status.QUEUED, prompt="still open")
        make_account()
        page = self.page(self.staff, **{"hx-request": "true"})
        assert "still open" in page
        assert "<html" not in page
        assert "Pool" not in page
        assert "HX-Request" in self.client.get(URL)["Vary"]
