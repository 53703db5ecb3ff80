"""System checks: mistakes between settings, found before the first request."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  (Django's own name)

from accounts import vault
from accounts.rotation import rests_with

OFFICIAL_UPSTREAM = "https://jimeng.jianying.com"


@register
def check_words(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """Settings that are one of a few words."""
    found: list[CheckMessage] = []
    if settings.JIMENG_RESULT_URL not in ("media", "upstream"):
        found.append(Error("JIMENG_RESULT_URL must be media or upstream.", id="accounts.E004"))
    if settings.JIMENG_CHAT_PROGRESS not in ("reasoning", "content", "silent"):
        found.append(Error("JIMENG_CHAT_PROGRESS must be reasoning, content or silent.", id="accounts.E007"))
    if settings.JIMENG_UPLOAD_SCHEME not in ("https", "http"):
        found.append(Error("JIMENG_UPLOAD_SCHEME must be https or http.", id="accounts.E007"))
    return found


@register
def check_rests(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    try:
        rests_with(settings.JIMENG_RESTS)
    except ValueError as error:
        return [
            Error(
                f"JIMENG_RESTS cannot be read: {error}.",
                hint="Seconds by reason, for example busy=3,risk_hold=7200.",
                id="accounts.E012",
            )
        ]
    return []


@register
def check_settings(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.JIMENG_UPSTREAM not in ("jimeng", "sandbox"):
        found.append(Error("JIMENG_UPSTREAM must be jimeng or sandbox.", id="accounts.E001"))
    elif settings.JIMENG_UPSTREAM == "sandbox" and settings.JIMENG_BASE_URL == OFFICIAL_UPSTREAM:
        found.append(
            Error(
                "JIMENG_UPSTREAM is sandbox, but JIMENG_BASE_URL is the real Jimeng.",
                hint="Point JIMENG_BASE_URL and JIMENG_IMAGEX_URL at `python manage.py sandbox`.",
                id="accounts.E002",
            )
        )
    if settings.JIMENG_ENGINE != "embedded":
        found.append(Error("JIMENG_ENGINE must be embedded: no other engine is built yet.", id="accounts.E003"))
    for key in vault.encryption_keys():
        try:
            Fernet(key)
        except ValueError:
            found.append(
                Error(
                    "JIMENG_ENCRYPTION_KEYS, or encryption_key in the data folder, holds what is no Fernet key.",
                    hint="Make one with Fernet.generate_key() of the package cryptography.",
                    id="accounts.E005",
                )
            )
    if settings.JIMENG_WAIT_TIMEOUT >= 600:
        found.append(
            Warning(
                "JIMENG_WAIT_TIMEOUT is not below 600 s: the OpenAI SDKs give up first and ask again.",
                id="accounts.W001",
            )
        )
    if settings.HOST in ("0.0.0.0", "::") and not settings.PUBLIC_BASE_URL:  # noqa: S104
        found.append(
            Warning(
                "The gateway listens on all addresses, but PUBLIC_BASE_URL is not set.",
                hint="Set PUBLIC_BASE_URL to the address that clients use, and put HTTPS in front.",
                id="accounts.W002",
            )
        )
    if settings.JIMENG_DATABASE_LANES < 1 or settings.JIMENG_ACCOUNT_CONCURRENCY < 1:
        found.append(
            Error("JIMENG_DATABASE_LANES and JIMENG_ACCOUNT_CONCURRENCY must be at least 1.", id="accounts.E006")
        )
    return found
