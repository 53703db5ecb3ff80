"""The page of a renewal link, through the front door: what it shows, what it never shows, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import RenewalLink
from accounts.renewals import Problem, renewal_link_make, renewal_refused, renewals_to_check, words_of
from tests.factories import make_account

NEW = "the-new-login-0002"
GUARD = f"{NEW}%7C1900000000%7C5184000%7Cx"


class RenewPageTests(TestCase):
    def setUp(self) -> None:
        self.account = make_account(name="Ann <b>", sessionid="the-old-login-0001", upstream_user_id="4711")
        self.url = reverse("accounts:renew", args=[renewal_link_make(account=self.account, at=timezone.now())])

    def get(self, **headers: str) -> HttpResponse:
        response: Any = self.client.get(self.url, headers=headers)
        return response  # type: ignore[no-any-return]

    def text(self) -> str:
        return self.get().content.decode()

    def paste(self, text: str) -> HttpResponse:
        response: Any = self.client.post(self.url, {"login": text})
        return response  # type: ignore[no-any-return]

    def change(self, **fields: Any) -> None:
        RenewalLink.objects.update(**fields)

    def test_it_says_whose_login_is_asked_for_and_nothing_more(self) -> None:
        text = self.text()
        assert "Renew the login of “Ann &lt;b&gt;”" in text
        assert "Attempts left: 5." in text
        for secret in ("0001", "4711", self.account.sessionid_encrypted, self.account.web_id, "/admin/", "<script"):
            assert secret not in text

    def test_nobody_keeps_it_indexes_it_or_hears_its_address(self) -> None:
        for url in (self.url, "/renew/made-up/"):
            response = self.client.get(url)
            assert response["Cache-Control"] == "no-store"
            assert response["Referrer-Policy"] == "strict-origin"
            assert "noindex" in response["X-Robots-Tag"]
            assert "default-src 'none'" in response["Content-Security-Policy"]
            assert "sessionid" not in response.cookies

    def test_what_is_pasted_is_checked_and_never_shown_again(self) -> None:
        response = self.paste(f"Cookie: a=b; sid_guard={GUARD}; sessionid={NEW}")
        assert (response.status_code, response["Location"]) == (302, self.url)
        text = self.text()
        assert '<meta http-equiv="refresh" content="2">' in text
        assert NEW not in text
        assert "<textarea" not in text
        [link] = renewals_to_check()
        assert link.login_expires_at is not None
        assert link.login_expires_at.timestamp() == 1_900_000_000 + 5_184_000

    def test_pressing_twice_is_one_attempt(self) -> None:
        for _ in range(2):
            assert self.paste(NEW)["Location"] == self.url
        assert RenewalLink.objects.get().attempts == 1

    def test_what_is_no_login_is_told_and_is_no_attempt(self) -> None:
        for text in ("", "bad <i>one</i>", "x" * 20_001, "a=b; c=d"):
            with self.subTest(text[:10]):
                response = self.paste(text)
                assert response.status_code == 400
                self.assertContains(response, "neither a sessionid nor a cookie header", status_code=400)
                assert not text or text not in response.content.decode()
        assert RenewalLink.objects.get().attempts == 0

    def test_every_problem_is_told_in_words(self) -> None:
        for number, problem in enumerate(Problem, start=1):
            with self.subTest(problem):
                self.change(attempts=number - 1)
                self.paste(NEW)
                renewal_refused(link=renewals_to_check()[0], problem=problem)
                if number < 5:
                    assert str(words_of(problem)) in self.text()
                assert words_of(problem)

    def test_it_thanks_and_is_used_up(self) -> None:
        self.change(state="used", used_at=timezone.now())
        assert "it is renewed" in self.text()
        assert self.paste(NEW).status_code == 404

    def test_links_that_are_ended_used_up_or_made_up_look_alike(self) -> None:
        now = timezone.now()
        pages = [self.client.get("/renew/made-up/").content.decode().replace("/renew/made-up/", "")]
        for fields in (
            {"expires_at": now},
            {"attempts": 5, "expires_at": now + timedelta(hours=1)},
            {"state": "used", "used_at": now - timedelta(hours=1)},
        ):
            self.change(**fields)
            for response in (self.get(), self.paste(NEW)):
                assert response.status_code == 404
                pages.append(response.content.decode().replace(self.url, ""))
        assert "This link does not work any more" in pages[0]
        without_tokens = {
            "".join(line for line in page.splitlines(keepends=True) if "csrfmiddlewaretoken" not in line)
            for page in pages
        }
        assert len(without_tokens) == 1
        assert RenewalLink.objects.get().pasted_encrypted == ""

    def test_it_cannot_be_posted_to_from_elsewhere(self) -> None:
        client = Client(enforce_csrf_checks=True)
        assert client.post(self.url, {"login": NEW}).status_code == 403
        page = client.get(self.url)
        token = {"csrfmiddlewaretoken": page.cookies["csrftoken"].value}
        given = {"login": NEW, **token}
        assert client.post(self.url, given, headers={"origin": "https://evil.example"}).status_code == 403
        assert RenewalLink.objects.get().attempts == 0
        assert client.post(self.url, given, headers={"origin": "http://testserver"}).status_code == 302

    def test_only_reading_and_pasting_are_understood(self) -> None:
        assert self.client.put(self.url).status_code == 405
        assert self.client.head(self.url).status_code == 200

    def test_the_language_can_be_switched_without_leaving_it(self) -> None:
        self.assertContains(self.get(**{"accept-language": "zh-CN"}), '<html lang="zh-hans">')
        given = {"language": "zh-hans", "next": self.url}
        response = self.client.post(reverse("set_language"), given)
        assert response["Location"] == self.url
        assert '<html lang="zh-hans">' in self.text()

    def test_each_language_is_offered_by_its_own_name(self) -> None:
        for accepted, offered in (("zh-CN", ">English</button>"), ("en", ">简体中文</button>")):
            self.assertContains(self.get(**{"accept-language": accepted}), offered)
