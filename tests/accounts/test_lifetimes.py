"""When logins are expected to end, and who is warned of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import TestCase
from django.utils import timezone

from accounts import alert_reasons
from accounts.display import clock
from accounts.health import account_failed
from accounts.lifetimes import GUESSED, login_end, observed_lifetime
from accounts.login_warnings import RAISED_AT_ONCE, logins_warn
from accounts.models import Account, AccountEvent, Alert
from accounts.rotation import FailureClass
from accounts.services import account_replace_sessionid
from accounts.timeline import account_events_add
from tests.factories import make_account

DAY = timedelta(days=1)
WITHIN = 5 * DAY


class LifetimeTestCase(TestCase):
    def setUp(self) -> None:
        self.now = timezone.now()

    def ended(self, *days: float, code: str = "1015", **account: Any) -> None:
        """Logins that lived for so many days."""
        row = make_account(**account)
        for lived in days:
            account_events_add(
                account_ids=[row.pk], kind=AccountEvent.Kind.EXPIRED, at=self.now, lived_s=lived * 86_400, code=code
            )
        Account.objects.filter(pk=row.pk).update(enabled=False)


class EndTests(LifetimeTestCase):
    def test_the_cookie_says_it_best(self) -> None:
        account = make_account(login_since=self.now, login_expires_at=self.now + 7 * DAY)
        end = login_end(account, observed=30 * DAY)
        assert (end.at, end.source) == (self.now + 7 * DAY, "cookie")

    def test_else_others_say_it_and_else_it_is_a_guess(self) -> None:
        account = make_account(login_since=self.now)
        assert login_end(account, observed=30 * DAY).at == self.now + 30 * DAY
        assert login_end(account, observed=30 * DAY).source == "observed"
        assert login_end(account, observed=None).at == self.now + GUESSED
        assert login_end(account, observed=None).source == "guess"

    def test_others_are_the_median_of_three_or_more(self) -> None:
        self.ended(10, 90)
        assert observed_lifetime() is None
        self.ended(20)
        assert observed_lifetime() == 20 * DAY

    def test_logins_that_were_dead_when_they_came_say_nothing(self) -> None:
        for _ in range(3):
            account = make_account(health=Account.Health.UNKNOWN, login_since=self.now - timedelta(seconds=1))
            account_failed(
                account_id=account.pk, failure=FailureClass.EXPIRED, code="1015", detail="expired", at=self.now
            )
        assert observed_lifetime() is None

    def test_only_the_latest_ends_of_the_pools_own_logins_count(self) -> None:
        self.ended(*[100] * 40)
        self.ended(*[10] * 50)
        self.ended(1, 1, 1, source=Account.Source.PASSTHROUGH)
        assert observed_lifetime() == 10 * DAY

    def test_a_lost_key_and_a_clock_that_went_back_are_no_ends(self) -> None:
        self.ended(1, 1, 1, code="unreadable")
        self.ended(-1, 0)
        self.ended(10, 20, 30)
        assert observed_lifetime() == 20 * DAY


class SoonTests(LifetimeTestCase):
    def names(self, at: datetime) -> set[str]:
        return set(Account.objects.filter(enabled=True).login_ends_before(at=at).values_list("name", flat=True))

    def test_it_is_told_by_sql_as_by_the_page(self) -> None:
        make_account(name="cookie", login_since=self.now, login_expires_at=self.now + 3 * DAY)
        make_account(name="long cookie", login_since=self.now - 100 * DAY, login_expires_at=self.now + 50 * DAY)
        make_account(name="old", login_since=self.now - 58 * DAY)
        make_account(name="middle", login_since=self.now - 28 * DAY)
        make_account(name="new", login_since=self.now)
        assert self.names(self.now + WITHIN) == {"cookie", "old"}
        self.ended(30, 30, 30)
        assert self.names(self.now + WITHIN) == {"cookie", "old", "middle"}
        observed = observed_lifetime()
        for account in Account.objects.filter(enabled=True):
            ends = login_end(account, observed).at <= self.now + WITHIN
            assert ends == (account.name in {"cookie", "old", "middle"})

    def test_a_list_asks_once_for_all(self) -> None:
        self.ended(30, 30, 30)
        for _ in range(3):
            make_account()
        with self.assertNumQueries(2):
            seen = {vars(each)["observed_s"] for each in Account.objects.with_observed_lifetime()}
        assert seen == {30 * 86_400}


class WarningTests(LifetimeTestCase):
    def warn(self, *, later: timedelta = timedelta(0)) -> dict[str, str]:
        """The open alerts: their accounts, and where it is known from."""
        while logins_warn(at=self.now + later, within=WITHIN):
            pass
        still_open = Alert.objects.filter(kind="account_expiring", resolved_at__isnull=True)
        return {alert.label: alert.detail["source"] for alert in still_open}

    def test_guesses_alarm_nobody(self) -> None:
        make_account(name="guessed", login_since=self.now - 59 * DAY)
        make_account(name="sure", login_expires_at=self.now + 4 * DAY)
        assert self.warn() == {"sure": "cookie"}
        alert = Alert.objects.get()
        words = alert_reasons.reason(alert.kind, alert.detail, at=self.now)
        assert words == f"It ends at about {clock(self.now + 4 * DAY, at=self.now)}."
        self.ended(58, 58, 58)
        assert self.warn() == {"sure": "cookie", "guessed": "observed"}

    def test_what_is_ended_off_or_a_callers_is_no_matter(self) -> None:
        soon = self.now + DAY
        make_account(login_expires_at=soon, health=Account.Health.EXPIRED)
        make_account(login_expires_at=soon, enabled=False)
        make_account(login_expires_at=soon, source=Account.Source.PASSTHROUGH)
        make_account(login_expires_at=self.now + 6 * DAY)
        assert self.warn() == {}

    def test_the_same_again_is_one_alert_and_a_new_login_ends_it(self) -> None:
        account = make_account(name="mine", login_expires_at=self.now + DAY)
        for hours in range(2):
            assert self.warn(later=timedelta(hours=hours)) == {"mine": "cookie"}
        assert Alert.objects.get().count == 2
        account_replace_sessionid(account=account, sessionid="another-login-0001")
        assert Alert.objects.get().resolved_at is not None

    def test_many_are_told_in_batches_and_each_once(self) -> None:
        for _ in range(RAISED_AT_ONCE + 1):
            make_account(login_expires_at=self.now + DAY)
        found = [logins_warn(at=self.now, within=WITHIN) for _ in range(3)]
        assert found == [RAISED_AT_ONCE, 1, 0]
        with self.assertNumQueries(7):  # whatever their number; two are the savepoint
            assert logins_warn(at=self.now + timedelta(hours=1), within=WITHIN) == 0

    def test_it_is_over_when_it_is_no_longer_so(self) -> None:
        account = make_account(login_expires_at=self.now + DAY)
        assert self.warn()
        Account.objects.filter(pk=account.pk).update(enabled=False)
        assert self.warn() == {}
        assert Alert.objects.get().resolved_at == self.now
