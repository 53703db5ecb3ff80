"""Imports: looked at first, then stored in one go; secrets stay encrypted and go once they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import vault
from accounts.import_previews import import_counts, import_preview
from accounts.imports import AlreadyStored, import_store, imports_prune
from accounts.models import Account, AccountEvent, ImportBatch, ImportEntry
from accounts.reading import read_entries
from tests.factories import make_account

A, B, C = "login-number-0001", "login-number-0002", "login-number-0003"
HEAD = "sessionid,name,notes,tags,priority,cap,proxy"
PROXY = "http://user:hunter2@10.0.0.1:8080"


def preview(text: str, **more: Any) -> ImportBatch:
    return import_preview(entries=read_entries(text), at=timezone.now(), **more)


def verdicts(batch: ImportBatch) -> list[tuple[int, str]]:
    return list(batch.entries.values_list("line", "verdict"))


class PreviewTests(TestCase):
    def test_each_line_has_its_verdict(self) -> None:
        known = make_account(sessionid=B)
        caller = make_account(sessionid=C, source=Account.Source.PASSTHROUGH)
        batch = preview(f"{A}\n{B}\nno\n{C}\n{A}\n{B}")
        assert verdicts(batch) == [(1, "new"), (2, "known"), (3, "bad"), (4, "joins"), (5, "repeated"), (6, "repeated")]
        assert import_counts(batch) == {"new": 1, "repeated": 2, "known": 1, "joins": 1, "bad": 1}
        assert [each.account for each in batch.entries.all()] == [None, known, None, caller, None, known]

    def test_no_row_holds_a_secret_in_the_clear(self) -> None:
        batch = preview(f"{HEAD}\n{A},studio,,,,,{PROXY}")
        (row,) = batch.entries.values()
        assert not any(A in str(value) or "hunter2" in str(value) for value in row.values())
        assert vault.decrypt(row["sessionid_encrypted"]) == A

    def test_a_repetition_adds_what_the_first_did_not_say(self) -> None:
        batch = preview(f"{HEAD}\n{A},,,one,,,\n{A},named later,,two,,,\n{A},ignored,,,,,")
        assert [each.name for each in batch.entries.all()] == ["named later", "named later", "ignored"]
        import_store(batch=batch, at=timezone.now())
        account = Account.objects.get()
        assert (account.name, account.tags) == ("named later", ["one", "two"])


class StoreTests(TestCase):
    def store(self, text: str, *, tags: Sequence[str] = (), update_known: bool = False) -> ImportBatch:
        batch = preview(text)
        self.done = import_store(batch=batch, tags=tags, update_known=update_known, actor="ann", at=timezone.now())
        batch.refresh_from_db()
        return batch

    def test_new_ones_get_all_that_was_given_and_are_probed(self) -> None:
        batch = self.store(f"{HEAD}\n{A},studio,mine,fast,7,3,{PROXY}\n{B}", tags=["new"])
        first, second = Account.objects.order_by("pk")
        assert (first.name, first.notes, first.tags, first.priority, first.cap) == (
            "studio",
            "mine",
            ["fast", "new"],
            7,
            3,
        )
        assert (vault.decrypt(first.proxy_encrypted), first.proxy_label) == (PROXY, "http://10.0.0.1:8080")
        assert (second.name, second.tags, second.concurrency_cap) == ("…0002", ["new"], None)
        assert (second.web_id, second.uid_tt) == vault.device_of(vault.fingerprint(B))
        assert set(Account.objects.due_for_probe(at=timezone.now())) == {first, second}
        assert batch.task is not None
        assert [each.account for each in batch.task.items.order_by("pk")] == [first, second]
        assert list(AccountEvent.objects.values_list("kind", "actor")) == [("added", "ann")] * 2

    def test_its_secrets_go_and_its_record_stays(self) -> None:
        batch = self.store(f"{A}\n{A}\nno")
        rows = list(batch.entries.all())
        assert [each.account_id is not None for each in rows] == [True, False, False]
        assert not any(each.sessionid_encrypted or each.facts_encrypted for each in rows)

    def test_known_ones_change_only_when_asked(self) -> None:
        known = make_account(sessionid=A, name="old", tags=["kept"], priority=5)
        text = f"{HEAD}\n{A},new name,new notes,more,9,9,{PROXY}"
        self.store(text)
        known.refresh_from_db()
        assert (known.name, self.done.added, self.done.updated, self.done.task) == ("old", 0, 0, None)
        self.store(text, update_known=True)
        known.refresh_from_db()
        assert (known.name, known.notes, known.tags) == ("new name", "new notes", ["kept", "more"])
        assert (known.priority, known.proxy_label, self.done.updated) == (5, "", 1)

    def test_a_callers_login_joins_the_pool(self) -> None:
        known = make_account(sessionid=A, source=Account.Source.PASSTHROUGH, probe_due_at=None)
        self.store(f"{HEAD}\n{A},mine,,,3,,")
        known.refresh_from_db()
        assert (known.source, known.name, known.priority) == (Account.Source.OPERATOR, "mine", 3)
        assert known.probe_due_at is not None
        assert (self.done.added, self.done.joined) == (0, 1)

    def test_what_was_stored_since_the_preview_is_not_stored_twice(self) -> None:
        batch = preview(f"{A}\n{B}")
        known = make_account(sessionid=A, name="faster")
        done = import_store(batch=batch, at=timezone.now())
        known.refresh_from_db()
        assert (done.added, Account.objects.count(), known.name) == (1, 2, "faster")

    def test_it_is_stored_once(self) -> None:
        batch = self.store(A)
        with pytest.raises(AlreadyStored):
            import_store(batch=batch, at=timezone.now())

    def test_it_costs_few_queries_whatever_its_length(self) -> None:
        batch = preview("\n".join(f"login-number-{number:04d}" for number in range(500)))
        with CaptureQueriesContext(connection) as captured:
            import_store(batch=batch, at=timezone.now())
        assert len(captured) < 100
        assert Account.objects.count() == 500


class PruneTests(TestCase):
    def test_previews_of_yesterday_are_dropped(self) -> None:
        now = timezone.now()
        preview(A)
        ImportBatch.objects.update(created_at=now - timedelta(hours=25))
        kept = preview(B)
        assert imports_prune(at=now) == 1
        assert list(ImportBatch.objects.all()) == [kept]
        assert ImportEntry.objects.count() == 1
