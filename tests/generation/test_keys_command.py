"""`manage.py keys`: API keys from a terminal."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from accounts.api_keys import api_key_verify
from accounts.models import ApiKey
from accounts.vault import decrypt
from generation.management.key_facts import COLUMNS
from tests.factories import make_account, make_api_key, make_generation


def keys(*arguments: str) -> str:
    out = io.StringIO()
    call_command("keys", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def as_json(*arguments: str) -> Any:
    return json.loads(keys(*arguments, "--json"))


class CreateTests(TestCase):
    def test_the_key_is_all_that_is_printed(self) -> None:
        text = keys("create", "laptop").strip()
        row = api_key_verify(text, at=timezone.now())
        assert (row.name, row.requests_per_minute, row.downgrades) == ("laptop", None, "strict")

    def test_a_name_is_given_once(self) -> None:
        keys("create", "laptop")
        with self.assertRaisesMessage(CommandError, "There is a key of the name 'laptop' already."):
            keys("create", "laptop")
        assert ApiKey.objects.count() == 1

    def test_all_that_it_may_do_can_be_said(self) -> None:
        first, second = make_account(name="first"), make_account(name="second")
        User.objects.create_user("lee")
        facts = as_json(
            "create", "web", "--requests-per-minute=60", "--concurrent-generations=2", "--credits-per-day=500",
            "--models=jimeng-4.5, dall-e-3", f"--accounts=first,{second.pk}", "--tags=vip，,cheap",
            "--expires=2027-01-31T18:00+08:00", "--response-format=b64_json", "--downgrades=allow",
            "--webhook=https://receiver.example/hook", "--owner=lee", "--new-webhook-secret", "--keep-days=90",
        )  # fmt: skip
        row = ApiKey.objects.get()
        assert api_key_verify(facts.pop("key"), at=datetime(2026, 11, 22, tzinfo=UTC)) == row
        assert facts.pop("webhook_secret") == decrypt(row.webhook_secret_encrypted)
        assert set(row.allowed_accounts.all()) == {first, second}
        created_at = facts.pop("created_at")
        assert datetime.fromisoformat(created_at) <= timezone.now()
        assert facts == {
            "id": row.pk,
            "name": "web",
            "prefix": row.prefix,
            "state": "works",
            "enabled": True,
            "expires_at": "2027-01-31T10:00:00+00:00",
            "owner": "lee",
            "allowed_models": ["jimeng-4.5", "dall-e-3"],
            "allowed_accounts": ["first", "second"],
            "allowed_tags": ["vip", "cheap"],
            "requests_per_minute": 60,
            "concurrent_generations": 2,
            "credits_per_day": 500,
            "response_format": "b64_json",
            "downgrades": "allow",
            "keep_days": 90,
            "webhook_url": "https://receiver.example/hook",
            "has_webhook_secret": True,
            "last_used_at": None,
        }

    def test_what_is_not_possible_makes_no_key(self) -> None:
        make_account(name="twin")
        make_account(name="twin")
        for option, words in {
            "--requests-per-minute=0": "neither a whole number",
            "--credits-per-day=many": "neither a whole number",
            "--models=jimmeng": "no such model: jimmeng",
            "--accounts=nobody": "No account is called 'nobody'",
            "--accounts=twin": "Several accounts are called 'twin'",
            "--expires=soon": "is no time",
            "--keep-days=-1": "neither a number of days",
            "--keep-days=36501": "neither a number of days",
            "--webhook=ftp://receiver.example": "webhook_url: Enter a valid URL",
            "--owner=nobody": "no user 'nobody'",
        }.items():
            with self.subTest(option):
                with pytest.raises(CommandError, match=words.replace("(", r"\(")):
                    keys("create", "x", option)
                assert not ApiKey.objects.exists()

    def test_the_older_command_still_works(self) -> None:
        out = io.StringIO()
        call_command("apikey_create", "old", stdout=out)
        assert api_key_verify(out.getvalue().strip(), at=timezone.now()).name == "old"


class UpdateTests(TestCase):
    def setUp(self) -> None:
        self.row = make_api_key(name="web", requests_per_minute=5, allowed_models=["jimeng-4.5"])

    def test_only_what_is_said_is_changed(self) -> None:
        keys("update", "web", "--credits-per-day=9", "--expires=30d", "--disable")
        self.row.refresh_from_db()
        assert (self.row.requests_per_minute, self.row.credits_per_day, self.row.enabled) == (5, 9, False)
        assert self.row.allowed_models == ["jimeng-4.5"]
        assert self.row.expires_at is not None
        assert abs(self.row.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)

    def test_what_was_said_can_be_taken_away(self) -> None:
        self.row.allowed_accounts.set([make_account()])
        keys(
            "update", self.row.prefix, "--requests-per-minute=none", "--models=all", "--accounts=all", "--expires=never"
        )
        facts = as_json("show", str(self.row.pk))
        assert (facts["requests_per_minute"], facts["allowed_models"], facts["allowed_accounts"]) == (None, [], [])
        assert facts["expires_at"] is None

    def test_how_long_files_are_kept_can_be_said_and_left_to_the_gateway(self) -> None:
        for given, stored in (("0", 0), ("7", 7), ("none", None)):
            keys("update", "web", f"--keep-days={given}")
            self.row.refresh_from_db()
            assert self.row.keep_days == stored

    def test_a_name_that_means_several_keys_is_refused(self) -> None:
        make_api_key(name="web")
        with pytest.raises(CommandError, match="Several keys are called 'web': give the id"):
            keys("update", "web", "--disable")
        with pytest.raises(CommandError, match="There is no key 'nothing'"):
            keys("show", "nothing")

    def test_a_revoked_key_stays_so(self) -> None:
        assert as_json("revoke", "web")["state"] == "revoked"
        with pytest.raises(CommandError, match="web is revoked"):
            keys("update", "web", "--enable")


class LookingTests(TestCase):
    def setUp(self) -> None:
        self.row = make_api_key(name="web", credits_per_day=50, requests_per_minute=60)
        make_generation(api_key=self.row, credits_estimated=3)
        make_generation(api_key=self.row, credits_estimated=4, status="queued")

    def test_the_list_has_the_use_of_today(self) -> None:
        make_api_key(name="idle")
        with self.assertNumQueries(6):  # keys, their accounts; newest sum, sums, rows, open rows
            idle, web = as_json("list")
        assert [(each["name"], each["today"]["generations"], each["today"]["credits"]) for each in (idle, web)] == [
            ("idle", 0, 0),
            ("web", 2, 7),
        ]
        lines = keys("list").splitlines()
        assert re.split(r"\s{2,}", lines[0]) == [*COLUMNS]
        assert lines[2].split() == [str(self.row.pk), "web", f"{self.row.prefix}…", "works", "2", "7", "of", "50", "-"]

    def test_a_key_is_shown_with_its_limits_and_use(self) -> None:
        facts = as_json("show", "web")
        assert facts["now"] == {"requests_this_minute": 2, "requests_under_way": None, "credits_today": 7}
        assert facts["usage"]["30_days"] == {"generations": 2, "images": 1, "videos": 0, "failed": 0, "credits": 7}
        assert "requests_this_minute    2" in keys("show", "web")
        assert "key_hash" not in facts
        assert self.row.key_hash not in json.dumps(facts)

    def test_use_by_period(self) -> None:
        (one,) = as_json("usage", "web")
        assert (one["name"], list(one["usage"])) == ("web", ["today", "7_days", "30_days"])
        assert keys("usage").splitlines()[1].split() == ["web", "today", "2", "1", "0", "0", "7"]
