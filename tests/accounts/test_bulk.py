"""Bulk tasks: what is asked for at once, told one by one, and ended by themselves."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from accounts import services
from accounts.models import Account, BulkItem, BulkTask
from tests.factories import make_account

Kind = BulkTask.Kind


class BulkTests(TestCase):
    def setUp(self) -> None:
        self.now = timezone.now()
        self.later = self.now + timedelta(hours=1)

    def start(self, *accounts: Account, kind: BulkTask.Kind = Kind.PROBE) -> BulkTask:
        ids = [each.pk for each in accounts]
        return services.bulk_task_start(kind=kind, account_ids=ids, actor="ann", at=self.now)

    def done(self, account: Account, outcome: str, kind: BulkTask.Kind = Kind.PROBE) -> int:
        return services.bulk_items_done(account_id=account.pk, kind=kind, outcome=outcome, at=self.now)

    def test_the_engine_is_asked_for_what_it_is(self) -> None:
        account = make_account(probe_due_at=self.later, proxy_encrypted="there is one")
        for kind, field in (
            (Kind.PROBE, "probe_due_at"),
            (Kind.CHECK_IN, "check_in_due_at"),
            (Kind.PROXY_TEST, "proxy_test_due_at"),
        ):
            with self.subTest(kind):
                self.start(account, kind=kind)
                account.refresh_from_db()
                assert getattr(account, field) == self.now

    def test_progress_counts_outcomes(self) -> None:
        first, second, third = make_account(), make_account(), make_account()
        task = self.start(first, second, third)
        self.done(first, "alive")
        self.done(second, "expired")
        progress = services.bulk_progress(task)
        assert (progress.done, progress.total, progress.percent, progress.is_over) == (2, 3, 66, False)
        assert progress.outcomes == {"alive": 1, "expired": 1}
        self.done(third, "alive")
        progress = services.bulk_progress(task)
        assert (progress.percent, progress.is_over, progress.outcomes) == (100, True, {"alive": 2, "expired": 1})

    def test_a_task_of_nobody_is_over(self) -> None:
        assert services.bulk_progress(self.start()).is_over

    def test_one_look_serves_all_tasks_of_its_kind(self) -> None:
        account = make_account()
        one, two = self.start(account), self.start(account)
        other = self.start(account, kind=Kind.CHECK_IN)
        assert self.done(account, "alive") == 2
        assert [services.bulk_progress(each).is_over for each in (one, two, other)] == [True, True, False]
        assert self.done(account, "expired") == 0  # the first word stands

    def test_those_that_the_engine_leaves_alone_are_done_at_once(self) -> None:
        off = make_account(enabled=False, probe_due_at=None)
        held = make_account(health="resting", rest_reason="risk_hold", rest_until=self.later, probe_due_at=self.later)
        assert services.bulk_progress(self.start(off, held)).outcomes == {"left_alone": 2}
        assert not Account.objects.due_for_probe(at=self.now).exists()

    def test_what_nobody_will_do_any_more_is_ended(self) -> None:
        gone, off, held, open_ = make_account(), make_account(), make_account(), make_account()
        task = self.start(gone, off, held, open_)
        gone.delete()
        Account.objects.filter(pk=off.pk).update(enabled=False)
        Account.objects.filter(pk=held.pk).update(health="resting", rest_reason="risk_hold", rest_until=self.later)
        assert services.bulk_tasks_settle(at=self.now) == 3
        assert services.bulk_progress(task).outcomes == {"gone": 1, "left_alone": 2}
        assert services.bulk_tasks_settle(at=self.now + timedelta(hours=3)) == 1
        assert BulkItem.objects.get(account=open_).outcome == "given_up"

    def test_tasks_of_last_month_are_forgotten(self) -> None:
        self.start(make_account())
        services.bulk_tasks_settle(at=self.now + timedelta(days=31))
        assert not BulkTask.objects.exists()
