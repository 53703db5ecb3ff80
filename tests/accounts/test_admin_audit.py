"""Whatever a person does in the admin is written down once for each object, and read in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone, translation

from accounts.audit import change_in_words
from accounts.models import Account, RenewalLink
from accounts.proxies import account_set_proxy
from accounts.proxy_addresses import parse_proxy
from generation.models import Price
from tests.accounts.channels import make_channel
from tests.accounts.desk import AdminTestCase, form_of
from tests.factories import make_account, make_api_key

Health = Account.Health
WRITTEN_IN = {"accept-language": "zh-CN"}


def press(button: str) -> dict[str, str]:
    return {f"accounts_account_save_and_{button}": ""}


class AuditTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(translation.override("en"))  # what a request switches on would stay on in this thread
        soon = timezone.now() + timedelta(hours=1)
        self.accounts = [
            make_account(upstream_user_id="4711", health=Health.RESTING, rest_until=soon),
            make_account(health=Health.RESTING, rest_until=soon),
        ]
        self.account = self.accounts[0]

    def check(self, objects: list[Any], words: str, do: Callable[[], Any]) -> None:
        """`do`, by somebody who reads Chinese: one entry for each of the objects, with these words in English."""
        LogEntry.objects.all().delete()
        with self.subTest(words):
            with translation.override("en"):
                assert do().status_code < 400
            entries = LogEntry.objects.filter(user=self.operator)
            assert sorted(each.object_repr for each in entries) == sorted(map(str, objects))
            with translation.override("en"):
                assert {change_in_words(each) for each in entries} == ({words} if objects else set())
            with translation.override("zh-hans"):
                assert not {change_in_words(each) for each in entries} & {words}

    def act(self, action: str, *objects: Model, **more: Any) -> Any:
        url = reverse(f"admin:{objects[0]._meta.app_label}_{objects[0]._meta.model_name}_changelist")
        given = {"action": action, "_selected_action": [each.pk for each in objects], **more}
        return self.client.post(url, given, headers=WRITTEN_IN)

    def post(self, view: str, /, *args: Any, **given: Any) -> Any:
        return self.client.post(reverse(f"admin:{view}", args=args), given, headers=WRITTEN_IN)

    def test_actions_on_accounts(self) -> None:
        both = self.accounts
        tags = {"answered": "1", "add": "夜间", "remove": "fast"}
        secret = {"answered": "1", "password": "a password of mine", "again": "a password of mine"}
        self.check(both, "Tags: +夜间, -fast.", lambda: self.act("set_tags", *both, **tags))
        self.check(both, "Exported in an encrypted bundle.", lambda: self.act("export_bundle", *both, **secret))
        self.check(both, "Asked for a probe.", lambda: self.act("probe_now", *both))
        self.check(both, "Asked for a check-in.", lambda: self.act("check_in_now", *both))
        self.check(both, "Woken.", lambda: self.act("wake", *both))
        self.check(both, "Disabled.", lambda: self.act("disable", *both))
        self.check(both[:1], "Enabled.", lambda: self.act("enable", both[0]))
        self.check(both[1:], "Enabled.", lambda: self.act("enable", *both))  # the other one was on already

    def test_a_rest_says_until_when(self) -> None:
        self.act("rest_hour", self.account)
        with translation.override("en"):
            assert change_in_words(LogEntry.objects.get()).startswith("Sent to rest until ")

    def test_buttons_of_the_form_of_an_account(self) -> None:
        url = ("accounts_account_change", self.account.pk)
        form = form_of(self.account)
        self.check([self.account], "Asked for a probe.", lambda: self.post(*url, **form, **press("probe")))
        self.check([self.account], "Woken.", lambda: self.post(*url, **form, **press("wake")))
        self.check([], "", lambda: self.post(*url, **form))
        self.check([self.account], "Changed Notes.", lambda: self.post(*url, **form | {"notes": "ours"}))

    def test_views_of_their_own(self) -> None:
        account = self.account
        account_set_proxy(account_id=account.pk, proxy=parse_proxy("http://ann:secret@host:1"), at=timezone.now())
        self.check([account], "Made a renewal link.", lambda: self.post("accounts_account_make_link", account.pk))
        link = RenewalLink.objects.get()
        self.check(
            [account],
            "Revoked a renewal link.",
            lambda: self.post("accounts_account_revoke_link", account.pk, link.pk),
        )
        self.check(
            [account],
            "Asked for a test of the proxy.",
            lambda: self.post("accounts_account_test_proxy", account.pk),
        )
        self.check([account], "Asked for a test of the proxy.", lambda: self.act("test_proxies", *self.accounts))
        assert "secret" not in str(LogEntry.objects.values_list("change_message", "object_repr"))

    def test_an_import(self) -> None:
        make_account(sessionid="sessionid-0001", name="known")
        text = "sessionid,name,notes\nsessionid-0001,known,new words\nsessionid-0002,first,\nsessionid-0003,second,"
        preview = self.post("accounts_importbatch_add", text=text)["Location"]
        assert not LogEntry.objects.exists()
        self.client.post(preview, {"update_known": "on"}, headers=WRITTEN_IN)
        with translation.override("en"):
            told = sorted((each.object_repr, change_in_words(each)) for each in LogEntry.objects.all())
        assert told == [
            ("first", "Added by an import."),
            ("known", "Updated by an import."),
            ("second", "Added by an import."),
        ]

    def test_actions_on_keys(self) -> None:
        key, other = make_api_key(), make_api_key()
        new_secret = partial(self.post, "accounts_apikey_new_webhook_secret", key.pk)
        self.check([key], "Made a new webhook secret.", new_secret)
        self.check([key], "Disabled.", lambda: self.act("disable", key))
        self.check([other], "Disabled.", lambda: self.act("disable", key, other))
        self.check([key], "Enabled.", lambda: self.act("enable", key))
        self.check([key, other], "Revoked.", lambda: self.act("revoke", key, other))
        self.check([], "", lambda: self.act("revoke", key, other))

    def test_messages_and_prices(self) -> None:
        channel, other = make_channel(name="ops"), make_channel(name="night")
        self.check([channel, other], "Sent a test.", lambda: self.act("send_test", channel, other))
        sent = list(channel.deliveries.all())
        self.check(sent, "Sent again.", lambda: self.act("send_again", *sent))
        learned = Price.objects.create(model="jimeng-4.5", variant="9k", credits=3, samples=2, seen_at=timezone.now())
        listed = Price.objects.create(model="jimeng-4.5", variant="8k", credits=3)
        self.check([learned], "Forgotten: back to the list price.", lambda: self.act("forget", learned, listed))
