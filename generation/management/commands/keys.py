"""`manage.py keys list|create|show|update|revoke|usage`: API keys for those who live in a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.api_keys import api_key_mint, api_key_new_webhook_secret, api_keys_enable, api_keys_revoke
from accounts.models import ApiKey
from generation.key_limits import key_standing
from generation.key_usage import PERIODS, KeyUsage, Period, keys_usage
from generation.management import key_facts
from generation.management.key_options import add_options, change, changes_of


class Command(BaseCommand):
    help = "List, make, change and revoke API keys, and see what they use. Every subcommand knows --json."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
        listing = commands.add_parser("list", help="all keys, with their use of today")
        create = commands.add_parser("create", help="make a key and print it: it is shown only this once")
        create.add_argument("new_name", metavar="NAME", help="who or what will use it")
        show = commands.add_parser("show", help="all about one key")
        update = commands.add_parser("update", help="change what a key may do")
        update.add_argument("--name", dest="new_name", help="call it so from now on")
        switch = update.add_mutually_exclusive_group()
        switch.add_argument("--enable", dest="enabled", action="store_true", default=None)
        switch.add_argument("--disable", dest="enabled", action="store_false", default=None)
        revoke = commands.add_parser("revoke", help="end a key for good; what it made stays in the history")
        usage = commands.add_parser("usage", help="what keys have used today, in 7 and in 30 days")
        for command in (show, update, revoke):
            command.add_argument("key", metavar="KEY", help="its name, its beginning (jm-…) or its id")
        usage.add_argument("key", metavar="KEY", nargs="?", help="one key; all if left out")
        for command in (create, update):
            add_options(command)
            command.add_argument(
                "--new-webhook-secret", action="store_true", help="make one and print it: it is shown only this once"
            )
        for command in (listing, create, show, update, revoke, usage):
            command.add_argument("--json", action="store_true", dest="as_json", help="facts for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['what']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        keys = list(_keys())
        used = {pk: usages["today"] for pk, usages in keys_usage([key.pk for key in keys], at=now).items()}
        if options["as_json"]:
            self._print([_facts(key) | {"today": key_facts.usage_facts(used[key.pk])} for key in keys])
            return
        rows = [key_facts.list_row(key, used[key.pk], at=now) for key in keys]
        self.stdout.write(key_facts.table(key_facts.COLUMNS, rows))

    def _create(self, options: dict[str, Any]) -> None:
        changes, name = changes_of(options), options["new_name"]
        if ApiKey.objects.filter(name=name).exists():  # the other verbs find keys by their names
            raise CommandError(f"There is a key of the name {name!r} already.")
        with transaction.atomic():
            key, text = api_key_mint(name=name)
            change(key, changes)
            secret = api_key_new_webhook_secret(api_key=key) if options["new_webhook_secret"] else None
        if options["as_json"]:
            shown = {"key": text} | ({} if secret is None else {"webhook_secret": secret})
            self._print(_facts(_fresh(key)) | shown)
            return
        self.stderr.write("It is shown only this once:")
        self.stdout.write(text)
        if secret is not None:
            self.stdout.write(secret)

    def _show(self, options: dict[str, Any]) -> None:
        key, now = _find(options["key"]), timezone.now()
        facts = _facts(key) | {
            "now": key_facts.standing_facts(key_standing(key, at=now)),
            "usage": _usage_facts(keys_usage([key.pk], at=now, periods=PERIODS)[key.pk]),
        }
        if options["as_json"]:
            self._print(facts)
            return
        lines = {name: value for name, value in facts.items() if name not in ("now", "usage")} | facts["now"]
        first, *rows = [(name, key_facts.plain(value)) for name, value in lines.items()]
        self.stdout.write(key_facts.table(first, rows))

    def _update(self, options: dict[str, Any]) -> None:
        key, changes = _find(options["key"]), changes_of(options)
        if options["new_name"] is not None:
            changes.fields["name"] = options["new_name"]
        if options["enabled"] and key.is_revoked:
            raise CommandError(f"{key.name} is revoked: it never works again.")
        with transaction.atomic():
            change(key, changes)
            if options["enabled"] is not None:
                api_keys_enable(api_key_ids=[key.pk], enabled=options["enabled"])
            secret = api_key_new_webhook_secret(api_key=key) if options["new_webhook_secret"] else None
        if options["as_json"]:
            self._print(_facts(_fresh(key)) | ({} if secret is None else {"webhook_secret": secret}))
            return
        self.stderr.write(f"{key.name}: changed. It works so within five seconds.")
        if secret is not None:
            self.stdout.write(secret)

    def _revoke(self, options: dict[str, Any]) -> None:
        key = _find(options["key"])
        done = api_keys_revoke(api_key_ids=[key.pk])
        if options["as_json"]:
            self._print(_facts(_fresh(key)))
        else:
            self.stderr.write(f"{key.name}: {'revoked' if done else 'was revoked before'}.")

    def _usage(self, options: dict[str, Any]) -> None:
        keys = [_find(options["key"])] if options["key"] else list(_keys())
        used = keys_usage([key.pk for key in keys], at=timezone.now(), periods=PERIODS)
        if options["as_json"]:
            self._print([{"id": key.pk, "name": key.name, "usage": _usage_facts(used[key.pk])} for key in keys])
            return
        rows = [key_facts.usage_row(key, period, usage) for key in keys for period, usage in used[key.pk].items()]
        self.stdout.write(key_facts.table(key_facts.USAGE_COLUMNS, rows))

    def _print(self, facts: Any) -> None:
        self.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2))


def _keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.select_related("owner").prefetch_related("allowed_accounts").order_by("name", "pk")


def _fresh(key: ApiKey) -> ApiKey:
    return _keys().get(pk=key.pk)


def _find(given: str) -> ApiKey:
    """By name, else by the beginning of the key, else by id. Raises CommandError."""
    ways: list[dict[str, Any]] = [{"name": given}]
    if given.startswith("jm-"):
        ways.append({"prefix": given[:9]})
    if given.isascii() and given.isdigit() and len(given) < 19:
        ways.append({"pk": int(given)})
    for way in ways:
        found = list(_keys().filter(**way)[:2])
        if len(found) > 1:
            raise CommandError(f"Several keys are called {given!r}: give the id.")
        if found:
            return found[0]
    raise CommandError(f"There is no key {given!r}.")


def _facts(key: ApiKey) -> dict[str, Any]:
    return key_facts.facts_of(key, at=timezone.now())


def _usage_facts(usages: Mapping[Period, KeyUsage]) -> dict[str, dict[str, int]]:
    return {period: key_facts.usage_facts(usage) for period, usage in usages.items()}
