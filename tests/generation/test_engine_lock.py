"""One engine per database, and what a new one finds."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from django.test import TestCase

from accounts.models import Account, Lease
from generation.engine.lock import EngineLock
from generation.engine.recovery import recover
from generation.models import Generation
from tests.factories import make_account, make_generation
from tests.generation.moves import AT, events, make_held

Status = Generation.Status


def test_the_first_gets_it_and_the_second_when_the_first_lets_go(tmp_path: Path) -> None:
    first, second = EngineLock(tmp_path / "engine.lock"), EngineLock(tmp_path / "engine.lock")
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    assert not first.take()
    second.release()


def test_it_names_its_holder(tmp_path: Path) -> None:
    lock = EngineLock(tmp_path / "engine.lock")
    assert lock.take()
    assert (tmp_path / "engine.lock").read_text() == f"{os.getpid()}\n"
    lock.release()


def test_another_database_has_another_lock(tmp_path: Path) -> None:
    first, second = EngineLock(tmp_path / "one.lock"), EngineLock(tmp_path / "two.lock")
    assert first.take()
    assert second.take()
    first.release()
    second.release()


def test_its_folder_is_made_and_releasing_twice_is_no_fault(tmp_path: Path) -> None:
    lock = EngineLock(tmp_path / "new" / "engine.lock")
    assert lock.take()
    lock.release()
    lock.release()
    assert lock.take()
    lock.release()


class RecoveryTests(TestCase):
    def test_what_was_only_being_prepared_goes_back_with_nothing_spent(self) -> None:
        account = make_account(spent_since_read=9)
        row = make_held(Status.RUNNING, account=account)
        recover(at=AT)
        row.refresh_from_db()
        account.refresh_from_db()
        assert (row.status, row.account, account.spent_since_read) == (Status.QUEUED, None, 6)
        assert events(row) == ["requeued"]
        assert not Lease.objects.exists()

    def test_what_may_be_paid_for_keeps_its_account(self) -> None:
        for status in (Status.SUBMITTING, Status.SUBMITTED):
            with self.subTest(status):
                row = make_held(status)
                recover(at=AT)
                assert Lease.objects.get(holder=row.public_id).account == row.account
                row.refresh_from_db()
                assert row.status == status
                assert events(row) == []

    def test_leases_of_nobody_are_dropped(self) -> None:
        kept = make_held(Status.SUBMITTED)
        for status in (Status.QUEUED, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED):
            make_held(status)
        Lease.objects.create(account=Account.objects.all()[0], holder="gen_unknown", taken_at=AT)
        recover(at=AT)
        assert [each.holder for each in Lease.objects.all()] == [kept.public_id]

    def test_it_names_all_that_is_open_oldest_first(self) -> None:
        rows = [
            make_generation(status=status)
            for status in (Status.SUBMITTED, Status.FAILED, Status.QUEUED, Status.SUCCEEDED, Status.RUNNING)
        ]
        rows.append(make_generation(status=Status.SUBMITTING, created_at=AT - timedelta(days=1)))
        assert recover(at=AT) == [rows[index].pk for index in (0, 2, 4, 5)]

    def test_a_second_recovery_changes_nothing(self) -> None:
        row = make_held(Status.RUNNING)
        assert recover(at=AT) == recover(at=AT) == [row.pk]
        assert events(row) == ["requeued"]

    def test_with_nothing_open_there_is_nothing_to_do(self) -> None:
        make_generation()
        assert recover(at=AT) == []
