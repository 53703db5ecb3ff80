"""`manage.py alerts list|test CHANNEL`: what is wrong now, and whether a channel works."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import services as accounts
from accounts.alert_reasons import reason
from accounts.alert_words import sentence
from accounts.display import moment
from accounts.models import Alert, AlertChannel
from generation.engine.deliveries import deliver_now

WAIT_S = 15.0


class Command(BaseCommand):
    help = "List the alerts that are open, or send a test to a channel."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="the alerts that are open")
        listing.add_argument("--all", action="store_true", help="those that are over as well")
        listing.add_argument("--json", action="store_true", help="print JSON")
        test = verbs.add_parser("test", help="send a test and wait for what comes of it")
        test.add_argument("channel", help="the name of the channel")
        test.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "list":
            self._list(with_old=options["all"], as_json=options["json"])
        else:
            self._test(options["channel"], as_json=options["json"])

    def _list(self, *, with_old: bool, as_json: bool) -> None:
        alerts = Alert.objects.all() if with_old else Alert.objects.filter(resolved_at__isnull=True)
        if as_json:
            self.stdout.write(json.dumps([_facts(each) for each in alerts], ensure_ascii=False))
            return
        for alert in alerts:
            state = "open" if alert.resolved_at is None else f"over since {moment(alert.resolved_at)}"
            why = reason(alert.kind, alert.detail, at=timezone.now())
            self.stdout.write(f"{moment(alert.first_at)}  {sentence(alert)} ({state}). {why}".rstrip())
        if not alerts:
            self.stdout.write("Nothing is wrong." if not with_old else "No alert yet.")

    def _test(self, name: str, *, as_json: bool) -> None:
        channel = AlertChannel.objects.filter(name=name).first()
        if channel is None:
            raise CommandError("There is no channel of that name.")
        delivery = accounts.channel_test(channel=channel, at=timezone.now())
        deliver_now(only=delivery.pk)  # unless the running gateway is quicker: then it is waited for
        until = time.monotonic() + WAIT_S
        delivery.refresh_from_db()
        while delivery.due_at is not None and time.monotonic() < until:
            time.sleep(0.2)
            delivery.refresh_from_db()
        error = delivery.last_error
        if as_json:
            facts = {"channel": channel.name, "state": delivery.progress, "error": error, "id": delivery.message_id}
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
        elif not error:
            self.stdout.write(f"{channel.name}: {delivery.get_progress_display()}")
        if error:
            raise CommandError(f"{channel.name}: {error}")


def _facts(alert: Alert) -> dict[str, Any]:
    return {
        "kind": alert.kind,
        "about": alert.label,
        "text": sentence(alert),
        "detail": alert.detail,
        "count": alert.count,
        "since": alert.first_at.isoformat(),
        "last_seen": alert.last_at.isoformat(),
        "told": alert.told_at.isoformat() if alert.told_at else None,
        "over_since": alert.resolved_at.isoformat() if alert.resolved_at else None,
    }
