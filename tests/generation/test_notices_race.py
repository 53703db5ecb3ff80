"""Parts of one request that end at the same time, on databases where transactions run side by side."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from django.db import connection, transaction
from django.test import skipUnlessDBFeature

from accounts import vault
from accounts.models import Alert, AlertKind, Delivery
from accounts.services import alert_raise
from generation import transitions
from generation.changes import Succeeded
from generation.models import Generation
from tests.committing import CommittingTestCase
from tests.factories import make_api_key, make_generation

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def succeed(row: Generation) -> None:
    change = Succeeded(generation_id=row.pk, public_id=row.public_id, account_id=None, files=(), pictures=0)
    transitions.mark_succeeded([change], at=NOW)


@skipUnlessDBFeature("has_select_for_update")
class RaceTests(CommittingTestCase):
    def test_of_two_that_end_parts_at_once_one_tells(self) -> None:
        key = make_api_key(webhook_url="https://app.example/hook", webhook_secret_encrypted=vault.encrypt("x"))
        first = make_generation(status=Generation.Status.SUBMITTED, api_key=key)
        Generation.objects.filter(pk=first.pk).update(group_id=first.public_id)
        second = make_generation(status=Generation.Status.SUBMITTED, api_key=key, group_id=first.public_id)
        self.while_open(lambda: succeed(first), lambda: succeed(second))
        assert Delivery.objects.count() == 1

    def test_an_alert_that_two_raise_at_once_is_one_row(self) -> None:
        def hold() -> None:
            alert_raise(kind=AlertKind.RISK_HOLD, subject="account:1", at=NOW)

        self.while_open(hold, hold)
        assert Alert.objects.count() == 1

    def while_open(self, mine: object, theirs: object) -> None:
        """Run `theirs` in another transaction while that of `mine` is not committed yet; it has to wait."""

        def run() -> None:
            try:
                theirs()  # type: ignore[operator]
            finally:
                connection.close()

        other = threading.Thread(target=run)
        with transaction.atomic():
            mine()  # type: ignore[operator]
            other.start()
            _wait_until_blocked(other)
        other.join(20)
        assert not other.is_alive()


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
