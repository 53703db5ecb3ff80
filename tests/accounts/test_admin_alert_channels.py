"""Alert channels in the admin, through the front door."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts import vault
from accounts.models import AlertChannel, Delivery
from accounts.services import channel_test
from tests.accounts.channels import TARGETS, make_channel
from tests.accounts.desk import AdminTestCase

LIST = reverse("admin:accounts_alertchannel_changelist")
ADD = reverse("admin:accounts_alertchannel_add")
URL = TARGETS["dingtalk"]


def change_url(channel: AlertChannel) -> str:
    return reverse("admin:accounts_alertchannel_change", args=[channel.pk])


def form(**over: Any) -> dict[str, Any]:
    return {"name": "ops", "format": "dingtalk", "enabled": "on", "language": "zh-hans", "new_target": "", **over}


class AddTests(AdminTestCase):
    def test_a_channel_is_stored_with_its_address_encrypted(self) -> None:
        kinds = ["risk_hold", "pool_empty"]
        self.client.post(ADD, form(new_target=URL, new_secret="SECabc", kinds=kinds))
        channel = AlertChannel.objects.get()
        assert (channel.name, channel.format, channel.kinds, channel.language) == ("ops", "dingtalk", kinds, "zh-hans")
        assert channel.target_label == "oapi.dingtalk.example"
        assert vault.decrypt(channel.target_encrypted) == URL
        assert vault.decrypt(channel.secret_encrypted) == "SECabc"

    def test_no_kind_chosen_means_all(self) -> None:
        self.client.post(ADD, form(new_target=URL))
        assert AlertChannel.objects.get().kinds == []
        assert ">all<" in self.page(LIST)

    def test_a_wrong_address_is_refused_and_not_shown_again(self) -> None:
        response = self.client.post(ADD, form(format="telegram", new_target="secret-token-0001@x"))
        assert not AlertChannel.objects.exists()
        self.assertContains(response, "Expected: the bot&#x27;s token")
        self.assertNotContains(response, "secret-token-0001")

    def test_a_wrong_webhook_secret_is_refused(self) -> None:
        response = self.client.post(ADD, form(format="webhook", new_target="https://x.example", new_secret="abc"))
        self.assertContains(response, "Expected: whsec_")

    def test_the_form_offers_kinds_as_boxes_and_a_fresh_secret(self) -> None:
        page = self.page(ADD)
        assert page.count('type="checkbox" name="kinds"') == 6
        assert 'value="test"' not in page
        assert "whsec_" in page


class ChangeTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.channel = make_channel("dingtalk", secret="SECabc")

    def change(self, **over: Any) -> AlertChannel:
        response = self.client.post(change_url(self.channel), form(**over))
        assert response.status_code == 302, response.context["errors"]
        return AlertChannel.objects.get()

    def test_address_and_secret_are_never_shown(self) -> None:
        for page in (self.page(LIST), self.page(change_url(self.channel))):
            assert "oapi.dingtalk.example" in page
            assert "secret-token-0001" not in page
            assert "SECabc" not in page

    def test_left_empty_they_stay(self) -> None:
        changed = self.change(name="renamed")
        assert changed.name == "renamed"
        assert vault.decrypt(changed.target_encrypted) == URL
        assert vault.decrypt(changed.secret_encrypted) == "SECabc"

    def test_the_secret_can_be_forgotten(self) -> None:
        assert self.change(forget_secret="on").secret_encrypted == ""

    def test_another_kind_asks_for_another_address(self) -> None:
        response = self.client.post(change_url(self.channel), form(format="ntfy"))
        self.assertContains(response, "Another kind of channel needs another address.")
        changed = self.change(format="ntfy", new_target="https://ntfy.example/topic")
        assert (changed.target_label, changed.secret_encrypted) == ("ntfy.example", "")


class TestButtonTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.channel = make_channel("dingtalk", name="ops")
        self.panel = reverse("admin:accounts_alertchannel_messages", args=[self.channel.pk])

    def test_it_writes_a_message_and_shows_what_becomes_of_it(self) -> None:
        response = self.client.post(change_url(self.channel), form(accounts_alertchannel_save_and_test=""), follow=True)
        delivery = Delivery.objects.get()
        assert (delivery.channel, delivery.event) == (self.channel, "alert.test")
        self.assertContains(response, "A test is on its way")
        self.assertContains(response, 'data-open="1"')
        self.assertContains(response, "js/channel_messages.js")

    def test_the_panel_brings_itself_up_to_date(self) -> None:
        channel_test(channel=self.channel, at=timezone.now())
        assert 'data-open="1"' in self.page(self.panel)
        Delivery.objects.update(progress="failed", due_at=None, last_error="No connection could be made.")
        page = self.page(self.panel)
        assert 'data-open="0"' in page
        assert "given up" in page
        assert "No connection could be made." in page

    def test_the_panel_is_for_operators_only(self) -> None:
        self.client.logout()
        assert self.client.get(self.panel).status_code == 302

    def test_several_are_tested_from_the_list(self) -> None:
        make_channel("ntfy")
        chosen = list(AlertChannel.objects.values_list("pk", flat=True))
        given = {"action": "send_test", "_selected_action": chosen}
        response = self.client.post(LIST, given, follow=True)
        self.assertContains(response, "2 tests are on their way.")
        assert Delivery.objects.count() == 2

    def test_the_list_shows_the_last_outcome_in_few_queries(self) -> None:
        for medium in TARGETS:
            channel_test(channel=make_channel(medium), at=timezone.now())
        Delivery.objects.update(progress="delivered", due_at=None)
        with self.assertNumQueries(5):  # session, user, count twice, channels
            page = self.page(LIST)
        assert page.count(">delivered</span>") == len(TARGETS)

    def test_it_speaks_chinese(self) -> None:
        page = self.client.get(ADD, headers={"accept-language": "zh-CN"}).content.decode()
        for words in ("告警渠道", "哪些告警", "机器人的 webhook 地址", "账号被风控"):
            assert words in page
