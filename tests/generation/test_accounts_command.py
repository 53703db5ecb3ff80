"""`manage.py accounts`: which accounts are meant, what is printed, and what is refused."""

from __future__ import annotations

import io
import json
import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, AccountEvent, BulkTask, ImportBatch, Lease
from tests.committing import CommittingTestCase
from tests.factories import make_account

TABLES = ("accounts_importentry", 'accounts_account"')


class AccountsCommandTests(TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.well = make_account(sessionid="login-number-0001", name="well", tags=["a", "b"], health="alive")
        self.ill = make_account(sessionid="login-number-0002", name="ill", tags=["a"], health="expired")
        self.caller = make_account(sessionid="login-number-0003", name="caller", source="passthrough")

    def run_it(self, *arguments: str) -> str:
        out = io.StringIO()
        call_command("accounts", *arguments, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    def names(self, *arguments: str) -> list[str]:
        return [each["name"] for each in json.loads(self.run_it("list", "--json", *arguments))]

    def file(self, text: str) -> str:
        path = self.folder / "logins.txt"
        path.write_text(text)
        return str(path)

    def test_who_is_meant(self) -> None:
        for arguments, expected in (
            ([], ["well", "ill"]),
            (["--ill"], ["ill"]),
            (["--tag", "a"], ["well", "ill"]),
            (["--tag", "a", "--tag", "b"], ["well"]),
            (["--source", "passthrough"], ["caller"]),
            (["--source", "any"], ["well", "ill", "caller"]),
            (["ill"], ["ill"]),
            ([str(self.well.pk), "…0002"], ["well", "ill"]),
        ):
            with self.subTest(arguments):
                assert self.names(*arguments) == expected

    def test_a_name_that_means_none_or_several_is_refused(self) -> None:
        make_account(name="ill")
        for word, words in (("nobody", "no account"), ("ill", "means 2 accounts"), ("caller", "no account")):
            with self.subTest(word), pytest.raises(CommandError, match=words):
                self.names(word)

    def test_to_change_all_one_must_say_so(self) -> None:
        for verb in (["probe"], ["wake"], ["disable"], ["remove", "--yes"], ["rest", "--hours", "1"]):
            with self.subTest(verb), pytest.raises(CommandError, match="Which accounts"):
                self.run_it(*verb)
        assert Account.objects.filter(enabled=True).count() == 3

    def test_list_and_show_hold_no_secret(self) -> None:
        for arguments in (["list"], ["list", "--json"], ["show", "well"], ["show", "well", "--json"]):
            with self.subTest(arguments):
                told = self.run_it(*arguments)
                assert "well" in told
                assert "login-number" not in told
                assert self.well.sessionid_encrypted not in told
        (shown,) = json.loads(self.run_it("show", "well", "--json"))
        assert [each["kind"] for each in shown["events"]] == ["added"]

    def test_rest_wake_and_switching(self) -> None:
        self.run_it("rest", "well", "--hours", "2")
        self.well.refresh_from_db()
        assert self.well.rest_until is not None
        assert abs(self.well.rest_until - timezone.now() - timedelta(hours=2)) < timedelta(minutes=1)
        self.run_it("wake", "well")
        assert "1 of 1 changed." in self.run_it("disable", "well")
        assert json.loads(self.run_it("disable", "well", "--json")) == {"chosen": 1, "changed": 0}
        self.run_it("enable", "well")
        kinds = AccountEvent.objects.filter(account=self.well, actor="terminal").order_by("pk")
        assert list(kinds.values_list("kind", flat=True)) == ["rested", "woken", "disabled", "enabled"]

    def test_a_rest_has_a_length_that_makes_sense(self) -> None:
        for hours in ("-5", "0", "nan", "inf", "1e12", "soon"):
            with self.subTest(hours), pytest.raises(CommandError, match="no number of hours"):
                self.run_it("rest", "well", f"--hours={hours}")

    def test_show_tells_people_no_json(self) -> None:
        Account.objects.filter(pk=self.well.pk).update(last_error_at=timezone.now(), last_error_code="4")
        told = self.run_it("show", "well")
        assert "a, b" in told
        assert "code: 4" in told
        assert "[" not in told
        assert "{" not in told

    def test_removing_must_be_confirmed_and_leaves_what_is_lent(self) -> None:
        with pytest.raises(CommandError, match="say --yes"):
            self.run_it("remove", "--all")
        Lease.objects.create(account=self.well, holder="gen_1", taken_at=timezone.now())
        assert "1 of 2 changed." in self.run_it("remove", "--all", "--yes")
        assert set(Account.objects.all()) == {self.well, self.caller}

    def test_a_dry_run_shows_the_preview_and_stores_nothing(self) -> None:
        text = "login-number-0001\nlogin-number-0009\nnope\nlogin-number-0009"
        told = json.loads(self.run_it("import", self.file(text), "--dry-run", "--json"))
        assert [(each["line"], each["verdict"]) for each in told["entries"]] == [
            (1, "known"),
            (2, "new"),
            (3, "bad"),
            (4, "repeated"),
        ]
        assert told["entries"][3]["reason"] == "the same as line 2"
        assert "login-number" not in json.dumps(told)
        assert "Nothing was stored" in self.run_it("import", self.file(text), "--dry-run")
        assert not ImportBatch.objects.exists()
        assert Account.objects.count() == 3

    def test_an_import_that_does_not_wait_leaves_the_checks_to_the_gateway(self) -> None:
        told = self.run_it("import", self.file("login-number-0009"), "--tag", "new", "--no-wait")
        assert "1 stored, 0 updated." in told
        assert "0 of 1 done; the gateway goes on with it as soon as it runs." in told
        assert Account.objects.get(sessionid_tail="0009").tags == ["new"]
        assert BulkTask.objects.count() == 1

    def test_what_cannot_be_read_is_an_error(self) -> None:
        cases: tuple[tuple[str, str], ...] = (
            (str(self.folder / "none"), "cannot be read"),
            (self.file(""), "nothing in it"),
        )
        for name, words in cases:
            with self.subTest(words), pytest.raises(CommandError, match=words):
                self.run_it("import", name)
        with pytest.raises(CommandError, match="None of it"):
            self.run_it("import", self.file("nope"), "--no-wait")

    def test_export_and_import_with_a_password_from_the_environment(self) -> None:
        name = str(self.folder / "bundle.json")
        told = self.export(name, "correct horse")
        assert json.loads(told) == {"file": name, "exported": 2, "unreadable": []}
        with pytest.raises(CommandError, match="--force"):
            self.export(name, "correct horse")
        with pytest.raises(CommandError, match="at least 8"):
            self.export(str(self.folder / "other.json"), "short")
        assert [each.name for each in self.folder.iterdir()] == ["bundle.json"]
        Account.objects.all().delete()
        with pytest.raises(CommandError, match="does not open"):
            self.import_with(name, "wrong horse")
        self.import_with(name, "correct horse")
        assert set(Account.objects.values_list("name", flat=True)) == {"well", "ill"}

    def export(self, name: str, password: str) -> str:
        return self.with_password(password, "export", name, "--all", "--json")

    def import_with(self, name: str, password: str) -> None:
        self.with_password(password, "import", name, "--no-wait")

    def with_password(self, password: str, *arguments: Any) -> str:
        os.environ["BUNDLE_PASSWORD"] = password
        try:
            return self.run_it(*arguments, "--password-env", "BUNDLE_PASSWORD")
        finally:
            del os.environ["BUNDLE_PASSWORD"]


class ImportTransactionTests(CommittingTestCase):
    def test_the_database_is_free_while_logins_are_encrypted(self) -> None:
        with TemporaryDirectory() as folder, CaptureQueriesContext(connection) as queries:
            path = Path(folder) / "logins.txt"
            path.write_text("login-number-0001\nlogin-number-0002\n")
            call_command("accounts", "import", str(path), "--no-wait", stdout=io.StringIO())
        steps = [each["sql"].split("(")[0].strip() for each in queries.captured_queries]
        begun = [step for step in steps if step.startswith(("BEGIN", "COMMIT", "INSERT"))]
        preview, stored = (begun.index(next(step for step in begun if table in step)) for table in TABLES)
        assert "COMMIT" in begun[preview:stored]
        assert Account.objects.count() == 2
