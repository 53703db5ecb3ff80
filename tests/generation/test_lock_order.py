"""Transactions of several lanes that write to the same accounts, on databases where they run side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import OperationalError, connection, transaction
from django.test import skipUnlessDBFeature

from accounts.models import Account
from generation import transitions
from generation.models import Generation
from tests.committing import CommittingTestCase
from tests.factories import make_account, make_generation
from tests.generation.moves import AT, failed, make_held, requeued, running, succeeded

Status = Generation.Status


@skipUnlessDBFeature("has_select_for_update")
class LockOrderTests(CommittingTestCase):
    def test_requeueing_locks_accounts_in_order(self) -> None:
        self.locks_in_order(
            Status.RUNNING, lambda rows: transitions.mark_requeued([requeued(row) for row in rows], at=AT)
        )

    def test_success_locks_accounts_in_order(self) -> None:
        self.locks_in_order(
            Status.SUBMITTED, lambda rows: transitions.mark_succeeded([succeeded(row) for row in rows], at=AT)
        )

    def test_failure_locks_accounts_in_order(self) -> None:
        self.locks_in_order(
            Status.SUBMITTED, lambda rows: transitions.mark_failed([failed(row) for row in rows], at=AT)
        )

    def locks_in_order(self, status: str, change: Callable[[list[Generation]], object]) -> None:
        """While somebody holds the first account, the change waits for it without holding the second."""
        first, second = make_account(), make_account()
        # The first row moves to the end of its table, where a statement over both would come to it last.
        Account.objects.filter(pk=first.pk).update(notes="x" * 4000, failures_in_a_row=1)
        rows = [make_held(status, account=second), make_held(status, account=first)]
        with_other(
            hold=lambda: Account.objects.filter(pk=first.pk).update(notes="held"),
            other=lambda: change(rows),
            then=lambda: self.assert_free(second),
        )
        assert set(Generation.objects.values_list("status", flat=True)) != {status}

    def assert_free(self, account: Account) -> None:
        try:
            with transaction.atomic():
                Account.objects.select_for_update(nowait=True).get(pk=account.pk)
        except OperationalError as error:
            raise AssertionError("The second account is locked before the first.") from error


@skipUnlessDBFeature("has_select_for_update")
class CancelTests(CommittingTestCase):
    def test_what_is_cancelled_while_it_is_given_an_account_is_refunded(self) -> None:
        account = make_account()
        row = make_generation(status=Status.QUEUED)

        def claim() -> None:
            Account.objects.filter(pk=account.pk).update(spent_since_read=row.credits_estimated)
            transitions.mark_running([running(row, account)], at=AT)

        with_other(
            hold=claim,
            other=lambda: transitions.mark_cancelled(generation_id=row.pk, public_id=row.public_id, at=AT),
        )
        row.refresh_from_db()
        account.refresh_from_db()
        assert row.status == Status.CANCELLED
        assert account.spent_since_read == 0


def with_other(
    *, hold: Callable[[], object], other: Callable[[], object], then: Callable[[], object] = lambda: None
) -> None:
    """Run `other` in another transaction while that of `hold` is open; `then` once it waits."""

    def run() -> None:
        try:
            other()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        hold()
        thread.start()
        _wait_until_blocked(thread)
        then()
    thread.join(20)
    assert not thread.is_alive()


def _wait_until_blocked(thread: threading.Thread) -> None:
    tick = threading.Event()
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            row = cursor.fetchone()
        if (row is not None and row[0]) or not thread.is_alive():
            return
        tick.wait(0.05)
    raise AssertionError("The other transaction neither waits nor ends.")
