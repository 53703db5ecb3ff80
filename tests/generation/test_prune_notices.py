"""What was told, and what happened to accounts, is forgotten after JIMENG_EVENTS_DAYS."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from accounts import timeline
from accounts.models import AccountEvent, Alert, AlertKind, Delivery
from accounts.services import account_events_prune, alert_raise, alerts_resolve
from accounts.timeline import account_events_add
from generation.engine.housekeeping import prune_notices
from tests.accounts.channels import make_channel
from tests.factories import make_account


@override_settings(JIMENG_EVENTS_DAYS=10)
class PruneTests(TestCase):
    def test_only_what_is_old_and_over_goes(self) -> None:
        make_channel()
        account = make_account()
        for days in (11, 9):
            at = timezone.now() - timedelta(days=days)
            account_events_add(account_ids=[account.pk], kind=AccountEvent.Kind.PROBED, at=at)
            alert_raise(kind=AlertKind.RISK_HOLD, subject=f"account:{days}", at=at)
            Delivery.objects.filter(created_at=at).update(progress="delivered", due_at=None)
            alerts_resolve(kinds=[AlertKind.RISK_HOLD], subject=f"account:{days}", at=at, tell=False)
        alert_raise(kind=AlertKind.POOL_EMPTY, subject="pool", at=timezone.now() - timedelta(days=30))
        prune_notices()
        limit = timezone.now() - timedelta(days=10)
        assert AccountEvent.objects.filter(kind="probed").get().at > limit
        assert set(Alert.objects.values_list("subject", flat=True)) == {"account:9", "pool"}
        waiting, young = Delivery.objects.order_by("created_at")
        assert waiting.event == "alert.pool_empty"  # still on its way
        assert young.created_at > limit

    def test_many_events_go_in_several_transactions(self) -> None:
        account, at = make_account(), timezone.now() - timedelta(days=20)
        events = timeline.PRUNED_AT_ONCE + 5
        AccountEvent.objects.bulk_create(
            AccountEvent(account=account, kind=AccountEvent.Kind.PROBED, at=at) for _ in range(events)
        )
        assert account_events_prune(older_than=at + timedelta(days=1)) == events
