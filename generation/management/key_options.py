"""The options of `manage.py keys` that say what an API key may do, and what they mean."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.api_key_form import KEEP_DAYS_MAX, LIMITS
from accounts.forms import CommaSeparatedField
from accounts.models import Account, ApiKey
from generation.aliases import unknown_models

NOTHING: Final = ("none", "")  # takes a limit, a webhook or an owner away
AS_THE_GATEWAY: Final = -1  # `--keep-days none`
_PERIOD: Final = re.compile(r"(\d{1,5})([mhdw])")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_FORMATS: Final = {"default": "", **{each: each for each in ApiKey.ResponseFormat.values if each}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """`fields`: of the row. `accounts`: those that may serve it. None: as before."""

    fields: dict[str, Any]
    accounts: list[Account] | None


def add_options(parser: ArgumentParser) -> None:
    """All that an API key may be given. What is left out stays as it is; "none" takes it away."""
    parser.add_argument("--requests-per-minute", type=_limit, metavar="N|none")
    parser.add_argument("--concurrent-generations", type=_limit, metavar="N|none", help="requests under way at once")
    parser.add_argument("--credits-per-day", type=_limit, metavar="N|none")
    parser.add_argument("--models", metavar="A,B|all", help="models or aliases that it may use")
    parser.add_argument("--accounts", metavar="A,B|all", help="names or ids of the accounts that may serve it")
    parser.add_argument("--tags", metavar="A,B|all", help="accounts with one of these tags may serve it")
    parser.add_argument("--expires", type=_expiry, metavar="WHEN", help="30d, 12h, a date, a date with time, or never")
    parser.add_argument("--response-format", choices=list(_FORMATS))
    parser.add_argument("--downgrades", choices=ApiKey.Downgrades.values, help="whether a lower resolution will do")
    parser.add_argument("--webhook", metavar="URL|none", help="told when its pictures and videos are finished")
    parser.add_argument(
        "--keep-days", type=_keep_days, metavar="N|none", help="of its files; 0: for ever, none: as set"
    )
    parser.add_argument("--owner", metavar="USER|none")


def changes_of(options: Mapping[str, Any]) -> Changes:
    """What was asked for. Raises CommandError."""
    given = {name: value for name, value in options.items() if value is not None}
    fields: dict[str, Any] = {name: given[name] or None for name in LIMITS if name in given}
    for name, (field, stored) in _STORED.items():
        if name in given:
            fields[field] = stored(given[name])
    return Changes(fields=fields, accounts=_accounts(given["accounts"]) if "accounts" in given else None)


@transaction.atomic
def change(key: ApiKey, changes: Changes) -> None:
    """Store it. Raises CommandError if a value is not possible; nothing is stored then."""
    for name, value in changes.fields.items():
        setattr(key, name, value)
    try:
        key.clean_fields()
    except ValidationError as error:
        told = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise CommandError(told) from error
    if changes.fields:
        key.save(update_fields=list(changes.fields))
    if changes.accounts is not None:
        key.allowed_accounts.set(changes.accounts)


def _limit(text: str) -> int:
    """0: no limit."""
    if text in NOTHING:
        return 0
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**31:
        raise ArgumentTypeError(f"{text!r} is neither a whole number from 1 on nor none")
    return int(text)


def _keep_days(text: str) -> int:
    if text in NOTHING:
        return AS_THE_GATEWAY
    if not text.isascii() or not text.isdigit() or int(text) > KEEP_DAYS_MAX:
        raise ArgumentTypeError(f"{text!r} is neither a number of days up to {KEEP_DAYS_MAX}, nor 0, nor none")
    return int(text)


def _expiry(text: str) -> datetime | str:
    """ "": never."""
    if text in ("never", *NOTHING):
        return ""
    if period := _PERIOD.fullmatch(text):
        return timezone.now() + timedelta(seconds=int(period[1]) * _SECONDS[period[2]])
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no time: 30d, 12h, 2027-01-31, 2027-01-31T18:00 or never") from error
    return (
        found if timezone.is_aware(found) else timezone.make_aware(found, timezone.get_default_timezone())
    ).astimezone(UTC)


def _list(text: str) -> list[str]:
    parts: list[str] = CommaSeparatedField().to_python("" if text == "all" else text)
    return parts


def _models(text: str) -> list[str]:
    names = _list(text)
    if unknown := unknown_models(names):
        raise CommandError(f"There is no such model: {', '.join(unknown)}.")
    return names


def _accounts(text: str) -> list[Account]:
    """By name or id, each of which must mean one."""
    found = []
    for name in _list(text):
        by_id = Q(pk=int(name)) if name.isascii() and name.isdigit() and len(name) < 19 else Q()
        rows = list(Account.objects.filter(name=name)[:2]) or (list(Account.objects.filter(by_id)) if by_id else [])
        if len(rows) != 1:
            many = "Several accounts are" if rows else "No account is"
            raise CommandError(f"{many} called {name!r}.")
        found += rows
    return found


def _owner(name: str) -> Any:
    if name in NOTHING:
        return None
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user


# Options, the fields that they are about, and what is stored there.
_STORED: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "models": ("allowed_models", _models),
    "tags": ("allowed_tags", _list),
    "expires": ("expires_at", lambda given: given or None),
    "response_format": ("response_format", _FORMATS.__getitem__),
    "downgrades": ("downgrades", str),
    "keep_days": ("keep_days", lambda given: None if given == AS_THE_GATEWAY else given),
    "webhook": ("webhook_url", lambda given: "" if given in NOTHING else given),
    "owner": ("owner", _owner),
}
