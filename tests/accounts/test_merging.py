"""The same Jimeng user with a new sessionid: one account, with its history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase
from django.utils import timezone

from accounts import services, vault
from accounts.models import Account, AccountEvent, Alert, AlertKind, BulkTask, Lease, RenewalLink
from tests.factories import make_account, make_api_key, make_generation

OLD, NEW = "login-of-last-month", "login-of-today-0001"


class MergeTests(TestCase):
    def setUp(self) -> None:
        self.now = timezone.now()
        self.older = make_account(
            sessionid=OLD,
            name="studio",
            notes="since spring",
            tags=["a"],
            upstream_user_id="4711",
            health=Account.Health.EXPIRED,
            login_since=self.now - timedelta(days=60),
            gift_credits=10,
        )
        self.device = (self.older.web_id, self.older.uid_tt)
        self.newer = make_account(
            sessionid=NEW,
            name="…0001",
            notes="from the phone",
            tags=["b", "a"],
            upstream_user_id="4711",
            login_expires_at=self.now + timedelta(days=60),
        )

    def merge(self, account: Account | None = None) -> Account | None:
        return services.account_merge(account_id=(account or self.newer).pk, at=self.now)

    def test_the_older_takes_the_login_and_keeps_itself(self) -> None:
        assert self.merge() == self.older
        account = Account.objects.get()
        assert (account.pk, account.name, account.gift_credits) == (self.older.pk, "studio", 10)
        assert (vault.decrypt(account.sessionid_encrypted), account.sessionid_tail) == (NEW, "0001")
        assert account.fingerprint == vault.fingerprint(NEW)
        assert (account.login_since, account.login_expires_at) == (self.newer.login_since, self.newer.login_expires_at)
        assert (account.web_id, account.uid_tt) == self.device
        assert (account.tags, account.notes) == (["a", "b"], "since spring\nfrom the phone")
        assert (account.health, account.probe_due_at) == (Account.Health.ALIVE, self.now)

    def test_what_belonged_to_the_newer_moves(self) -> None:
        generation = make_generation(account=self.newer)
        key = make_api_key()
        key.allowed_accounts.add(self.newer)
        link = RenewalLink.objects.create(account=self.newer, token_hash="x", expires_at=self.now)
        self.merge()
        generation.refresh_from_db()
        link.refresh_from_db()
        assert (generation.account, link.account) == (self.older, self.older)
        assert list(key.allowed_accounts.all()) == [self.older]

    def test_its_timeline_and_whoever_waits_are_told(self) -> None:
        task = services.bulk_task_start(kind=BulkTask.Kind.PROBE, account_ids=[self.newer.pk], at=self.now)
        self.merge()
        event = AccountEvent.objects.get(kind=AccountEvent.Kind.MERGED)
        assert (event.account, event.detail["name"]) == (self.older, "…0001")
        assert NEW not in str(event.detail)
        item = task.items.get()
        assert (item.outcome, item.detail, item.account_label) == ("merged", "studio", "…0001")

    def test_what_was_said_of_either_login_is_over(self) -> None:
        for account in (self.older, self.newer):
            for kind in (AlertKind.ACCOUNT_EXPIRED, AlertKind.ACCOUNT_EXPIRING):
                services.alert_raise(kind=kind, subject=f"account:{account.pk}", at=self.now)
        self.merge()
        assert not Alert.objects.filter(resolved_at__isnull=True).exists()

    def test_while_generations_hold_or_name_it_it_stays(self) -> None:
        lease = Lease.objects.create(account=self.newer, holder="gen_1", taken_at=self.now)
        assert self.merge() is None
        lease.delete()
        waiting = make_generation(status="queued", account_ids=[self.newer.pk])
        assert self.merge() is None
        waiting.delete()
        assert self.merge() == self.older

    def test_a_login_that_the_older_got_later_stays(self) -> None:
        services.account_replace_sessionid(account=self.older, sessionid="renewed-by-hand-01")
        Account.objects.filter(pk=self.older.pk).update(health=Account.Health.ALIVE)
        self.merge()
        assert vault.decrypt(Account.objects.get().sessionid_encrypted) == "renewed-by-hand-01"

    def test_a_rest_that_only_time_ends_goes_on(self) -> None:
        until = self.now + timedelta(hours=2)
        Account.objects.filter(pk=self.older.pk).update(health="resting", rest_reason="risk_hold", rest_until=until)
        self.merge()
        account = Account.objects.get()
        assert (account.health, account.rest_until) == ("resting", until)

    def test_others_stay_apart(self) -> None:
        cases: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
            ("another user", {"upstream_user_id": "1"}, {}),
            ("a user that is not known", {"upstream_user_id": ""}, {"upstream_user_id": ""}),
            ("a caller's login", {"source": "passthrough"}, {}),
            ("the older is a caller's", {}, {"source": "passthrough"}),
        )
        for words, newer, older in cases:
            with self.subTest(words):
                Account.objects.filter(pk=self.newer.pk).update(
                    **{"upstream_user_id": "4711", "source": "operator", **newer}
                )
                Account.objects.filter(pk=self.older.pk).update(
                    **{"upstream_user_id": "4711", "source": "operator", **older}
                )
                assert self.merge() is None
                assert Account.objects.count() == 2
        Account.objects.update(upstream_user_id="4711", source="operator")
        assert self.merge(self.older) is None  # the newer is merged into the older, never the other way round
