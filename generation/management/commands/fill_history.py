"""`manage.py fill_history --generations 1000000`: fills a scratch database with a history nobody asked for.

For measuring and for looking at the pages with much in them. Nothing of it was ever sent to Jimeng; its files do
not exist.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from accounts.api_keys import api_key_mint
from accounts.models import Account, AccountEvent, ApiKey, CreditSnapshot
from accounts.services import account_add
from generation.management.filling import DAYS, EVENT_FIELDS, GENERATION_FIELDS, MEDIA_FIELDS, Writer, moments
from generation.models import Generation, GenerationEvent, Media
from generation.usage import usage_rebuild
from generation.word_index import index_all, settled_until
from jimeng_site.sql import insert_rows, load_rows

BATCH = 5000
PARTS_OF_NEWEST = 0.1  # share of the generations that get events and files: the newest

Health, Reason = Account.Health, Account.RestReason


class Command(BaseCommand):
    help = "Fill a scratch database with accounts, keys and generations of the last 90 days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--generations", type=int, default=1_000_000)
        parser.add_argument("--accounts", type=int, default=200)
        parser.add_argument("--keys", type=int, default=20)
        parser.add_argument("--add", action="store_true", help="although there are generations already")

    def handle(self, *args: Any, **options: Any) -> None:
        if Generation.objects.exists() and not options["add"]:
            raise CommandError("This database holds generations: it is no scratch database. --add adds to them.")
        chance, now = random.Random(4), timezone.localtime()  # noqa: S311  (no secret: the same each time)
        with transaction.atomic():
            accounts = _accounts(options["accounts"], at=now, chance=chance)
            keys = [api_key_mint(name=f"client {number:02d}")[0] for number in range(1, options["keys"] + 1)]
        self._generations(options["generations"], accounts, keys, at=now, chance=chance)
        hours = sum(1 for _ in usage_rebuild())
        for _ in index_all(upto=settled_until(now)):
            pass
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")  # as it does on its own in time; SQLite has no statistics here, as in life
        self.stdout.write(f"Done; the sums of {hours} hours are made.")

    def _generations(
        self, count: int, accounts: list[Account], keys: list[ApiKey], *, at: datetime, chance: random.Random
    ) -> None:
        newest = Generation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        writer = Writer(accounts=accounts, keys=keys, first_id=newest + 1, chance=chance)
        times = moments(count, until=at - timedelta(minutes=10), chance=chance)
        for begin in range(0, count, BATCH):
            batch = times[begin : begin + BATCH]
            with_parts = begin + len(batch) > count * (1 - PARTS_OF_NEWEST)
            stories = list(writer.stories(batch, with_parts=with_parts))
            with transaction.atomic():
                load_rows(Generation, GENERATION_FIELDS, [story.row for story in stories])
                load_rows(GenerationEvent, EVENT_FIELDS, [each for story in stories for each in story.events])
                load_rows(Media, MEDIA_FIELDS, [each for story in stories for each in story.media])
            if begin % (BATCH * 20) == 0:
                self.stdout.write(f"{begin + len(stories)} of {count}")
        with connection.cursor() as cursor:  # the primary keys were ours: PostgreSQL's own counter must follow
            for statement in connection.ops.sequence_reset_sql(no_style(), [Generation]):
                cursor.execute(statement)


def _accounts(count: int, *, at: datetime, chance: random.Random) -> list[Account]:
    """Most are well; some rest, are expired, dry or switched off. Their logins are made up and are never probed."""
    accounts = [
        account_add(sessionid=f"filled-{number:04d}-{chance.getrandbits(64):016x}")[0] for number in range(count)
    ]
    events: list[tuple[Any, ...]] = []
    for number, account in enumerate(accounts):
        account.name = f"studio {number:03d}"
        account.tags = [chance.choice(("fast", "video", "studio", "夜间"))]
        account.probe_due_at, account.probed_at = None, at - timedelta(hours=chance.uniform(0, 6))
        account.last_used_at = at - timedelta(minutes=chance.expovariate(1 / 300))
        account.login_since = at - timedelta(days=chance.uniform(1, 50))
        account.login_expires_at = account.login_since + timedelta(days=60)
        account.credits_at, account.gift_credits = account.probed_at, chance.randrange(0, 130)
        account.purchase_credits, account.vip_credits = chance.choice((0, 0, 0, 500, 2000)), 0
        account.gift_expires_at = at.replace(hour=23, minute=59, second=59)
        account.checked_in_on = at.date() if chance.random() < 0.9 else None
        account.health = Health.ALIVE
        _ails(account, number, at=at)
        _snapshots(account, at=at, chance=chance)
        account.save()
        events += _events(account, at=at, chance=chance)
    insert_rows(AccountEvent, ("account", "kind", "at", "actor", "detail"), events)
    return accounts


def _ails(account: Account, number: int, *, at: datetime) -> None:
    """Every so many are unwell, each in its way."""
    if number % 20 == 7:
        account.health, account.ill_since = Health.EXPIRED, at - timedelta(hours=number % 48)
        account.last_error_code, account.last_error_at = "1015", account.ill_since
    elif number % 20 == 11:
        account.health, account.ill_since = Health.RESTING, at - timedelta(minutes=50)
        account.rest_until, account.rest_reason = at + timedelta(hours=2), Reason.RISK_HOLD
    elif number % 20 == 13:
        account.gift_credits, account.purchase_credits = 0, 0
    elif number % 20 == 17:
        account.enabled = False


def _events(account: Account, *, at: datetime, chance: random.Random) -> list[tuple[Any, ...]]:
    """A probe every six hours and a check-in a day."""
    kinds = AccountEvent.Kind
    days = [at - timedelta(days=day) for day in range(DAYS, 0, -1)]
    probes: list[tuple[Any, ...]] = [
        (account.pk, kinds.PROBED, day + timedelta(hours=6 * part), "", {}) for day in days for part in range(4)
    ]
    gifts = [(account.pk, kinds.CHECKED_IN, day, "", {"credits": chance.randrange(60, 130)}) for day in days]
    return sorted([*probes, *gifts], key=lambda event: event[2])


def _snapshots(account: Account, *, at: datetime, chance: random.Random) -> None:
    """A gift each morning that is used up during the day, more or less."""
    rows: list[tuple[Any, ...]] = []
    for day in range(DAYS, -1, -1):
        gift = chance.randrange(60, 130)
        for part in range(4):
            when = at - timedelta(days=day, hours=-6 * part)
            if when <= at:
                rows.append(
                    (account.pk, max(0, gift - part * chance.randrange(10, 40)), account.purchase_credits, 0, when)
                )
    if account.credits != 0:
        account.gift_credits = rows[-1][1]
    insert_rows(CreditSnapshot, ("account", "gift", "purchase", "vip", "at"), rows)
