"""API keys in the admin, through the front door."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.test import override_settings
from django.urls import reverse
from django.utils import timezone, translation

from accounts.api_keys import api_key_verify
from accounts.models import ApiKey
from tests.accounts.desk import AdminTestCase
from tests.factories import make_api_key

LIST = reverse("admin:accounts_apikey_changelist")
ADD = reverse("admin:accounts_apikey_add")
_KEY = re.compile(r"jm-[A-Za-z0-9_-]{43}")


def change_url(key: ApiKey) -> str:
    return reverse("admin:accounts_apikey_change", args=[key.pk])


class ApiKeyTests(AdminTestCase):
    def mint(self, **given: Any) -> tuple[ApiKey, str]:
        response = self.client.post(ADD, {"name": "Open WebUI", "enabled": "on", "downgrades": "strict", **given})
        assert response.status_code == 200
        found = _KEY.findall(response.content.decode())
        assert len(found) == 1
        return ApiKey.objects.get(), found[0]

    def test_a_new_key_works(self) -> None:
        row, key = self.mint()
        assert api_key_verify(key, at=timezone.now()) == row
        assert row.prefix == key[:9]

    def test_a_key_is_shown_once_and_kept_nowhere(self) -> None:
        row, key = self.mint()
        for url in (LIST, change_url(row)):
            assert key not in self.page(url)
        kept = [str(value) for value in ApiKey.objects.values().get().values()]
        assert not any(key in value for value in kept)
        assert not any(key in cookie.value for cookie in self.client.cookies.values())
        assert not any(key in str(value) for value in self.client.session.values())

    def test_what_it_may_do_is_stored_with_it(self) -> None:
        row, _ = self.mint(allowed_models="jimeng-4.5, jimeng-3.1，", response_format="url", credits_per_day="50")
        assert row.allowed_models == ["jimeng-4.5", "jimeng-3.1"]
        assert (row.response_format, row.credits_per_day) == ("url", 50)

    def test_how_long_its_files_are_kept_is_a_number_of_its_own(self) -> None:
        row, _ = self.mint(keep_days="0")
        assert row.keep_days == 0
        assert "0: for ever." in self.page(change_url(row))
        self.client.post(change_url(row), {"name": "x", "downgrades": "strict", "keep_days": ""})
        row.refresh_from_db()
        assert row.keep_days is None

    def test_changing_a_key_leaves_its_secret_alone(self) -> None:
        row = make_api_key(name="old", last_used_at=timezone.now())
        before = row.key_hash
        given = {"name": "new", "allowed_models": "jimeng-4.5", "downgrades": "allow"}
        response = self.client.post(change_url(row), given)
        assert response.status_code == 302
        row.refresh_from_db()
        assert (row.name, row.enabled, row.key_hash, row.allowed_models) == ("new", False, before, ["jimeng-4.5"])
        assert row.last_used_at is not None
        assert 'value="jimeng-4.5"' in self.page(change_url(row))

    def test_all_that_it_may_do_can_be_said(self) -> None:
        page = self.page(ADD)
        for name in (
            "enabled", "expires_at_0", "allowed_models", "response_format", "downgrades", "requests_per_minute",
            "concurrent_generations", "credits_per_day", "allowed_accounts", "allowed_tags", "webhook_url",
        ):  # fmt: skip
            assert f'name="{name}"' in page, name
        assert "not enforced" not in page.lower()

    def test_mistakes_are_refused(self) -> None:
        for given, words in {
            "requests_per_minute=0": "At least 1",
            "credits_per_day=0": "At least 1",
            "allowed_models=jimeng-4.5, jimmeng": "no such model: jimmeng",
            "webhook_url=ftp://example.com/": "Enter a valid URL",
            "keep_days=-1": "greater than or equal to 0",
            "keep_days=36501": "less than or equal to 36500",
        }.items():
            with self.subTest(given):
                name, _, value = given.partition("=")
                response = self.client.post(ADD, {"name": "x", "downgrades": "strict", name: value})
                assert words in response.content.decode()
                assert not ApiKey.objects.exists()

    def test_a_key_past_its_time_is_said_to_be_expired(self) -> None:
        make_api_key(name="old", expires_at=timezone.now() - timedelta(days=1))
        assert ">expired</span>" in self.page(LIST)

    def test_filters_answer_questions(self) -> None:
        now = timezone.now()
        works = make_api_key(name="works", last_used_at=now, expires_at=now + timedelta(days=1))
        off = make_api_key(name="off", last_used_at=now, enabled=False)
        past = make_api_key(name="past", expires_at=now - timedelta(days=1))
        for query, wanted in {"works": {works}, "dead": {off, past}, "unused": {past}}.items():
            with self.subTest(query):
                assert set(self.client.get(f"{LIST}?state={query}").context["cl"].result_list) == wanted


class SiteTests(AdminTestCase):
    def test_the_sandbox_is_said_to_be_one_on_every_page(self) -> None:
        with override_settings(JIMENG_UPSTREAM="sandbox"):
            assert "Sandbox" in self.page(LIST)
        with override_settings(JIMENG_UPSTREAM="jimeng"):
            assert "Sandbox" not in self.page(LIST)

    def test_pages_speak_chinese(self) -> None:
        make_api_key()
        with translation.override("en"):  # what the request switches on would stay on in this thread
            page = self.client.get(LIST, headers={"accept-language": "zh-CN"}).content.decode()
        for words in ("即梦网关", "账号池", "API 密钥", "最近使用", "筛选"):
            assert words in page

    def test_users_can_be_added(self) -> None:
        assert 'name="password1"' in self.page(reverse("admin:auth_user_add"))
