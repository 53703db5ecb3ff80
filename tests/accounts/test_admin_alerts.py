"""Alerts and deliveries in the admin, through the front door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone, translation

from accounts.admin.notice_cells import EVENTS, PROGRESS_COLOURS
from accounts.models import Alert, AlertKind, Delivery
from accounts.services import WebhookEvent, alert_raise, alerts_resolve, channel_test, webhook_events_post
from tests.accounts.channels import make_channel
from tests.accounts.desk import AdminTestCase
from tests.factories import make_account, make_api_key

LIST = reverse("admin:accounts_alert_changelist")
DELIVERIES = reverse("admin:accounts_delivery_changelist")


class AlertListTests(AdminTestCase):
    def raise_alert(self, kind: AlertKind = AlertKind.RISK_HOLD, *, days_ago: int = 0, **detail: Any) -> Alert:
        account = make_account(name="<b>studio</b>")
        at = timezone.now() - timedelta(days=days_ago)
        alert_raise(kind=kind, subject=f"account:{account.pk}", label=account.name, at=at, **detail)
        return Alert.objects.latest("pk")

    def shown(self, query: str = "") -> list[Alert]:
        return list(self.client.get(f"{LIST}{query}").context["cl"].result_list)

    def test_it_says_what_is_so_and_why_in_sentences(self) -> None:
        self.raise_alert(code="1015")
        page = self.page(LIST)
        assert "Risk control holds &lt;b&gt;studio&lt;/b&gt;" in page
        assert "Jimeng refused a generation for risk control (code 1015)." in page
        assert "risk_hold" not in page.partition("<table")[2]
        assert "{&#x27;code" not in page

    def test_open_ones_come_first_then_the_latest(self) -> None:
        old, over, new = self.raise_alert(days_ago=9), self.raise_alert(days_ago=1), self.raise_alert(days_ago=8)
        alerts_resolve(kinds=[AlertKind.RISK_HOLD], subject=over.subject, at=timezone.now())
        assert self.shown() == [new, old, over]

    def test_filters_answer_questions(self) -> None:
        old, over = self.raise_alert(days_ago=9), self.raise_alert(days_ago=1)
        alerts_resolve(kinds=[AlertKind.RISK_HOLD], subject=over.subject, at=timezone.now())
        assert self.shown("?when=open") == [old]
        assert self.shown("?when=week") == [over]

    def test_the_page_of_one_says_what_to_do_and_leads_to_the_account(self) -> None:
        alert = self.raise_alert(AlertKind.ACCOUNT_EXPIRED, code="1015")
        page = self.page(reverse("admin:accounts_alert_change", args=[alert.pk]))
        assert "Log in at Jimeng again" in page
        assert f"/admin/accounts/account/{alert.subject.partition(':')[2]}/change/" in page
        assert 'name="_save"' not in page

    def test_a_list_of_many_costs_as_many_queries_as_one_of_few(self) -> None:
        for _ in range(12):
            self.raise_alert()
        with self.assertNumQueries(5):  # session, user, count twice, alerts
            self.page(LIST)

    def test_it_speaks_chinese(self) -> None:
        self.raise_alert(code="1015")
        with translation.override("en"):
            page = self.client.get(LIST, headers={"accept-language": "zh-CN"}).content.decode()
        for words in ("被风控限制", "即梦因风控拒绝了一次生成", "哪些告警？", "未恢复", "投递记录"):
            assert words in page


class DeliveryListTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        now = timezone.now()
        self.arrived = channel_test(channel=make_channel("dingtalk", name="ops"), at=now)
        key = make_api_key(name="shop", webhook_url="https://shop.example/hook?token=secret-token-0001")
        event = WebhookEvent(
            message_id="evt_1", api_key_id=key.pk, event="video.failed", subject="gen_77", payload={"id": "evt_1"}
        )
        webhook_events_post(events=[event], at=now)
        self.lost = Delivery.objects.get(message_id="evt_1")
        Delivery.objects.filter(pk=self.arrived.pk).update(progress="delivered", due_at=None, delivered_at=now)
        Delivery.objects.filter(pk=self.lost.pk).update(
            progress="failed", due_at=None, attempts=7, last_error="HTTP status 500"
        )

    def test_it_says_what_went_where_and_what_became_of_it(self) -> None:
        page = self.page(DELIVERIES)
        for words in ("a test of the channel ops", "ops · oapi.dingtalk.example", "video failed", "gen_77"):
            assert words in page
        assert "webhook of shop" in page
        assert "HTTP status 500" in page
        assert "secret-token-0001" not in page

    def test_filters_answer_questions(self) -> None:
        for query, wanted in {"not-delivered": {self.lost}, "given-up": {self.lost}, "waiting": set()}.items():
            with self.subTest(query):
                assert set(self.client.get(f"{DELIVERIES}?state={query}").context["cl"].result_list) == wanted

    def test_what_was_given_up_can_be_sent_again(self) -> None:
        given = {"action": "send_again", "_selected_action": [self.lost.pk]}
        response = self.client.post(DELIVERIES, given, follow=True)
        self.assertContains(response, "1 delivery is sent again.")
        self.lost.refresh_from_db()
        assert (self.lost.progress, self.lost.attempts) == ("waiting", 0)
        assert self.lost.due_at is not None

    def test_who_may_only_look_can_not_send(self) -> None:
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_delivery"))
        self.client.force_login(viewer)
        self.client.post(DELIVERIES, {"action": "send_again", "_selected_action": [self.lost.pk]})
        self.lost.refresh_from_db()
        assert self.lost.progress == "failed"

    def test_the_page_of_one_shows_no_address(self) -> None:
        page = self.page(reverse("admin:accounts_delivery_change", args=[self.lost.pk]))
        assert "evt_1" in page
        assert "secret-token-0001" not in page

    def test_a_list_costs_few_queries(self) -> None:
        with self.assertNumQueries(3):  # session, user, deliveries
            self.page(DELIVERIES)

    def test_every_state_has_a_colour_and_every_event_words(self) -> None:
        assert set(PROGRESS_COLOURS) == set(Delivery.Status)
        assert set(EVENTS) == {f"{kind}.{end}" for kind in ("image", "video") for end in ("completed", "failed")}
