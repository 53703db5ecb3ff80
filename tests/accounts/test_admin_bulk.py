"""Bulk tasks in the admin: how far they are, what came of each account, and when they are over."""

from __future__ import annotations

import re
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.models import BulkTask
from tests.accounts.test_admin_imports import ImportTestCase, session


class ProgressPageTests(ImportTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.store(self.paste(f"{session(1)}\n{session(2)}"))
        self.task = BulkTask.objects.get()
        self.url = reverse("admin:accounts_bulktask_change", args=[self.task.public_id])

    def test_it_goes_on_by_itself_with_and_without_javascript(self) -> None:
        page = self.page(self.url)
        assert '<noscript><meta http-equiv="refresh"' in page
        assert "js/bulk_progress.js" in page
        part = self.page(f"{self.url}?part=1")
        assert "<html" not in part
        assert "0 of 2 done" in part

    def test_outcomes_are_counted_and_told_in_words(self) -> None:
        first, second = self.task.items.order_by("pk")
        first.outcome, first.done_at = "expired", timezone.now()
        first.save()
        page = self.page(self.url)
        assert "1 of 2 done" in page
        assert "login expired" in page
        assert "waiting" in page
        second.outcome, second.done_at = "alive", timezone.now() + timedelta(seconds=1)
        second.save()
        page = self.page(self.url)
        assert "2 of 2 done" in page
        assert "data-over" in page
        assert "http-equiv" not in page
        only = self.page(f"{self.url}?outcome=alive")
        assert second.account_label in only
        assert first.account_label not in only

    def test_the_list_of_tasks_costs_few_queries(self) -> None:
        url = reverse("admin:accounts_bulktask_changelist")
        (link,) = re.findall(r'href="([^"]*/bulktask/[^"]+/change/[^"]*)"', self.page(url))
        assert "0 of 2 done" in self.page(link)
        for _ in range(5):
            BulkTask.objects.create(kind="probe", created_at=timezone.now())
        with self.assertNumQueries(5):
            self.client.get(url)
