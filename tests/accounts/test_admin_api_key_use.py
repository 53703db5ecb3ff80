"""What the admin shows of the use of API keys, and what can be done to them there."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone, translation

from accounts.api_keys import api_key_mint, api_key_verify
from accounts.audit import change_in_words
from accounts.errors import InvalidApiKey
from accounts.models import ApiKey
from accounts.vault import decrypt
from tests.accounts.desk import AdminTestCase
from tests.accounts.test_admin_api_keys import LIST, change_url
from tests.factories import make_api_key, make_generation

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


def secret_url(key: ApiKey) -> str:
    return reverse("admin:accounts_apikey_new_webhook_secret", args=[key.pk])


class UseTests(AdminTestCase):
    def test_the_list_shows_today_in_few_queries(self) -> None:
        used = make_api_key(name="used", credits_per_day=50)
        for key in (used, make_api_key(name="idle"), *(make_api_key() for _ in range(10))):
            make_generation(api_key=key, credits_estimated=3)
        make_generation(api_key=used, credits_estimated=3)
        with self.assertNumQueries(9):  # session, user, count twice, keys; newest sum, sums, rows, open rows
            page = self.page(LIST)
        assert f'?api_key__id__exact={used.pk}">2</a>' in page
        assert "6 of 50" in page
        assert f"{used.prefix}…" in page

    def test_its_page_shows_limits_and_use(self) -> None:
        key = make_api_key(requests_per_minute=60, concurrent_generations=2, credits_per_day=50)
        make_generation(api_key=key, credits_estimated=3)
        make_generation(api_key=key, credits_estimated=4, status="queued")
        page = " ".join(self.page(change_url(key)).split())
        for name, used in {
            "requests in this minute": "2 of 60",
            "requests under way": "1 of 2",
            "credits today": "7 of 50",
        }.items():
            assert f'<td>{name}</td><td class="jm-number">{used}</td>' in page
        row = page[page.index("<td>30 days</td>") :]
        assert re.findall(r"jm-number\">(\d+)<", row)[:5] == ["2", "1", "0", "0", "7"]
        assert "This key has no limits." in self.page(change_url(make_api_key()))


class ActionTests(AdminTestCase):
    def act(self, action: str, *keys: Any) -> list[str]:
        given = {"action": action, "_selected_action": [each.pk for each in keys]}
        response = self.client.post(LIST, given, follow=True)
        return [str(each) for each in response.context["messages"]]

    def works(self, key: str) -> bool:
        try:
            api_key_verify(key, at=timezone.now())
        except InvalidApiKey:
            return False
        return True

    def test_disabled_keys_can_be_enabled_again_and_revoked_ones_never(self) -> None:
        (row, key), (_, other) = api_key_mint(name="one"), api_key_mint(name="other")
        assert self.act("disable", row) == ["1 key is disabled."]
        assert not self.works(key)
        assert self.act("enable", row) == ["1 key is enabled."]
        assert self.works(key)
        assert self.act("revoke", row) == ["1 key is revoked."]
        assert self.act("enable", row) == ["0 keys are enabled."]
        assert not self.works(key)
        ApiKey.objects.update(enabled=True)  # not even so
        assert not self.works(key)
        assert self.works(other)
        assert ">revoked</span>" in self.page(LIST)

    def test_what_was_done_is_in_the_history(self) -> None:
        row = make_api_key()
        self.act("revoke", row)
        (entry,) = LogEntry.objects.all()
        assert (entry.object_id, entry.user, change_in_words(entry)) == (str(row.pk), self.operator, "Revoked.")


class WebhookSecretTests(AdminTestCase):
    def test_it_is_shown_once_and_stored_encrypted(self) -> None:
        key = make_api_key(webhook_url="https://receiver.example/hook")
        assert _SECRET.search(self.page(secret_url(key))) is None  # it only asks
        page = self.client.post(secret_url(key)).content.decode()
        (secret,) = set(_SECRET.findall(page))
        key.refresh_from_db()
        assert decrypt(key.webhook_secret_encrypted) == secret
        assert secret not in key.webhook_secret_encrypted
        for url in (secret_url(key), change_url(key), LIST):
            assert secret not in self.page(url)
        assert "https://receiver.example/hook" not in self.page(LIST)
        assert "New webhook secret" in self.page(change_url(key))

    def test_a_new_one_replaces_the_old_one(self) -> None:
        key = make_api_key()
        found = {_SECRET.findall(self.client.post(secret_url(key)).content.decode())[0] for _ in "ab"}
        assert len(found) == 2

    def test_of_no_key_there_is_none(self) -> None:
        for odd in ("999999", "abc", "9" * 25):
            with self.subTest(odd):
                answer = self.client.get(reverse("admin:accounts_apikey_new_webhook_secret", args=[odd]))
                assert answer.status_code == 404

    def test_who_may_only_look_gets_none(self) -> None:
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_apikey"))
        self.client.force_login(viewer)
        key = make_api_key()
        assert self.client.post(secret_url(key)).status_code == 403
        key.refresh_from_db()
        assert key.webhook_secret_encrypted == ""


class ChineseTests(AdminTestCase):
    def test_the_pages_speak_chinese(self) -> None:
        key = make_api_key(requests_per_minute=60, credits_per_day=5)
        with translation.override("en"):  # what the request switches on would stay on in this thread
            for url, words in {
                LIST: ("今日积分", "今日生成", "正常"),
                change_url(key): ("每分钟请求数", "当前限额", "近期用量", "30 天", "新的 Webhook 密钥", "0 / 60"),
                secret_url(key): ("生成新密钥",),
            }.items():
                page = self.client.get(url, headers={"accept-language": "zh-CN"}).content.decode()
                for word in words:
                    assert word in page, word
