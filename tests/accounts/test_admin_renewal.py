"""On the page of an account: proxy, end of the login, links to renew it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Permission, User
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts import vault
from accounts.models import Account, AccountEvent, RenewalLink
from accounts.proxies import account_proxy_tested, account_set_proxy, proxy_of
from accounts.proxy_addresses import parse_proxy
from accounts.renewals import renewal_find
from tests.accounts.desk import LIST, AdminTestCase, change_url, form_of
from tests.factories import make_account

PROXY = "socks5://ann:verysecret@proxy.example:1080"


def url_of(name: str, account: Account, *more: int) -> str:
    return reverse(f"admin:accounts_account_{name}", args=[account.pk, *more])


class ProxyFieldTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.account = make_account()

    def save(self, **fields: str) -> str:
        response = self.client.post(change_url(self.account), form_of(self.account, **fields), follow=True)
        self.account.refresh_from_db()
        return str(response.content.decode())

    def test_it_goes_in_and_is_shown_without_its_password(self) -> None:
        page = self.save(new_proxy=PROXY)
        assert "The proxy is stored and is tested now" in page
        assert proxy_of(self.account) == PROXY
        for text in (page, self.page(change_url(self.account)), self.page(LIST)):
            assert "verysecret" not in text
            assert self.account.proxy_encrypted not in text
        assert "socks5://proxy.example:1080" in self.page(change_url(self.account))

    def test_a_wrong_one_is_told_and_not_repeated(self) -> None:
        page = self.save(new_proxy="socks5://ann:verysecret@proxy.example")
        assert "The port is missing" in page
        assert "verysecret" not in page
        assert self.account.proxy_encrypted == ""

    def test_it_can_be_removed(self) -> None:
        self.save(new_proxy=PROXY)
        assert "Either give a new proxy or remove it" in self.save(new_proxy=PROXY, remove_proxy="on")
        assert "calls go straight" in self.save(remove_proxy="on")
        assert (self.account.proxy_encrypted, self.account.proxy_label) == ("", "")

    def test_saving_something_else_leaves_it(self) -> None:
        self.save(new_proxy=PROXY)
        self.save(notes="looked at")
        assert proxy_of(self.account) == PROXY

    def test_the_button_asks_for_a_test_and_the_page_says_how_it_went(self) -> None:
        self.save(new_proxy=PROXY)
        now = timezone.now()
        account_proxy_tested(
            account_id=self.account.pk, proxy_encrypted=self.account.proxy_encrypted, took_ms=123, error="", at=now
        )
        state = url_of("proxy_state", self.account)
        assert "123 ms" in self.page(state)
        assert "data-again" not in self.page(state)
        self.assertContains(
            self.client.post(url_of("test_proxy", self.account), follow=True), "The proxy is tested now"
        )
        assert f'data-again="{state}"' in self.page(state)
        account_proxy_tested(
            account_id=self.account.pk,
            proxy_encrypted=self.account.proxy_encrypted,
            took_ms=None,
            error="The proxy could not be reached.",
            at=now,
        )
        assert "The proxy could not be reached." in self.page(state)
        assert "The proxy could not be reached." in self.page(change_url(self.account))

    def test_without_one_there_is_nothing_to_test(self) -> None:
        self.assertContains(
            self.client.post(url_of("test_proxy", self.account), follow=True), "This account has no proxy"
        )


class LoginEndTests(AdminTestCase):
    def test_list_and_page_say_when_and_from_what(self) -> None:
        make_account(login_expires_at=timezone.now() + timedelta(days=12, hours=1))
        page = self.page(LIST)
        assert ">12 days<" in page
        assert "from its cookie" in page
        guessed = make_account(login_since=timezone.now() - timedelta(days=60))
        page = self.page(change_url(guessed))
        assert "due, still alive" in page
        assert "a guess: 60 days" in page

    def test_a_pasted_cookie_header_renews_it_and_tells_the_end(self) -> None:
        account = make_account(sessionid="the-old-login-0001")
        header = "sid_guard=the-new-login-0002%7C1900000000%7C5184000%7Cx; sessionid=the-new-login-0002"
        self.client.post(change_url(account), form_of(account, new_sessionid=header))
        account.refresh_from_db()
        assert vault.decrypt(account.sessionid_encrypted) == "the-new-login-0002"
        assert account.login_expires_at == datetime.fromtimestamp(1_900_000_000 + 5_184_000, UTC)
        assert AccountEvent.objects.get(kind="renewed").actor == "operator"


class LinkTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.account = make_account(name="mine", upstream_user_id="4711")

    def make(self) -> str:
        """Presses the button; returns the link."""
        response = self.client.post(url_of("make_link", self.account))
        assert "no-store" in response["Cache-Control"]
        found = re.search(r'value="([^"]+/renew/[^"]+)"', response.content.decode())
        assert found is not None
        return found[1]

    def test_it_is_shown_once(self) -> None:
        link = self.make()
        assert link.startswith("http://testserver/renew/")
        token = link.removeprefix("http://testserver/renew/").rstrip("/")
        assert renewal_find(token=token) == RenewalLink.objects.get()
        page = self.page(change_url(self.account))
        assert token not in page
        assert "made by operator" in page
        assert "0 / 5" in page

    @override_settings(PUBLIC_BASE_URL="https://gateway.example/base")
    def test_it_has_the_public_address(self) -> None:
        assert self.make().startswith("https://gateway.example/base/renew/")

    def test_an_account_that_nobody_has_met_gets_none(self) -> None:
        unknown = make_account()
        page = self.client.post(url_of("make_link", unknown), follow=True)
        self.assertContains(page, "its Jimeng user is not known")
        assert not RenewalLink.objects.exists()

    def test_it_can_be_revoked_and_the_history_says_so(self) -> None:
        self.make()
        link = RenewalLink.objects.get()
        url = url_of("revoke_link", self.account, link.pk)
        assert url in self.page(change_url(self.account))
        self.assertContains(self.client.post(url, follow=True), "The link is revoked")
        self.assertContains(self.client.post(url, follow=True), "used already, or is gone")
        history = self.page(reverse("admin:accounts_account_history", args=[self.account.pk]))
        assert "Made a renewal link." in history
        assert "Revoked a renewal link." in history

    def test_who_may_only_look_sees_links_and_can_do_nothing(self) -> None:
        self.make()
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_account"))
        self.client.force_login(viewer)
        page = self.page(change_url(self.account))
        assert "made by operator" in page
        for word in ("Make a renewal link", "Revoke", "new_proxy", "remove_proxy"):
            assert word not in page
        for url in (
            url_of("make_link", self.account),
            url_of("revoke_link", self.account, RenewalLink.objects.get().pk),
            url_of("test_proxy", self.account),
        ):
            assert self.client.post(url).status_code == 403
        assert self.client.get(url_of("proxy_state", self.account)).status_code == 200

    def test_strangers_get_nothing(self) -> None:
        self.client.logout()
        for name in ("make_link", "test_proxy", "proxy_state"):
            assert self.client.post(url_of(name, self.account)).status_code in (302, 405)
        assert not RenewalLink.objects.exists()

    def test_what_changes_something_is_never_a_get(self) -> None:
        for name in ("make_link", "test_proxy"):
            assert self.client.get(url_of(name, self.account)).status_code == 405


class FormTests(AdminTestCase):
    def test_no_form_stands_within_another(self) -> None:
        """A browser would send the outer one, whatever the button says."""
        account = make_account(upstream_user_id="4711")
        account_set_proxy(account_id=account.pk, proxy=parse_proxy(PROXY), at=timezone.now())
        depth, forms = 0, 0
        for tag in re.findall(r"<(/?)form\b", self.page(change_url(account))):
            depth += -1 if tag else 1
            forms += not tag
            assert depth <= 1
        assert forms >= 3
