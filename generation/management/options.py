"""What `manage.py accounts` may be told."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError

from accounts.models import BulkTask
from generation.management.passwords import add_password_options

WORK = {"probe": BulkTask.Kind.PROBE, "checkin": BulkTask.Kind.CHECK_IN, "testproxy": BulkTask.Kind.PROXY_TEST}

MOST_HOURS = 24 * 365  # longer is what `disable` is for


def add_verbs(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, words in (
        ("list", "list accounts; all of the pool if none are named"),
        ("show", "show all that is known of accounts, with their latest events"),
        ("probe", "look whether logins live and what their balances are; costs nothing"),
        ("checkin", "ask for today's gift"),
        ("testproxy", "look whether Jimeng can be reached through their proxies"),
        ("rest", "send accounts to rest for a while"),
        ("wake", "end rests and forget failures"),
        ("enable", "let the pool use accounts"),
        ("disable", "give nothing new to accounts"),
        ("remove", "delete accounts; their generations stay"),
        ("export", "write accounts to an encrypted bundle"),
    ):
        _add_verb(verbs.add_parser(verb, help=words), verb)
    _add_import(verbs.add_parser("import", help="store the logins of a file; the same formats as in the admin"))


def _add_verb(parser: ArgumentParser, verb: str) -> None:
    if verb == "export":
        parser.add_argument("file", help="where to write; - for standard output")
        parser.add_argument("--force", action="store_true", help="replace the file if it exists")
        add_password_options(parser)
    parser.add_argument("account", nargs="*", help="number, name, or the end of a sessionid as …abcd")
    parser.add_argument("--all", action="store_true", help="all that the other options leave")
    parser.add_argument("--ill", action="store_true", help="those that cannot serve now or failed lately")
    parser.add_argument("--tag", action="append", default=[], help="those with this tag; several: all of them")
    parser.add_argument("--source", choices=["operator", "passthrough", "any"], default="operator")
    parser.add_argument("--json", action="store_true", help="print JSON")
    if verb == "rest":
        parser.add_argument("--hours", type=_hours, required=True, help=f"how long, up to {MOST_HOURS}")
    if verb == "remove":
        parser.add_argument("--yes", action="store_true", help="really")
    if verb in WORK:
        _add_wait(parser)


def _add_import(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="a file, or - for standard input")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument("--tag", action="append", help="a tag for all; may be given several times")
    parser.add_argument("--notes", default="", help="notes for those without")
    parser.add_argument("--update-known", action="store_true", help="give names, notes and tags to known ones, too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_password_options(parser)
    _add_wait(parser)


def _add_wait(parser: ArgumentParser) -> None:
    parser.add_argument("--no-wait", dest="wait", action="store_false", help="leave it to the gateway and return")


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= MOST_HOURS:  # "nan" is neither
        raise ArgumentTypeError(f"{text!r} is no number of hours above 0 and up to {MOST_HOURS}")
    return hours
