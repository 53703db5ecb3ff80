"""`manage.py accounts …`: the pool for those who live in a terminal. Lives here because it may run probes itself."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import services
from accounts.describing import (
    ROW_HEAD,
    NoSuchAccount,
    accounts_named,
    described,
    events_described,
    row_of,
    table_of,
)
from accounts.models import Account, BulkTask
from accounts.querysets import AccountQuerySet
from generation.management.following import follow, task_described
from generation.management.importing import entries_of_file, export_to, import_dry, import_now
from generation.management.options import WORK, add_verbs

ACTOR = "terminal"


class Command(BaseCommand):
    help = (
        "The accounts: list, show, import, probe, check in, test proxies, rest, wake, enable, disable, remove, export."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_verbs(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options["verb"]
        if verb == "import":
            self._import(options)
            return
        chosen = _chosen(options, all_if_none=verb == "list")
        if verb in ("list", "show"):
            getattr(self, f"_{verb}")(chosen, options)
        elif verb in WORK:
            ids = [each.pk for each in chosen]
            task = services.bulk_task_start(kind=WORK[verb], account_ids=ids, at=timezone.now())
            self._follow(task, options)
        elif verb == "export":
            self._export(chosen, options)
        else:
            self._change(verb, chosen, options)

    def _list(self, chosen: Sequence[Account], options: dict[str, Any]) -> None:
        if options["json"]:
            self._print_json([described(each) for each in chosen])
            return
        for line in table_of([ROW_HEAD, *(row_of(each) for each in chosen)]):
            self.stdout.write(line)

    def _show(self, chosen: Sequence[Account], options: dict[str, Any]) -> None:
        told = [{**described(each), "events": events_described(each)} for each in chosen]
        if options["json"]:
            self._print_json(told)
            return
        for each in told:
            events = each.pop("events")
            for name, value in each.items():
                self.stdout.write(f"{name:18}  {_plain(value)}")
            for event in events:
                facts = ", ".join(f"{name}={value}" for name, value in event["detail"].items() if value is not None)
                self.stdout.write(f"  {event['at']}  {event['kind']}  {facts}".rstrip())
            self.stdout.write("")

    def _export(self, chosen: Sequence[Account], options: dict[str, Any]) -> None:
        bundle = export_to(options["file"], [each.pk for each in chosen], options)
        if options["json"] and options["file"] != "-":  # else the bundle itself is what is printed
            told = {"file": options["file"], "exported": bundle.count, "unreadable": list(bundle.unreadable)}
            self._print_json(told)
            return
        for name in bundle.unreadable:
            self.stderr.write(f"{name}: no key of ours opens its sessionid; it is not in the bundle.")
        self.stderr.write(f"{bundle.count} accounts exported.")

    def _change(self, verb: str, chosen: Sequence[Account], options: dict[str, Any]) -> None:
        ids = [each.pk for each in chosen]
        if verb == "rest":
            until = timezone.now() + timedelta(hours=options["hours"])
            done = services.accounts_rest(account_ids=ids, until=until, actor=ACTOR)
        elif verb == "wake":
            done = services.accounts_wake(account_ids=ids, actor=ACTOR)
        elif verb == "remove":
            done = self._remove(chosen, options)
        else:
            done = services.accounts_enable(account_ids=ids, enabled=verb == "enable", actor=ACTOR)
        if options["json"]:
            self._print_json({"chosen": len(ids), "changed": done})
        else:
            self.stdout.write(f"{done} of {len(ids)} changed.")

    def _remove(self, chosen: Sequence[Account], options: dict[str, Any]) -> int:
        if not options["yes"]:
            raise CommandError(f"{len(chosen)} accounts would be deleted with their logins: say --yes.")
        return services.accounts_remove(account_ids=[each.pk for each in chosen])

    def _import(self, options: dict[str, Any]) -> None:
        entries = entries_of_file(options["file"], options)
        if options["dry_run"]:
            self._tell_import(import_dry(entries, options), options)
            return
        told, done = import_now(entries, options, actor=ACTOR)
        if done.task is not None and options["wait"]:
            follow(done.task, tell=self.stderr.write)
        told["checks"] = task_described(done.task) if done.task is not None else None
        self._tell_import(told, options)
        if told["counts"]["bad"] == len(entries):
            raise CommandError("None of it could be read as a login.")

    def _tell_import(self, told: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self._print_json(told)
            return
        head = ("line", "what", "ends in", "name", "details")
        rows = [
            (str(each["line"]), each["verdict"], each["sessionid_ends_in"] or "–", each["name"], _details(each))
            for each in told["entries"]
        ]
        for line in table_of([head, *rows]):
            self.stdout.write(line)
        counts = ", ".join(f"{count} {verdict}" for verdict, count in told["counts"].items())
        self.stdout.write(f"{len(told['entries'])} entries: {counts}.")
        if "added" in told:
            self.stdout.write(f"{told['added'] + told['joined']} stored, {told['updated']} updated.")
            if told["checks"]:
                self._tell_task(told["checks"])
        else:
            self.stdout.write("Nothing was stored: this was a dry run.")

    def _follow(self, task: BulkTask, options: dict[str, Any]) -> None:
        if options["wait"]:
            follow(task, tell=self.stderr.write)
        told = task_described(task)
        if options["json"]:
            self._print_json(told)
        else:
            self._tell_task(told)

    def _tell_task(self, told: dict[str, Any]) -> None:
        if told["done"] < told["total"]:
            far = f"{told['done']} of {told['total']} done"
            self.stdout.write(f"{told['task']}: {far}; the gateway goes on with it as soon as it runs.")
            return
        for each in told["accounts"]:
            self.stdout.write(f"{each['name']}: {each['outcome']} {each['detail']}".rstrip())
        counts = ", ".join(f"{count} {outcome}" for outcome, count in told["outcomes"].items())
        self.stdout.write(f"{told['total']} accounts: {counts or 'none'}.")

    def _print_json(self, content: Any) -> None:
        self.stdout.write(json.dumps(content, ensure_ascii=False, indent=1))


def _plain(value: Any) -> str:
    """A fact for people: lists and tables in words."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {each}" for name, each in value.items() if each not in (None, "")) or "–"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return "–" if value in (None, "") else str(value)


def _details(entry: dict[str, Any]) -> str:
    return " · ".join(filter(None, (entry["account"], entry["reason"])))


def _chosen(options: dict[str, Any], *, all_if_none: bool) -> list[Account]:
    """The accounts that are meant, with their leases counted. Raises CommandError."""
    among: AccountQuerySet = Account.objects.all()
    if options["source"] != "any":
        among = among.filter(source=options["source"])
    if options["ill"]:
        among = among.ill(at=timezone.now())
    ids = None
    if options["tag"]:  # few accounts, and no query in JSON that all databases know
        wanted = set(options["tag"])
        ids = [pk for pk, tags in among.values_list("pk", "tags") if wanted <= set(tags)]
        among = among.filter(pk__in=ids)
    if options["account"]:
        try:
            among = among.filter(pk__in=accounts_named(options["account"], among=among))
        except NoSuchAccount as error:
            raise CommandError(str(error)) from error
    elif not (options["all"] or options["ill"] or options["tag"] or all_if_none):
        raise CommandError("Which accounts? Name them, or say --all, --ill or --tag.")
    return list(among.with_lease_count().order_by("pk"))
