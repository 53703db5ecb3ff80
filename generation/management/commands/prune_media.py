"""`manage.py prune_media [--dry-run] [--orphans] [--days N] [--gb X]`: applies the retention policy now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import ApiKey
from generation.orphans import orphans_find, orphans_remove
from generation.retention import Amount, Going, Policy, Rule, policy_in_force, retention_plan, retention_run
from generation.retention_notes import plan_note

EXAMPLES = 5


class Command(BaseCommand):
    help = (
        "Remove the files of results that the retention policy no longer keeps: tells what goes by which rule, and "
        "then does it, without asking. Pinned files stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell what would go")
        parser.add_argument("--orphans", action="store_true", help="files that no record names, instead of the policy")
        parser.add_argument("--days", type=int, metavar="N", help="instead of JIMENG_KEEP_DAYS; 0: for ever")
        parser.add_argument("--gb", type=float, metavar="X", help="instead of JIMENG_KEEP_GB; 0: no limit")

    def handle(self, *args: Any, **options: Any) -> None:
        days, gb = options["days"], options["gb"]
        if (days is not None and days < 0) or (gb is not None and not 0 <= gb < float("inf")):
            raise CommandError("--days and --gb must not be negative.")
        if options["orphans"] and not (days is None and gb is None):
            raise CommandError("--orphans has nothing to do with --days and --gb: give it alone.")
        if options["orphans"]:
            self._orphans(dry_run=options["dry_run"])
        else:
            self._policy(policy_in_force(keep_days=days, keep_gb=gb), dry_run=options["dry_run"])

    def _orphans(self, *, dry_run: bool) -> None:
        at = timezone.now()
        if not dry_run:
            self.stdout.write(f"{orphans_remove(at=at)} files that no record names are deleted.")
            return
        found = 0
        for name in orphans_find(at=at):
            found += 1
            self.stdout.write(name)
        self.stdout.write(f"{found} files are named by no record.")

    def _policy(self, policy: Policy, *, dry_run: bool) -> None:
        at = timezone.now()
        plan = retention_plan(at=at, policy=policy)
        self.stdout.write(f"stored: {_amount(plan.room.all)}, pinned of it: {_amount(plan.room.pinned)}")
        names = dict(ApiKey.objects.filter(pk__in=policy.key_days).values_list("pk", "name"))
        for going in plan.going:
            self.stdout.write(f"{_reason(going, policy, names)}: {_amount(going.amount)}")
            self.stdout.write(
                "  " + ", ".join(going.examples[:EXAMPLES]) + (", …" if going.amount.files > EXAMPLES else "")
            )
        self.stdout.write(f"in total: {_amount(plan.all_going)}")
        if dry_run:
            return
        removed = retention_run(at=at, policy=policy)
        self.stdout.write(f"removed: {_amount(Amount(files=removed.files, size_bytes=removed.size_bytes))}")
        plan_note(retention_plan(at=timezone.now()))


def _amount(amount: Amount) -> str:
    return f"{amount.files} files, {amount.size_bytes / 10**6:.1f} MB"


def _reason(going: Going, policy: Policy, names: dict[int, str]) -> str:
    match Rule(going.rule):
        case Rule.TRASH:
            return f"in the trash for {policy.trash_days} days"
        case Rule.KEY:
            return f"older than {policy.key_days[going.key_id]} days, of the key {names.get(going.key_id, '?')}"
        case Rule.AGE:
            return f"older than {policy.keep_days} days"
        case Rule.SIZE:
            return f"beyond {policy.keep_bytes / 10**9:g} GB, the oldest first"
