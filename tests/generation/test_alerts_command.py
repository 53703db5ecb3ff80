"""`manage.py alerts`."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase

from accounts.models import AlertKind, Delivery
from accounts.services import alert_raise, alerts_resolve
from tests.accounts.channels import make_channel
from tests.committing import CommittingTestCase
from tests.receivers import Receiver, Reply

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("alerts", *arguments, stdout=out)
    return out.getvalue().strip()


class ListTests(TestCase):
    def setUp(self) -> None:
        alert_raise(kind=AlertKind.RISK_HOLD, subject="account:1", label="studio", at=NOW, code="1015")
        alert_raise(kind=AlertKind.ENGINE_STALLED, subject="engine", at=NOW, holder="box:1", silent_s=130)
        alerts_resolve(kinds=[AlertKind.ENGINE_STALLED], subject="engine", at=NOW)

    def test_it_lists_what_is_open_in_sentences(self) -> None:
        (line,) = run("list").splitlines()
        assert "Risk control holds studio (open). Jimeng refused a generation" in line

    def test_it_lists_all_as_json(self) -> None:
        listed = json.loads(run("list", "--all", "--json"))
        assert {each["kind"] for each in listed} == {"risk_hold", "engine_stalled"}
        assert {each["over_since"] is None for each in listed} == {True, False}

    def test_it_says_when_nothing_is_wrong(self) -> None:
        alerts_resolve(kinds=[AlertKind.RISK_HOLD], subject="account:1", at=NOW)
        assert run("list") == "Nothing is wrong."


class TestTests(CommittingTestCase):
    def test_a_channel_is_tried_at_once_and_without_a_gateway(self) -> None:
        with Receiver() as receiver:
            make_channel(name="ops", target=receiver.url)
            assert run("test", "ops") == "ops: delivered"
            told = json.loads(run("test", "ops", "--json"))
        assert (told["channel"], told["state"], told["error"]) == ("ops", "delivered", "")
        assert [got.json["type"] for got in receiver.got] == ["alert.test"] * 2

    def test_a_failure_is_told_and_ends_the_command_with_one(self) -> None:
        with Receiver(Reply(status=503)) as receiver:
            make_channel(name="ops", target=receiver.url)
            with pytest.raises(CommandError, match="ops: HTTP status 503"):
                run("test", "ops")
        assert Delivery.objects.get().progress == "failed"

    def test_an_unknown_channel_is_said_to_be_one(self) -> None:
        with pytest.raises(CommandError, match="no channel"):
            run("test", "nobody")
