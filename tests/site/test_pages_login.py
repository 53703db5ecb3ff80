"""Logging in: where it leads, whom it refuses, and that nobody is sent in a circle."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

HOME, LOGIN = reverse("generation:home"), reverse("login")
ADMIN, ADMIN_LOGIN = reverse("admin:index"), reverse("admin:login")
PASSWORD = "a-long-one-for-tests"


class LoginTestCase(TestCase):
    def setUp(self) -> None:
        User.objects.create_superuser("operator", password=PASSWORD)
        User.objects.create_user("paula", password=PASSWORD)

    def log_in(self, username: str, path: str = LOGIN, **fields: str) -> str:
        """Where it leads."""
        answer = self.client.post(path, {"username": username, "password": PASSWORD, **fields})
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])


class PageTests(LoginTestCase):
    def test_whoever_comes_without_a_login_is_brought_back_to_where_they_went(self) -> None:
        wanted = f"{reverse('generation:history')}?words=%E7%8C%AB"
        to_login = self.client.get(wanted)["Location"]
        page = self.client.get(to_login).content.decode()
        assert f'name="next" value="{wanted}"' in page
        assert self.log_in("paula", next=wanted) == wanted

    def test_staff_and_others_end_at_the_first_page(self) -> None:
        for username in ("operator", "paula"):
            assert self.log_in(username) == HOME
            self.client.logout()

    def test_no_other_site_is_led_to(self) -> None:
        for hostile in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
            assert self.log_in("paula", next=hostile) == HOME
            self.client.logout()

    def test_a_wrong_password_is_told_and_the_name_stays(self) -> None:
        answer = self.client.post(LOGIN, {"username": 'paula"><b>', "password": "wrong", "next": "/create/"})
        page = answer.content.decode()
        assert 'role="alert"' in page
        assert "Please enter a correct username and password" in page
        assert 'value="paula&quot;&gt;&lt;b&gt;"' in page
        assert 'name="next" value="/create/"' in page

    def test_whoever_is_logged_in_goes_on(self) -> None:
        self.log_in("paula")
        assert self.client.get(f"{LOGIN}?next=/create/")["Location"] == "/create/"
        for circle in (LOGIN, f"{LOGIN}?next={LOGIN}", f"{LOGIN}%3Fnext=/login/"):
            assert self.client.get(f"{LOGIN}?next={circle}")["Location"] == HOME

    def test_logging_out_ends_at_the_login(self) -> None:
        self.log_in("paula")
        assert self.client.post(reverse("logout"))["Location"] == LOGIN
        assert self.client.get(HOME).status_code == 302


class AdminTests(LoginTestCase):
    def test_its_own_login_ends_in_the_admin(self) -> None:
        page = self.client.get(ADMIN_LOGIN).content.decode()
        assert f'<input type="hidden" name="next" value="{ADMIN}" form="login-form">' in page
        assert 'id="login-form"' in page
        assert self.log_in("operator", ADMIN_LOGIN, next=ADMIN) == ADMIN

    def test_it_leads_on_to_what_was_wanted(self) -> None:
        keys = reverse("admin:accounts_apikey_changelist")
        to_login = self.client.get(keys)["Location"]
        assert f'name="next" value="{keys}"' in self.client.get(to_login).content.decode()

    def test_others_are_told_that_it_is_not_theirs(self) -> None:
        self.log_in("paula")
        answer = self.client.get(ADMIN, follow=True)
        assert [path for path, _status in answer.redirect_chain] == [f"{ADMIN_LOGIN}?next={ADMIN}"]
        page = answer.content.decode()
        assert "You are logged in as paula, who may not open the administration." in page
        assert f'href="{HOME}"' in page
