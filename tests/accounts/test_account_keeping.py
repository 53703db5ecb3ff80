"""Storing logins: once each, encrypted, in the pool or outside it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from accounts import services, vault
from accounts.models import Account, Lease
from tests.factories import make_account, make_generation

SESSION, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
OPERATOR, PASSTHROUGH = Account.Source.OPERATOR, Account.Source.PASSTHROUGH


class AddTests(TestCase):
    def test_a_new_login_is_stored_encrypted_and_probed_soon(self) -> None:
        account, is_new = services.account_add(sessionid=SESSION, name="first", notes="mine")
        assert is_new
        account.refresh_from_db()
        assert (account.name, account.notes, account.source) == ("first", "mine", OPERATOR)
        assert (account.sessionid_tail, vault.decrypt(account.sessionid_encrypted)) == ("cdef", SESSION)
        assert (account.health, account.credits) == (Account.Health.UNKNOWN, None)
        assert account.probe_due_at is not None
        assert account.probe_due_at <= timezone.now()

    def test_no_column_holds_the_sessionid(self) -> None:
        services.account_add(sessionid=SESSION)
        row = Account.objects.values().get()
        assert not any(SESSION in str(value) for value in row.values())

    def test_it_is_found_again_and_keeps_its_device(self) -> None:
        first, _ = services.account_add(sessionid=SESSION, name="first")
        again, is_new = services.account_add(sessionid=SESSION, name="another name")
        assert (again.pk, is_new) == (first.pk, False)
        again.refresh_from_db()
        assert (again.name, again.web_id, again.uid_tt) == ("first", first.web_id, first.uid_tt)

    def test_without_a_name_it_is_called_by_its_end(self) -> None:
        assert services.account_add(sessionid=SESSION)[0].name == "…cdef"

    def test_a_callers_login_joins_the_pool_when_the_operator_adds_it(self) -> None:
        services.passthrough_accounts(sessionids=[SESSION])
        account, is_new = services.account_add(sessionid=SESSION, name="mine now")
        account.refresh_from_db()
        assert (is_new, account.source, account.name) == (False, OPERATOR, "mine now")

    def test_a_callers_login_that_is_in_the_pool_stays_there(self) -> None:
        services.account_add(sessionid=SESSION, name="first")
        (account,) = services.passthrough_accounts(sessionids=[SESSION])
        assert (account.source, account.name) == (OPERATOR, "first")


class PassthroughTests(TestCase):
    def test_each_login_is_one_account_outside_the_pool(self) -> None:
        found = services.passthrough_accounts(sessionids=[SESSION, OTHER, SESSION])
        assert [each.sessionid_tail for each in found] == ["cdef", "3210"]
        assert {each.source for each in found} == {PASSTHROUGH}
        assert not Account.objects.in_pool().exists()
        assert {each.probe_due_at for each in found} == {None}  # its use tells how it is

    def test_its_use_is_noted_once_an_hour(self) -> None:
        now = timezone.now()
        for used_at, is_noted in (
            (None, True),
            (now - timedelta(minutes=61), True),
            (now - timedelta(minutes=59), False),
        ):
            with self.subTest(used_at=used_at):
                make_account(sessionid=SESSION, last_used_at=used_at)
                services.passthrough_accounts(sessionids=[SESSION])
                stored = Account.objects.get()
                assert (stored.last_used_at != used_at) == is_noted
                stored.delete()

    def test_those_that_nobody_uses_are_forgotten(self) -> None:
        now = timezone.now()

        def seen(at: datetime, **over: Any) -> Account:
            return make_account(source=over.pop("source", PASSTHROUGH), last_used_at=at, **over)

        old = seen(now - timedelta(days=31))
        history = make_generation(account=old, account_label="old")
        lent = seen(now - timedelta(days=31))
        Lease.objects.create(account=lent, holder="gen_1", taken_at=now)
        kept = {lent, seen(now - timedelta(days=29)), seen(now - timedelta(days=31), source=OPERATOR)}
        assert services.passthrough_forget(unused_since=now - timedelta(days=30)) == 1
        assert set(Account.objects.all()) == kept
        history.refresh_from_db()
        assert (history.account, history.account_label) == (None, "old")


class MendTests(TestCase):
    def test_a_new_sessionid_keeps_the_account_and_its_device(self) -> None:
        before = make_account(sessionid=SESSION, health=Account.Health.EXPIRED, failures_in_a_row=2, probe_due_at=None)
        services.account_replace_sessionid(account=before, sessionid=OTHER)
        account = Account.objects.get()
        assert (account.pk, account.web_id, account.uid_tt) == (before.pk, before.web_id, before.uid_tt)
        assert (account.sessionid_tail, vault.decrypt(account.sessionid_encrypted)) == ("3210", OTHER)
        assert (account.health, account.failures_in_a_row) == (Account.Health.UNKNOWN, 0)
        assert account.probe_due_at is not None
        assert services.account_add(sessionid=OTHER) == (account, False)
        assert services.account_add(sessionid=SESSION)[1]

    def test_a_sessionid_of_another_account_is_refused(self) -> None:
        make_account(sessionid=OTHER)
        account = make_account(sessionid=SESSION)
        with pytest.raises(IntegrityError), transaction.atomic():
            services.account_replace_sessionid(account=account, sessionid=OTHER)

    def test_waking_forgets_rests_failures_and_bars(self) -> None:
        until = timezone.now() + timedelta(hours=1)
        account = make_account(
            health="resting",
            rest_until=until,
            rest_reason="risk_hold",
            failures_in_a_row=4,
            barred={"jimeng-4.5/4k": until.isoformat()},
            probe_due_at=until,
        )
        left = make_account(health="expired")
        assert services.accounts_wake(account_ids=[account.pk]) == 1
        account.refresh_from_db()
        assert (account.health, account.rest_until, account.rest_reason) == ("unknown", None, "")
        assert (account.failures_in_a_row, account.barred) == (0, {})
        assert account.probe_due_at is not None
        assert account.probe_due_at < until
        left.refresh_from_db()
        assert left.health == "expired"

    def test_a_probe_can_be_asked_for(self) -> None:
        account, left = make_account(probe_due_at=None), make_account(probe_due_at=None)
        assert services.accounts_request_probe(account_ids=[account.pk]) == 1
        assert list(Account.objects.due_for_probe(at=timezone.now())) == [account]
        assert left.probe_due_at is None

    def test_enabling_counts_what_changed(self) -> None:
        accounts = [make_account(enabled=False), make_account(enabled=True)]
        ids = [each.pk for each in accounts]
        assert services.accounts_enable(account_ids=ids, enabled=True) == 1
        assert services.accounts_enable(account_ids=ids, enabled=False) == 2
        assert not Account.objects.filter(enabled=True).exists()
