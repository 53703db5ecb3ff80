"""The audit log: who did what in the admin, and nobody changes it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from accounts.audit import audit
from accounts.models import Account
from tests.accounts.desk import AdminTestCase, change_url, form_of
from tests.factories import make_account

LOG = reverse("admin:admin_logentry_changelist")


class AuditLogTests(AdminTestCase):
    def entries(self, query: str) -> list[str]:
        return [entry.object_repr for entry in self.client.get(f"{LOG}?{query}").context["cl"].result_list]

    def test_a_change_through_a_form_is_there_in_words_with_its_object(self) -> None:
        account = make_account(name="studio")
        self.client.post(change_url(account), form_of(account, notes="looked at"))
        page = self.page(LOG)
        assert f'href="{change_url(account)}"' in page.replace("&amp;", "&")
        assert "Changed Notes." in page
        assert "operator" in page

    def test_a_user_that_can_be_nobody_is_no_error(self) -> None:
        for query in ("who=99999999999999999999", "who=nobody", "p=999999", "o=abc"):
            with self.subTest(query):
                assert self.client.get(f"{LOG}?{query}", follow=True).status_code == 200

    def test_what_our_own_actions_did_is_there_and_in_the_history_of_the_object(self) -> None:
        account = make_account(name="<b>studio</b>")
        audit(user_id=self.operator.pk, objects=[account], message="Rests until %(until)s.", until="18:00")
        history = self.page(reverse("admin:accounts_account_history", args=[account.pk]))
        for page in (self.page(LOG), history):
            assert "Rests until 18:00." in page
            assert "<b>studio" not in page
            assert "&quot;text&quot;" not in page

    def test_what_is_gone_has_no_link(self) -> None:
        account = make_account(name="studio")
        audit(user_id=self.operator.pk, objects=[account], message="Cancel", flag=DELETION)
        Account.objects.all().delete()
        page = self.page(LOG)
        assert "studio" in page
        assert "accounts/account/" not in page.split('id="result_list"')[-1]

    def test_it_is_narrowed_by_user_action_and_time_and_searched(self) -> None:
        other = User.objects.create_user("ann", is_staff=True)
        audit(user_id=self.operator.pk, objects=[make_account(name="first")], message="Cancel")
        audit(user_id=other.pk, objects=[make_account(name="second")], message="Cancel", flag=ADDITION)
        audit(user_id=other.pk, objects=[make_account(name="third")], message="Cancel")
        LogEntry.objects.filter(object_repr="third").update(action_time=timezone.now() - timedelta(days=5))
        table = {
            "": ["third", "second", "first"],
            f"who={other.pk}": ["third", "second"],
            f"did={ADDITION}": ["second"],
            "when=day": ["second", "first"],
            "when=week": ["third", "second", "first"],
            "q=sec": ["second"],
            "q=ann": ["third", "second"],
            "who=x": ["third", "second", "first"],
        }
        for query, wanted in table.items():
            with self.subTest(query):
                assert self.entries(query) == wanted

    def test_nobody_changes_it(self) -> None:
        audit(user_id=self.operator.pk, objects=[make_account()], message="Cancel")
        entry = LogEntry.objects.get()
        url = reverse("admin:admin_logentry_change", args=[entry.pk])
        assert '"text"' not in self.page(url)
        assert self.client.post(url, {"object_repr": "x"}).status_code == 403
        assert self.client.post(reverse("admin:admin_logentry_delete", args=[entry.pk])).status_code == 403
        assert self.client.get(reverse("admin:admin_logentry_add")).status_code == 403
