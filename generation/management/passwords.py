"""Passwords for commands: asked for, or read from the environment or standard input; never an argument."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError


def add_password_options(parser: ArgumentParser) -> None:
    parser.add_argument("--password-env", metavar="NAME", help="take the password from this environment variable")
    parser.add_argument("--password-stdin", action="store_true", help="take it from the first line of standard input")


def password_of(options: dict[str, Any], *, confirm: bool = False) -> str:
    """Raises CommandError if there is none and nobody to ask."""
    if options["password_env"]:
        password = os.environ.get(options["password_env"], "")
        if not password:
            raise CommandError(f"The environment variable {options['password_env']} is empty.")
        return password
    if options["password_stdin"]:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandError("A password is needed: use --password-env or --password-stdin.")
    password = getpass.getpass("Password of the bundle: ")
    if confirm and getpass.getpass("Again: ") != password:
        raise CommandError("The two passwords are not the same.")
    return password
