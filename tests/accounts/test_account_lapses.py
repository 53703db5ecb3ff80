"""Which gift credits lapse when, as far as that is known, and the look at an account once they have."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.test import TestCase

from accounts import services
from accounts.models import Account
from tests.accounts.readings import TONIGHT, read
from tests.accounts.wants import AT
from tests.factories import make_account

TOMORROW = TONIGHT + timedelta(days=1)


class LapseTests(TestCase):
    def lapsing(self, account: Account) -> list[tuple[int, datetime]]:
        return [(each["credits"], datetime.fromisoformat(each["at"])) for each in account.lapsing]

    def test_what_lapses_is_kept_soonest_first(self) -> None:
        account = make_account()
        read(account, 30, expiring=[(5, TOMORROW), (22, TONIGHT)])
        assert self.lapsing(account) == [(22, TONIGHT), (5, TOMORROW)]
        assert account.gift_expires_at == TONIGHT

    def test_no_more_lapses_than_there_is(self) -> None:
        for gift, kept in ((25, [(20, TONIGHT), (5, TOMORROW)]), (5, [(5, TOMORROW)]), (3, [(3, TOMORROW)]), (0, [])):
            with self.subTest(gift=gift):
                account = make_account()
                read(account, gift, 50, expiring=[(22, TONIGHT), (5, TOMORROW)])
                assert self.lapsing(account) == kept

    def test_where_it_is_not_told_our_own_gift_of_today_lapses_tonight(self) -> None:
        for gift, kept in ((100, [(66, TONIGHT)]), (40, [(40, TONIGHT)]), (0, [])):
            with self.subTest(gift=gift):
                account = make_account()
                services.account_checked_in(account_id=account.pk, received=66, at=AT - timedelta(hours=1))
                read(account, gift, expiring=None)
                assert self.lapsing(account) == kept

    def test_nothing_else_is_assumed(self) -> None:
        strange, late, told = make_account(), make_account(), make_account()
        services.account_checked_in(account_id=strange.pk, received=0, at=AT)  # given before: nobody knows how much
        services.account_checked_in(account_id=late.pk, received=66, at=AT - timedelta(days=1))
        services.account_checked_in(account_id=told.pk, received=66, at=AT)
        read(strange, 66, expiring=None)
        read(late, 66, expiring=None)
        read(told, 66, expiring=[])
        for account in (strange, late, told):
            assert (account.lapsing, account.gift_expires_at) == ([], None)

    def test_the_account_is_looked_at_soon_after_its_credits_lapse(self) -> None:
        for due_at, soon in ((AT + timedelta(days=3), True), (AT + timedelta(minutes=1), False), (None, False)):
            with self.subTest(due_at=due_at):
                account = make_account(probe_due_at=due_at)
                read(account, 66, expiring=[(66, TONIGHT)])
                if soon:
                    assert account.probe_due_at is not None
                    assert timedelta(minutes=2) <= account.probe_due_at - TONIGHT <= timedelta(minutes=10)
                else:
                    assert account.probe_due_at == due_at

    def test_not_all_are_looked_at_at_once(self) -> None:
        moments = set()
        for _ in range(8):
            account = make_account(probe_due_at=AT + timedelta(days=3))
            read(account, 66, expiring=[(66, TONIGHT)])
            moments.add(account.probe_due_at)
        assert len(moments) > 4
