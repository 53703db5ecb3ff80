"""What is done to many accounts at once in the admin, and who did it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from accounts.audit import change_in_words
from accounts.models import Account, AccountEvent, BulkTask
from accounts.reading import read_entries
from tests.accounts.desk import LIST, AdminTestCase
from tests.factories import make_account


class ActionTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.first = make_account(name="first", tags=["a"])
        self.second = make_account(name="second")
        AccountEvent.objects.all().delete()

    def post(self, action: str, **more: Any) -> Any:
        given = {"action": action, "_selected_action": [self.first.pk, self.second.pk], **more}
        return self.client.post(LIST, given, follow=True)

    def log(self) -> set[tuple[str, str]]:
        return {(each.object_repr, change_in_words(each)) for each in LogEntry.objects.filter(user=self.operator)}

    def test_many_are_probed_or_checked_in_as_a_task_with_a_page(self) -> None:
        for action, kind in (("probe_now", "probe"), ("check_in_now", "check_in")):
            with self.subTest(action):
                response = self.post(action)
                task = BulkTask.objects.get(kind=kind)
                assert task.created_by == "operator"
                assert task.items.count() == 2
                expected = reverse("admin:accounts_bulktask_change", args=[task.public_id])
                assert response.redirect_chain[-1][0] == expected
        assert self.log() >= {("first", "Asked for a probe."), ("second", "Asked for a check-in.")}

    def test_rest_for_an_hour_and_a_day(self) -> None:
        for action, hours in (("rest_hour", 1), ("rest_day", 24)):
            with self.subTest(action):
                self.post(action)
                self.first.refresh_from_db()
                assert self.first.rest_until is not None
                assert abs(self.first.rest_until - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)
        assert set(AccountEvent.objects.values_list("kind", "actor")) == {("rested", "operator")}

    def test_rest_for_a_chosen_time_asks_first(self) -> None:
        page = self.post("rest_for").content.decode()
        assert "For 2 accounts:" in page
        assert "first, second" in page
        assert not Account.objects.filter(rest_until__isnull=False).exists()
        assert "Ensure this value is" in self.post("rest_for", answered="yes", hours="0").content.decode()
        self.assertContains(self.post("rest_for", answered="yes", hours="2.5"), "2 accounts rest until")
        self.first.refresh_from_db()
        assert self.first.rest_until is not None
        assert abs(self.first.rest_until - timezone.now() - timedelta(hours=2.5)) < timedelta(minutes=1)

    def test_tags_are_added_and_taken_away(self) -> None:
        assert "Name at least one tag" in self.post("set_tags", answered="yes").content.decode()
        self.post("set_tags", answered="yes", add="b, c", remove="a")
        assert list(Account.objects.order_by("pk").values_list("tags", flat=True)) == [["b", "c"], ["b", "c"]]
        assert ("first", "Tags: +b, +c, -a.") in self.log()

    def test_all_that_a_filter_finds_are_meant_when_all_are_chosen(self) -> None:
        make_account(name="third", enabled=False)
        given = {"action": "set_tags", "_selected_action": [self.first.pk], "select_across": "1"}
        page = self.client.post(f"{LIST}?state=off", given).content.decode()
        assert 'name="select_across" value="1"' in page
        assert "For 1 account:" in page
        assert f'action="{LIST}?state=off"' in page

    def test_switching_is_written_down_with_who_did_it(self) -> None:
        self.post("disable")
        self.post("enable")
        assert list(AccountEvent.objects.order_by("pk").values_list("kind", "actor")) == [
            *[("disabled", "operator")] * 2,
            *[("enabled", "operator")] * 2,
        ]
        assert self.log() == {(name, words) for name in ("first", "second") for words in ("Disabled.", "Enabled.")}

    def test_export_gives_a_bundle_that_the_import_reads(self) -> None:
        password = "correct horse"
        wrong = self.post("export_bundle", answered="yes", password=password, again="other horse")
        self.assertContains(wrong, "not the same")
        response = self.post("export_bundle", answered="yes", password=password, again=password)
        assert response["Content-Disposition"].startswith('attachment; filename="jimeng-accounts-')
        entries = read_entries(response.content, password=password)
        assert [each.name for each in entries] == ["first", "second"]
        assert ("first", "Exported in an encrypted bundle.") in self.log()

    def test_the_list_leads_to_the_import(self) -> None:
        self.assertContains(self.client.get(LIST), reverse("admin:accounts_account_import_accounts"))
        response = self.client.get(reverse("admin:accounts_account_import_accounts"))
        assert response["Location"] == reverse("admin:accounts_importbatch_add")
