"""Renewal links: what a token opens, for how long and how often, and what Jimeng's word makes of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts import vault
from accounts.models import Account, AccountEvent, Alert, AlertKind, RenewalLink
from accounts.renewals import (
    ATTEMPTS_MAX,
    Problem,
    UserUnknown,
    condition_of,
    renewal_answered,
    renewal_find,
    renewal_link_make,
    renewal_link_revoke,
    renewal_paste,
    renewal_refused,
    renewals_tidy,
    renewals_to_check,
)
from accounts.services import alert_raise
from accounts.sessionids import PastedLogin
from tests.factories import make_account

NEW = "the-new-login-0002"
HOUR = timedelta(hours=1)


class RenewalTestCase(TestCase):
    def setUp(self) -> None:
        self.now = timezone.now()
        self.account = make_account(sessionid="the-old-login-0001", upstream_user_id="4711")
        self.token = renewal_link_make(account=self.account, at=self.now, actor="ann")

    @property
    def link(self) -> RenewalLink:
        return RenewalLink.objects.get()

    def condition(self, at: datetime | None = None) -> str:
        return condition_of(self.link, at=at or self.now)

    def paste(self, sessionid: str = NEW, at: datetime | None = None, ends_at: datetime | None = None) -> bool:
        pasted = PastedLogin(sessionid=sessionid, ends_at=ends_at)
        return renewal_paste(link_id=self.link.pk, pasted=pasted, at=at or self.now)

    def answer(self, user_id: str = "4711", sessionid: str = NEW) -> Problem | None:
        [link] = renewals_to_check()
        return renewal_answered(link=link, sessionid=sessionid, user_id=user_id, at=self.now)


class TokenTests(RenewalTestCase):
    def test_only_its_hash_is_stored_and_it_is_hard_to_guess(self) -> None:
        assert re.fullmatch(r"[\w-]{43}\.[\w-]{43}", self.token)
        assert self.token.partition(".")[0] not in str(RenewalLink.objects.values().get())
        assert renewal_find(token=self.token) == self.link

    def test_one_that_is_made_up_costs_no_query(self) -> None:
        for token in ("", "x", self.token[:-1], self.token + "x", "x" + self.token, self.token.replace(".", "..")):
            with self.subTest(token), self.assertNumQueries(0):
                assert renewal_find(token=token) is None

    @override_settings(SECRET_KEY="another")
    def test_one_that_was_signed_elsewhere_is_made_up(self) -> None:
        with self.assertNumQueries(0):
            assert renewal_find(token=self.token) is None

    def test_without_a_known_user_there_is_nothing_to_compare_with(self) -> None:
        with pytest.raises(UserUnknown):
            renewal_link_make(account=make_account(), at=self.now)

    @override_settings(JIMENG_RENEWAL_HOURS=2)
    def test_it_ends_by_itself(self) -> None:
        renewal_link_revoke(account=self.account, link_id=self.link.pk)
        renewal_link_make(account=self.account, at=self.now)
        assert self.condition(self.now + 2 * HOUR - timedelta(seconds=1)) == "open"
        assert self.condition(self.now + 2 * HOUR) == "dead"
        assert not self.paste(at=self.now + 2 * HOUR)

    def test_it_can_be_revoked_by_its_own_account_only(self) -> None:
        assert not renewal_link_revoke(account=make_account(), link_id=self.link.pk)
        assert renewal_link_revoke(account=self.account, link_id=self.link.pk)
        assert renewal_find(token=self.token) is None


class VerdictTests(RenewalTestCase):
    def test_the_same_user_renews_the_account(self) -> None:
        for kind in (AlertKind.ACCOUNT_EXPIRED, AlertKind.ACCOUNT_EXPIRING):
            alert_raise(kind=kind, subject=f"account:{self.account.pk}", at=self.now)
        device, ends_at = (self.account.web_id, self.account.uid_tt), self.now + timedelta(days=60)
        assert self.paste(ends_at=ends_at)
        assert self.condition() == "checking"
        assert NEW not in str(RenewalLink.objects.values().get())
        assert self.answer() is None
        account = Account.objects.get()
        assert vault.decrypt(account.sessionid_encrypted) == NEW
        assert (account.web_id, account.uid_tt) == device
        assert (account.login_expires_at, account.health) == (ends_at, Account.Health.UNKNOWN)
        assert AccountEvent.objects.get(kind="renewed").actor == "renewal link"
        assert not Alert.objects.filter(resolved_at__isnull=True).exists()
        assert (self.link.pasted_encrypted, self.link.used_at) == ("", self.now)

    def test_it_works_once_and_says_so_for_a_while(self) -> None:
        self.paste()
        self.answer()
        assert self.condition() == "done"
        assert self.condition(self.now + HOUR) == "dead"
        assert not self.paste("the-third-login-0003")
        assert not renewal_link_revoke(account=self.account, link_id=self.link.pk)

    def test_anything_else_leaves_the_account_alone_and_the_link_open(self) -> None:
        other = make_account(sessionid="the-other-login-0009")
        table = [(NEW, "4712", Problem.OTHER_USER), ("the-other-login-0009", "4711", Problem.KNOWN)]
        for number, (sessionid, user_id, problem) in enumerate(table, start=1):
            with self.subTest(problem):
                assert self.paste(sessionid)
                assert self.answer(user_id, sessionid) == problem
                assert (self.link.problem, self.link.attempts, self.link.pasted_encrypted) == (problem, number, "")
                assert self.condition() == "open"
        assert vault.decrypt(Account.objects.get(pk=self.account.pk).sessionid_encrypted) == "the-old-login-0001"
        assert vault.decrypt(Account.objects.get(pk=other.pk).sessionid_encrypted) == "the-other-login-0009"

    def test_the_accounts_own_login_given_again_is_no_harm(self) -> None:
        self.paste("the-old-login-0001")
        assert self.answer(sessionid="the-old-login-0001") is None

    def test_the_sixth_attempt_is_not_taken(self) -> None:
        for _ in range(ATTEMPTS_MAX):
            assert self.paste()
            renewal_refused(link=renewals_to_check()[0], problem=Problem.EXPIRED)
        assert (self.condition(), self.paste()) == ("dead", False)

    def test_while_one_is_checked_no_other_is_taken(self) -> None:
        assert self.paste()
        assert not self.paste("the-third-login-0003")
        assert self.link.attempts == 1

    def test_one_that_is_revoked_while_it_is_checked_does_nothing(self) -> None:
        self.paste()
        [link] = renewals_to_check()
        renewal_link_revoke(account=self.account, link_id=link.pk)
        renewal_answered(link=link, sessionid=NEW, user_id="4711", at=self.now)
        assert vault.decrypt(Account.objects.get().sessionid_encrypted) == "the-old-login-0001"

    def test_an_end_that_has_passed_is_not_believed(self) -> None:
        self.paste(ends_at=self.now - HOUR)
        self.answer()
        assert Account.objects.get().login_expires_at is None


class TidyTests(RenewalTestCase):
    def test_what_nobody_could_check_is_wiped_after_a_day(self) -> None:
        self.paste()
        renewals_tidy(at=timezone.now() + 23 * HOUR)
        assert self.link.pasted_encrypted
        renewals_tidy(at=timezone.now() + 25 * HOUR)
        assert (self.link.pasted_encrypted, self.link.state, self.link.problem) == ("", "open", "unreachable")

    def test_links_are_forgotten_long_after_their_end(self) -> None:
        renewals_tidy(at=self.link.expires_at + timedelta(days=29))
        assert RenewalLink.objects.exists()
        renewals_tidy(at=self.link.expires_at + timedelta(days=31))
        assert not RenewalLink.objects.exists()
