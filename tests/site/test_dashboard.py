"""The dashboard: its numbers, where they lead, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import Account, Alert, AlertChannel
from accounts.shanghai import day_of, end_of
from generation.models import EngineBeat, Generation
from generation.usage import usage_rebuild
from jimeng_site.dashboard.pool import pool
from tests.factories import make_account, make_api_key, make_generation

URL = reverse("admin:index")
ACCOUNTS = reverse("admin:accounts_account_changelist")
Health, Status = Account.Health, Generation.Status


class DashboardTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("operator"))

    def page(self, url: str = URL) -> str:
        response = self.client.get(url)
        assert response.status_code == 200
        return str(response.content.decode())

    def words(self, url: str = URL) -> str:
        """What a person reads of it."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.page(url).split('id="content"')[-1]).split())


class PoolTests(DashboardTestCase):
    def test_each_number_is_that_of_the_list_it_leads_to(self) -> None:
        now = timezone.now()
        today = day_of(now)
        make_account(health=Health.ALIVE, checked_in_on=today)
        make_account(health=Health.ALIVE, failures_in_a_row=1)
        make_account(health=Health.EXPIRED, login_expires_at=now - timedelta(days=1))
        make_account(health=Health.RESTING, rest_until=now + timedelta(hours=1))
        make_account(health=Health.RESTING, rest_until=now - timedelta(hours=1), login_expires_at=now)
        make_account(enabled=False, health=Health.RESTING, rest_until=now + timedelta(hours=1))
        make_account(enabled=False, login_expires_at=now + timedelta(days=1))
        make_account(source=Account.Source.PASSTHROUGH, health=Health.EXPIRED)
        state = pool(at=timezone.now())
        assert state.size == sum(each.count for each in state.health) == 7
        for each in [*state.health, *state.questions.values()]:
            with self.subTest(each.words):
                query = each.query if each.query.startswith("source=") else f"source=operator&{each.query}"
                listed = self.client.get(f"{ACCOUNTS}?{query}").context["cl"].result_list
                assert each.count == len(listed) > 0 or each.query == "health=unknown"

    def test_credits_are_summed_and_those_that_lapse_today_are_told(self) -> None:
        now = timezone.now()
        midnight = end_of(day_of(now))
        read: dict[str, Any] = {"health": Health.ALIVE, "credits_at": now}
        make_account(**read, gift_credits=66, spent_since_read=6, purchase_credits=100, gift_expires_at=midnight)
        make_account(**read, gift_credits=30, purchase_credits=0, gift_expires_at=midnight + timedelta(days=2))
        make_account(**read | {"health": Health.EXPIRED}, gift_credits=1000)
        make_account(health=Health.ALIVE)
        forecast = pool(at=now).forecast
        assert (forecast.credits, forecast.gift, forecast.paid) == (190, 90, 100)
        assert (forecast.lapsing, forecast.unknown) == (60, 1)
        words = self.words()
        lapse = date_format(localtime(forecast.lapses_at), "H:i")
        assert f"lapse today at {lapse} 60" in words
        assert "accounts not read yet 1" in words
        assert f"Enough for about 63 pictures at 2k or 19 videos of 5 s today; 60 credits lapse at {lapse}." in words


