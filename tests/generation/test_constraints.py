"""What the database itself refuses, whatever the code does."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import TestCase

from accounts.models import Account, Lease
from generation.models import Generation, Media
from tests.factories import make_account, make_api_key, make_generation, make_media
from tests.generation.moves import AT

Status = Generation.Status


class ConstraintTests(TestCase):
    def refused(self, constraint: str, change: Any) -> None:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            change()

    def test_submitting_and_beyond_need_our_submit_id(self) -> None:
        for status in (Status.SUBMITTING, Status.SUBMITTED, Status.SUCCEEDED):
            with self.subTest(status):
                row = make_generation(status=status)
                change = Generation.objects.filter(pk=row.pk)
                self.refused("generation_submitting_has_submit_id", lambda change=change: change.update(submit_id=None))

    def test_submitted_and_beyond_need_the_upstreams_record(self) -> None:
        for status in (Status.SUBMITTED, Status.SUCCEEDED):
            with self.subTest(status):
                row = make_generation(status=status)
                change = Generation.objects.filter(pk=row.pk)
                self.refused(
                    "generation_submitted_has_record", lambda change=change: change.update(history_record_id="")
                )

    def test_final_states_have_an_end_and_open_ones_have_none(self) -> None:
        for status in Status:
            with self.subTest(status):
                row = make_generation(status=status)
                wrong = None if status in Generation.FINAL else AT
                change = Generation.objects.filter(pk=row.pk)
                self.refused(
                    "generation_finished_at_says_final",
                    lambda change=change, wrong=wrong: change.update(finished_at=wrong),
                )

    def test_a_key_uses_an_idempotency_key_once(self) -> None:
        key, other = make_api_key(), make_api_key()
        make_generation(api_key=key, idempotency_key="same")
        make_generation(api_key=other, idempotency_key="same")
        make_generation(api_key=key, idempotency_key=None)
        make_generation(api_key=key, idempotency_key=None)
        # SQLite names the columns, PostgreSQL the constraint: both hold "idempotency".
        self.refused("idempotency", lambda: make_generation(api_key=key, idempotency_key="same"))

    def test_a_position_is_filled_once(self) -> None:
        media = make_media(content=b"")
        self.refused("position", lambda: make_media(generation=media.generation, content=b"", position=0))

    def test_a_generation_holds_one_account_at_a_time(self) -> None:
        Lease.objects.create(account=make_account(), holder="gen_1", taken_at=AT)
        self.refused("holder", lambda: Lease.objects.create(account=make_account(), holder="gen_1", taken_at=AT))

    def test_a_resting_account_rests_until_some_time(self) -> None:
        account = make_account()
        change = Account.objects.filter(pk=account.pk)
        self.refused("account_resting_has_an_end", lambda: change.update(health="resting", rest_until=None))

    def test_history_outlives_the_account_and_the_key(self) -> None:
        account, key = make_account(), make_api_key()
        row = make_generation(account=account, account_label="first", api_key=key)
        media = make_media(generation=row, content=b"")
        account.delete()
        key.delete()
        row.refresh_from_db()
        assert (row.account, row.account_label, row.api_key) == (None, "first", None)
        assert Media.objects.get() == media
