"""The outbox: claimed once, tried again with growing pauses, given up in the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import TestCase, override_settings

from accounts import vault
from accounts.models import Delivery
from accounts.parcels import CLAIMED_FOR, PAUSES, PER_RECEIVER
from accounts.services import (
    Parcel,
    WebhookEvent,
    channel_test,
    deliveries_again,
    deliveries_claim,
    deliveries_prune,
    delivery_delivered,
    delivery_failed,
    webhook_events_post,
)
from tests.accounts.channels import TARGETS, make_channel
from tests.factories import make_api_key

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def post_event(number: int = 1, *, enabled: bool = True, url: str = "https://app.example/hook") -> Delivery:
    key = make_api_key(webhook_url=url, webhook_secret_encrypted=vault.encrypt(SECRET), enabled=enabled)
    event = WebhookEvent(
        message_id=f"evt_{number}", api_key_id=key.pk, event="image.completed", subject="gen_1", payload={"id": number}
    )
    webhook_events_post(events=[event, event], at=NOW)
    return Delivery.objects.get(message_id=f"evt_{number}")


def claim(at: datetime = NOW, limit: int = 8) -> list[Parcel]:
    return deliveries_claim(at=at, limit=limit)


class ClaimTests(TestCase):
    def test_a_message_is_claimed_once(self) -> None:
        channel_test(channel=make_channel(), at=NOW)
        assert len(claim()) == 1
        assert claim() == []

    def test_a_claim_that_nobody_settles_comes_due_again_under_the_same_id(self) -> None:
        channel_test(channel=make_channel(), at=NOW)
        (first,) = claim()
        assert claim(NOW + CLAIMED_FOR - timedelta(seconds=1)) == []
        (second,) = claim(NOW + CLAIMED_FOR)
        assert (second.message_id, second.attempt) == (first.message_id, 2)

    def test_it_brings_all_that_sending_needs_and_shows_none_of_it(self) -> None:
        channel_test(channel=make_channel("dingtalk", secret="SEC0123456789", language="zh-hans"), at=NOW)
        (parcel,) = claim()
        assert (parcel.medium, parcel.language, parcel.is_guarded) == ("dingtalk", "zh-hans", False)
        assert (parcel.target, parcel.secret) == (TARGETS["dingtalk"], "SEC0123456789")
        assert "secret-token" not in repr(parcel)
        assert "SEC0123" not in repr(parcel)

    def test_the_webhook_of_a_key_is_guarded_and_its_event_written_once(self) -> None:
        post_event()
        (parcel,) = claim()
        assert parcel.is_guarded
        assert (parcel.medium, parcel.target, parcel.secret) == ("webhook", "https://app.example/hook", SECRET)
        assert Delivery.objects.count() == 1

    def test_one_receiver_never_takes_all_places(self) -> None:
        slow, other = make_channel(name="slow"), make_channel(name="other")
        for _ in range(5):
            channel_test(channel=slow, at=NOW)
        channel_test(channel=other, at=NOW + timedelta(seconds=1))
        later = NOW + timedelta(seconds=2)
        first = claim(later)
        assert [each.receiver for each in first].count(f"channel:{slow.pk}") == PER_RECEIVER
        assert first[-1].receiver == f"channel:{other.pk}"
        busy = [f"channel:{slow.pk}"] * PER_RECEIVER
        assert deliveries_claim(at=later, limit=8, under_way=busy) == []
        assert len(deliveries_claim(at=later, limit=8, under_way=busy[1:])) == 1

    def test_what_can_not_be_sent_is_given_up_with_the_reason(self) -> None:
        channel = make_channel(enabled=False)
        Delivery.objects.create(channel=channel, event="alert.risk_hold", payload={}, due_at=NOW, created_at=NOW)
        post_event(enabled=False)
        post_event(2, url="")
        assert claim() == []
        assert {row.progress for row in Delivery.objects.all()} == {Delivery.Status.FAILED}
        assert "disabled" in Delivery.objects.earliest("pk").last_error

    def test_a_lost_encryption_key_is_said_to_be_the_reason(self) -> None:
        channel_test(channel=make_channel(), at=NOW)
        with override_settings(JIMENG_ENCRYPTION_KEYS=["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]):
            assert claim() == []
        assert "JIMENG_ENCRYPTION_KEYS" in Delivery.objects.get().last_error

    def test_a_look_at_an_empty_outbox_is_one_query(self) -> None:
        with self.assertNumQueries(1):
            claim()


class AttemptTests(TestCase):
    def test_pauses_grow_until_it_is_given_up(self) -> None:
        row, at = post_event(), NOW
        for pause in PAUSES:
            (parcel,) = claim(at)
            delivery_failed(parcel=parcel, error="HTTP status 500", at=at)
            row.refresh_from_db()
            assert (row.progress, row.due_at) == ("waiting", at + pause)
            at += pause
        (parcel,) = claim(at)
        delivery_failed(parcel=parcel, error="HTTP status 502", at=at)
        row.refresh_from_db()
        assert (row.progress, row.due_at, row.attempts, row.last_error) == ("failed", None, 7, "HTTP status 502")
        assert [pause.total_seconds() for pause in PAUSES] == [5, 30, 120, 600, 3600, 21600]

    def test_what_arrived_is_final(self) -> None:
        row = post_event()
        (parcel,) = claim()
        delivery_delivered(parcel=parcel, at=NOW)
        row.refresh_from_db()
        assert (row.progress, row.due_at, row.delivered_at) == ("delivered", None, NOW)

    def test_who_lost_the_claim_does_not_move_the_next_attempt(self) -> None:
        row = post_event()
        (late,) = claim()
        (current,) = claim(NOW + CLAIMED_FOR)
        delivery_failed(parcel=late, error="No answer within 10 s.", at=NOW + CLAIMED_FOR)
        row.refresh_from_db()
        assert row.due_at == current.claimed_until

    def test_a_test_is_tried_once(self) -> None:
        delivery = channel_test(channel=make_channel(), at=NOW)
        (parcel,) = claim()
        delivery_failed(parcel=parcel, error="HTTP status 404", at=NOW)
        delivery.refresh_from_db()
        assert (delivery.progress, delivery.last_error) == ("failed", "HTTP status 404")

    def test_sent_again_it_has_all_its_attempts_before_it(self) -> None:
        row = post_event()
        Delivery.objects.update(progress="failed", due_at=None, attempts=7, last_error="x")
        assert deliveries_again(delivery_ids=[row.pk], at=NOW) == 1
        (parcel,) = claim()
        assert (parcel.attempt, parcel.message_id) == (1, row.message_id)

    def test_only_old_final_messages_are_forgotten(self) -> None:
        old, waiting, young = post_event(1), post_event(2), post_event(3)
        Delivery.objects.filter(pk__in=[old.pk, young.pk]).update(progress="delivered", due_at=None)
        Delivery.objects.filter(pk=young.pk).update(created_at=NOW + timedelta(days=1))
        assert deliveries_prune(older_than=NOW + timedelta(hours=1)) == 1
        assert set(Delivery.objects.values_list("pk", flat=True)) == {waiting.pk, young.pk}
