"""The page of one account in the admin, through the front door."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import vault
from accounts.models import Account, CreditSnapshot, Lease
from tests.accounts.desk import ADD, LIST, AdminTestCase, change_url, form_of
from tests.factories import make_account, make_generation

Health = Account.Health
Reason = Account.RestReason


class AccountDetailTests(AdminTestCase):
    def test_no_page_shows_a_sessionid(self) -> None:
        account = make_account(sessionid="very-secret-login-wxyz")
        for url in (LIST, change_url(account), ADD):
            page = self.page(url)
            assert "very-secret-login" not in page
            assert account.sessionid_encrypted not in page
            assert account.fingerprint not in page
        assert "…wxyz" in self.page(change_url(account))

    def test_it_shows_what_holds_it_and_how_its_balance_went(self) -> None:
        account = make_account()
        generation = make_generation(account=account, prompt="a lighthouse")
        Lease.objects.create(account=account, holder=generation.public_id, taken_at=timezone.now())
        for number in range(25):
            at = timezone.now() - timedelta(hours=number)
            CreditSnapshot.objects.create(account=account, gift=1000 - number, purchase=0, vip=0, at=at)
        page = self.page(change_url(account))
        assert reverse("admin:generation_generation_change", args=[generation.public_id]) in page
        assert "a lighthouse" in page
        assert ">981<" in page  # the 20th balance
        assert ">980<" not in page

    def test_replacing_the_sessionid_keeps_the_account(self) -> None:
        account = make_account(sessionid="the-old-login-0001", health=Health.EXPIRED)
        device = (account.web_id, account.uid_tt)
        given = form_of(account, new_sessionid=" sessionid=the-new-login-0002 ")
        self.assertContains(self.client.post(change_url(account), given, follow=True), "The sessionid is replaced")
        account.refresh_from_db()
        assert vault.decrypt(account.sessionid_encrypted) == "the-new-login-0002"
        assert (account.health, account.sessionid_tail) == (Health.UNKNOWN, "0002")
        assert (account.web_id, account.uid_tt) == device

    def test_a_sessionid_that_is_wrong_or_another_accounts_is_refused(self) -> None:
        make_account(sessionid="the-other-login-0009", name="other")
        account = make_account(sessionid="the-old-login-0001")
        for given, said in (("bad one", "This is not a sessionid"), ("the-other-login-0009", "Stored already: other")):
            response = self.client.post(change_url(account), form_of(account, new_sessionid=given))
            self.assertContains(response, said)
            self.assertNotContains(response, given)
        account.refresh_from_db()
        assert vault.decrypt(account.sessionid_encrypted) == "the-old-login-0001"

    def test_saving_writes_only_what_was_edited(self) -> None:
        """The engine learns while the operator types; a whole-row save would undo it."""
        account = make_account()
        with CaptureQueriesContext(connection) as queries:
            self.client.post(change_url(account), form_of(account, name="new name", tags="fast，studio, fast"))
        updates = [each["sql"] for each in queries if each["sql"].startswith('UPDATE "accounts_account"')]
        assert len(updates) == 1
        assert "health" not in updates[0]
        account.refresh_from_db()
        assert (account.name, account.tags) == ("new name", ["fast", "studio"])
        assert 'value="fast, studio"' in self.page(change_url(account))

    def test_save_and_wake_is_one_button(self) -> None:
        account = make_account(health=Health.RESTING, rest_until=timezone.now() + timedelta(hours=1))
        button = {"accounts_account_save_and_wake": ""}
        self.client.post(change_url(account), form_of(account, notes="looked at") | button)
        account.refresh_from_db()
        assert (account.health, account.notes) == (Health.UNKNOWN, "looked at")

    def test_who_may_only_look_finds_no_way_to_change(self) -> None:
        account = make_account()
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_account"))
        self.client.force_login(viewer)
        page = self.page(change_url(account))
        assert "_save" not in page
        assert "new_sessionid" not in page
        assert self.client.post(change_url(account), form_of(account, name="x")).status_code == 403
        assert "probe_now" not in self.page(LIST)
