"""Events for the webhooks of API keys: one for each request that is over, in the transaction that ends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from accounts import vault
from accounts.models import ApiKey, Delivery
from generation import transitions
from generation.changes import Failed, ResultFile, Succeeded
from generation.models import Generation
from tests.factories import make_api_key, make_generation

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
Status = Generation.Status


def make_key(**over: Any) -> ApiKey:
    secret = vault.encrypt("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    return make_api_key(**{"webhook_url": "https://app.example/hook", "webhook_secret_encrypted": secret, **over})


def running(**over: Any) -> Generation:
    return make_generation(**{"status": Status.SUBMITTED, **over})


def succeed(*rows: Generation, stored: bool = True) -> None:
    changes = [
        Succeeded(generation_id=row.pk, public_id=row.public_id, account_id=None, files=(_file(stored),), pictures=1)
        for row in rows
    ]
    assert len(transitions.mark_succeeded(changes, at=NOW)) == len(rows)


def _file(stored: bool) -> ResultFile:
    return ResultFile(
        position=0,
        kind="image",
        name="a/b.webp" if stored else "",
        content_type="image/webp",
        width=1,
        height=1,
        size_bytes=1,
        sha256="",
        upstream_uri="",
        upstream_url="https://cdn.example/x",
    )


def fail(row: Generation) -> None:
    code = "content_policy_violation"
    change = Failed(
        generation_id=row.pk, public_id=row.public_id, account_id=None, error_code=code, detail="Jimeng said no."
    )
    transitions.mark_failed([change], at=NOW)


class EventTests(TestCase):
    @override_settings(PUBLIC_BASE_URL="https://gw.example")
    def test_a_finished_picture_is_told_with_its_lasting_address(self) -> None:
        key = make_key()
        row = running(api_key=key)
        succeed(row)
        delivery = Delivery.objects.get()
        assert (delivery.api_key, delivery.event, delivery.subject) == (key, "image.completed", row.public_id)
        event = delivery.payload
        assert event["id"] == delivery.message_id == "evt_" + row.public_id.removeprefix("gen_")
        assert (event["object"], event["type"], event["created_at"]) == (
            "event",
            "image.completed",
            int(NOW.timestamp()),
        )
        (url,) = event["data"].pop("urls")
        assert url.startswith("https://gw.example/media/med_")
        assert "?s=" in url
        assert event["data"] == {
            "id": row.public_id,
            "status": "succeeded",
            "kind": "image",
            "model": "jimeng-4.5",
            "error": None,
            "credits": row.credits_estimated,
        }

    def test_what_is_not_stored_yet_is_told_with_the_address_it_has(self) -> None:
        succeed(running(api_key=make_key()), stored=False)
        assert Delivery.objects.get().payload["data"]["urls"] == ["https://cdn.example/x"]

    def test_a_failure_is_told_with_its_code(self) -> None:
        fail(running(api_key=make_key(), kind="video"))
        delivery = Delivery.objects.get()
        assert delivery.event == "video.failed"
        data = delivery.payload["data"]
        assert data["status"] == "failed"
        assert data["error"] == {"code": "content_policy_violation", "message": "Jimeng said no."}
        assert data["urls"] == []

    def test_what_was_cancelled_has_cost_nothing(self) -> None:
        row = make_generation(status=Status.QUEUED, api_key=make_key())
        assert transitions.mark_cancelled(generation_id=row.pk, public_id=row.public_id, at=NOW)
        data = Delivery.objects.get().payload["data"]
        assert (data["status"], data["error"]["code"], data["credits"]) == ("cancelled", "generation_cancelled", 0)

    def test_keys_without_webhook_and_disabled_ones_get_none(self) -> None:
        for row in (running(), running(api_key=make_api_key()), running(api_key=make_key(enabled=False))):
            succeed(row)
        assert not Delivery.objects.exists()


class GroupTests(TestCase):
    """A request that became several generations is one event, when the last of them ends."""

    def setUp(self) -> None:
        key = make_key()
        first = running(api_key=key)
        Generation.objects.filter(pk=first.pk).update(group_id=first.public_id)
        self.first = Generation.objects.get(pk=first.pk)
        self.second = running(api_key=key, group_id=first.public_id)

    def test_the_last_part_tells_of_all(self) -> None:
        succeed(self.second)
        assert not Delivery.objects.exists()
        succeed(self.first)
        data = Delivery.objects.get().payload["data"]
        assert (data["id"], len(data["urls"])) == (self.first.public_id, 2)
        assert data["credits"] == self.first.credits_estimated * 2

    def test_parts_that_end_together_are_told_once(self) -> None:
        succeed(self.first, self.second)
        assert Delivery.objects.count() == 1

    def test_what_partly_failed_is_completed_with_what_there_is(self) -> None:
        succeed(self.first)
        fail(self.second)
        delivery = Delivery.objects.get()
        assert (delivery.event, len(delivery.payload["data"]["urls"])) == ("image.completed", 1)

    def test_what_failed_wholly_has_the_first_parts_error(self) -> None:
        fail(self.second)
        fail(self.first)
        assert Delivery.objects.get().event == "image.failed"


class CostTests(TestCase):
    def test_without_webhooks_a_batch_costs_one_query_more_whatever_its_size(self) -> None:
        counts = []
        for size in (1, 10):
            rows = [running(api_key=make_api_key()) for _ in range(size)]
            with CaptureQueriesContext(
                connection,
            ) as queries:
                succeed(*rows)
            counts.append(sum("webhook_url" in each["sql"] for each in queries.captured_queries))
        assert counts == [1, 1]

    def test_a_batch_of_events_costs_four_queries_more(self) -> None:
        key = make_key()
        rows = [running(api_key=key) for _ in range(10)]
        with CaptureQueriesContext(connection) as queries:
            succeed(*rows)
        last = [each["sql"] for each in queries.captured_queries if "generation_event" not in each["sql"].lower()]
        inserts = [sql for sql in last if 'INSERT INTO "accounts_delivery"' in sql]
        assert Delivery.objects.count() == 10
        assert len([sql for sql in last if "webhook_url" in sql]) == 1
        assert 1 <= len(inserts) <= 10