class WorkTests(DashboardTestCase):
    def test_it_tells_what_waits_and_for_how_long(self) -> None:
        make_generation(status=Status.QUEUED, created_at=timezone.now() - timedelta(minutes=3))
        make_generation(status=Status.QUEUED)
        make_generation(status=Status.SUBMITTED)
        words = self.words()
        assert "Waiting now 2 longest 3 min" in words
        assert "generating 1" in words

    def test_it_tells_when_the_engine_has_no_pulse(self) -> None:
        assert "no pulse yet" in self.words()
        now = timezone.now()
        beat = EngineBeat.objects.create(holder="host:1", started_at=now, beat_at=now)
        assert "Engine running" in self.words()
        EngineBeat.objects.filter(pk=beat.pk).update(beat_at=now - timedelta(hours=1))
        assert "Engine stalled" in self.words()

    def test_outcomes_are_drawn_by_the_hour_and_told_in_a_table(self) -> None:
        now = timezone.now()
        make_generation(finished_at=now, account=make_account(name="studio"), api_key=make_api_key(name="WebUI"))
        make_generation(finished_at=now, status=Status.FAILED, error_code="timed_out")
        make_generation(finished_at=now - timedelta(days=3))
        list(usage_rebuild())
        page = self.page()
        assert "<title>" in page.split("<svg viewBox")[1]
        assert "1 succeeded, 1 failed, 0 cancelled" in page
        words = self.words()
        assert "success rate 50 %" in words
        assert "studio 3 1 finished, 100 % with success" in words
        assert "WebUI 3" in words
        assert "success rate 66.7 %" in self.words(f"{URL}?span=week")

    def test_failures_lead_to_their_reasons(self) -> None:
        failed = make_generation(status=Status.FAILED, error_code="content_policy_violation", prompt="<b>x</b>")
        page = self.page()
        assert reverse("admin:generation_generation_change", args=[failed.public_id]) in page
        assert "rejected by Jimeng&#x27;s content filter" in page
        assert "<b>x</b>" not in page

    def test_open_alerts_lead_to_their_accounts(self) -> None:
        account, now = make_account(name="studio"), timezone.now()
        fields: dict[str, Any] = {"first_at": now, "last_at": now, "label": "studio"}
        Alert.objects.create(kind="risk_hold", subject=f"account:{account.pk}", **fields)
        Alert.objects.create(kind="pool_empty", subject="pool", resolved_at=now, first_at=now, last_at=now)
        page = self.page()
        assert reverse("admin:accounts_account_change", args=[account.pk]) in page
        assert "Risk control holds an account" in page
        assert "No account can serve" not in page


class NoteTests(DashboardTestCase):
    def test_a_good_set_up_has_nothing_to_tell(self) -> None:
        make_account(health=Health.ALIVE, checked_in_on=day_of(timezone.now()))
        AlertChannel.objects.create(name="x", format="ntfy", target_encrypted="x", target_label="x")
        assert "What needs attention" not in self.page()

    def test_weak_settings_are_named(self) -> None:
        AlertChannel.objects.create(name="x", format="email", target_encrypted="x", target_label="x")
        weak: dict[str, dict[str, Any]] = {
            "Debug mode is on": {"DEBUG": True},
            "listens on all addresses without HTTPS": {"HOST": "0.0.0.0", "PUBLIC_BASE_URL": "http://gateway.example"},
            "with a sessionid of their own": {"PUBLIC_BASE_URL": "https://gateway.example"},
            "short enough to be guessed": {"SECRET_KEY": "short"},
            "mails are only written to the log": {"EMAIL_URL": ""},
        }
        for words, changed in weak.items():
            with self.subTest(words), override_settings(**changed):
                self.client.force_login(User.objects.get(username="operator"))  # sessions hang on the secret key
                assert words in self.page()
        safe = {"HOST": "0.0.0.0", "PUBLIC_BASE_URL": "https://gateway.example", "JIMENG_PASSTHROUGH": False}
        with override_settings(**safe, EMAIL_URL="smtp://x"):
            page = self.page()
        assert not [words for words in weak if words in page]

    def test_a_pool_that_needs_hands_leads_to_the_list(self) -> None:
        assert "There are no accounts" in self.page()
        make_account(health=Health.EXPIRED)
        make_account(login_expires_at=timezone.now() + timedelta(days=1))
        page = self.page()
        assert "1 account is ill." in page
        assert "1 login expires soon." in page
        assert f'{ACCOUNTS}?source=operator&amp;state=ill"' in page


class CostTests(DashboardTestCase):
    def test_it_asks_as_often_whatever_there_is(self) -> None:
        def grow() -> int:
            for _ in range(12):
                account, key = make_account(health=Health.EXPIRED), make_api_key()
                make_generation(account=account, api_key=key, status=Status.FAILED, error_code="timed_out")
                make_generation(account=account, api_key=key, status=Status.QUEUED)
                now = timezone.now()
                Alert.objects.create(kind="risk_hold", subject=f"account:{account.pk}", first_at=now, last_at=now)
            list(usage_rebuild())
            with CaptureQueriesContext(connection) as queries:
                self.page()
            return len(queries)

        assert grow() == grow() <= 15

    def test_who_may_see_little_sees_little(self) -> None:
        make_generation(status=Status.FAILED, error_code="timed_out", prompt="a lighthouse")
        make_account(health=Health.EXPIRED)
        viewer = User.objects.create_user("viewer", is_staff=True)
        self.client.force_login(viewer)
        assert "Ask whoever keeps this gateway" in self.page()
        assert "lighthouse" not in self.page()
        viewer.user_permissions.add(Permission.objects.get(codename="view_generation"))
        words = self.words()
        assert "lighthouse" in words
        assert "Credits now" not in words
