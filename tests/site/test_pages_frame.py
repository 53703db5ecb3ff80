"""The frame of the pages: who sees which places, language and colours, the content policy, pages for errors."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from jimeng_site.middleware import CONTENT_POLICY

HOME, LOGIN = reverse("generation:home"), reverse("login")


class FrameTestCase(TestCase):
    def setUp(self) -> None:
        self.staff = User.objects.create_superuser("operator")
        self.person = User.objects.create_user("paula")

    def page(self, path: str = HOME, *, status: int = 200) -> str:
        response = self.client.get(path)
        assert response.status_code == status
        return str(response.content.decode())


class PlaceTests(FrameTestCase):
    def test_staff_find_the_administration_and_others_do_not(self) -> None:
        staffs = [reverse("admin:index"), reverse("generation:retention")]
        everybodys = [reverse("generation:create"), reverse("generation:history"), reverse("docs"), reverse("logout")]
        for user, seen, unseen in ((self.staff, [*everybodys, *staffs], []), (self.person, everybodys, staffs)):
            self.client.force_login(user)
            page = self.page()
            assert [path for path in seen if f'"{path}"' not in page] == []
            assert [path for path in unseen if f'"{path}"' in page] == []

    def test_the_page_one_is_on_is_marked(self) -> None:
        self.client.force_login(self.person)
        assert f'<a href="{HOME}" aria-current="page">' in self.page()

    def test_a_script_finds_the_token_that_posts_need(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.person)
        page = client.get(HOME).content.decode()
        token = page.split('hx-headers=\'{"x-csrftoken": "')[1].split('"')[0]
        assert client.post(reverse("theme"), {"theme": "dark"}).status_code == 403
        assert client.post(reverse("theme"), {"theme": "dark"}, headers={"x-csrftoken": token}).status_code == 302

    @override_settings(JIMENG_UPSTREAM="jimeng")
    def test_only_the_sandbox_says_that_it_is_one(self) -> None:
        assert "nothing is sent to Jimeng" not in self.page(LOGIN)
        with override_settings(JIMENG_UPSTREAM="sandbox"):
            assert "nothing is sent to Jimeng" in self.page(LOGIN)

    def test_no_robot_is_invited(self) -> None:
        assert '<meta name="robots" content="noindex, nofollow">' in self.page(LOGIN)


class AppearanceTests(FrameTestCase):
    def test_colours_are_kept_and_lead_back(self) -> None:
        assert 'data-theme="auto"' in self.page(LOGIN)
        answer = self.client.post(reverse("theme"), {"theme": "dark", "next": "/login/?next=/create/"})
        assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/create/")
        page = self.page(LOGIN)
        assert 'data-theme="dark"' in page
        assert '"#1b1a22"' in page  # the browser's own bar
        assert '"#ffffff"' not in page
        assert '<meta name="color-scheme" content="dark">' in page

    def test_what_is_no_theme_changes_nothing_and_no_other_site_is_led_to(self) -> None:
        answer = self.client.post(reverse("theme"), {"theme": '"><script>', "next": "https://elsewhere.example/"})
        assert answer["Location"] == "/"
        assert "theme" not in answer.cookies

    def test_the_language_is_switched_where_one_is(self) -> None:
        answer = self.client.post(reverse("set_language"), {"language": "zh-hans", "next": LOGIN}, follow=True)
        assert answer.redirect_chain == [(LOGIN, 302)]
        assert '<html lang="zh-hans"' in answer.content.decode()


class PolicyTests(FrameTestCase):
    def test_no_proxy_keeps_what_one_person_sees(self) -> None:
        self.client.force_login(self.person)
        names = ("home", "history", "history_rows", "history_news", "create")
        answers = [self.client.get(reverse(f"generation:{name}")) for name in names]
        assert [each["Cache-Control"] for each in answers if "private" not in each["Cache-Control"]] == []

    def test_every_page_of_ours_has_it(self) -> None:
        paths = [LOGIN, "/nothing/", "/history/gen_00/", "/no-prefix-of-pages"]
        assert {self.client.get(path)["Content-Security-Policy"] for path in paths} == {CONTENT_POLICY}
        self.client.force_login(self.person)
        for path in [HOME, reverse("generation:history"), reverse("generation:retention")]:
            answer = self.client.get(path)
            assert answer["Content-Security-Policy"] == CONTENT_POLICY
            assert answer["Referrer-Policy"] == "same-origin"

    def test_it_allows_nothing_inline(self) -> None:
        assert "unsafe" not in CONTENT_POLICY
        assert CONTENT_POLICY.startswith("default-src 'none'; script-src 'self';")

    def test_the_reference_and_the_admin_keep_their_own(self) -> None:
        assert self.client.get(reverse("docs"))["Content-Security-Policy"] not in ("", CONTENT_POLICY)
        assert "Content-Security-Policy" not in self.client.get(reverse("admin:login"))


class ErrorTests(FrameTestCase):
    def test_what_is_not_there_is_told_in_a_page_with_a_way_out(self) -> None:
        self.client.force_login(self.person)
        page = self.page("/history/gen_0123/nothing/", status=404)
        assert "There is nothing here" in page
        assert f'href="{HOME}"' in page

    def test_what_is_for_staff_is_refused_and_not_sent_in_a_circle(self) -> None:
        retention = reverse("generation:retention")
        assert self.client.get(retention)["Location"] == f"{LOGIN}?next={retention}"
        self.client.force_login(self.person)
        assert "This is not for you to open" in self.page(retention, status=403)

    def test_a_form_that_is_too_old_says_what_to_do(self) -> None:
        answer = Client(enforce_csrf_checks=True).post(LOGIN, {"username": "paula"})
        assert answer.status_code == 403
        assert "The page was open for too long" in answer.content.decode()

    def test_they_are_in_the_language_of_the_reader(self) -> None:
        for path in ("/history/nothing/", "/no-prefix-of-pages"):
            page = self.client.get(path, headers={"accept-language": "zh-CN,zh;q=0.9"}).content.decode()
            assert '<html lang="zh-hans"' in page
            assert "There is nothing here" not in page

    def test_a_mistake_of_ours_asks_no_database(self) -> None:
        client = Client(raise_request_exception=False)
        with override_settings(ROOT_URLCONF="tests.site.broken_urls"), self.assertNumQueries(0):
            answer = client.get("/broken/")
        assert answer.status_code == 500
        assert "Something went wrong here" in answer.content.decode()

    def test_the_api_goes_on_answering_in_json(self) -> None:
        answer = self.client.get("/v1/nothing")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
        assert "Content-Security-Policy" not in answer
