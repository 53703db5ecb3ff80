"""Structured logs: one event a line, with request and generation id, and no secrets."""

from __future__ import annotations

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

HIDDEN = "[hidden]"
# What must never reach a log, wherever it stands in a line.
_SECRETS = (
    re.compile(
        r"(?P<keep>\b(?:sessionid(?:_ss)?|sid_tt|uid_tt(?:_ss)?|sid_guard)[\"']?\s*[=:]\s*[\"']?)[^\s;,\"'&]+", re.I
    ),
    re.compile(r"(?P<keep>\b(?:cookie|authorization|x-api-key|api-key)[\"']?\s*[=:]\s*[\"']?)[^\r\n]+", re.I),
    re.compile(r"(?P<keep>\bBearer\s+)\S+(?:(?<=,)\s*\S+)*", re.I),
    re.compile(r"(?P<keep>\bjm-)[A-Za-z0-9_-]{20,}"),
    # Links by which logins are renewed: whoever has the address may use it.
    re.compile(r"(?P<keep>/renew/)[^\s/\"']+"),
    # Signed addresses: the signature goes, the rest stays readable.
    re.compile(r"(?P<keep>[?&](?:x-signature|x-expires|X-Amz-[A-Za-z-]+|s|sign|sig|token)=)[^\s&\"']+", re.I),
)
_SECRET_NAME = re.compile(r"sessionid(?:_ss)?|sid_tt|uid_tt(?:_ss)?|sid_guard|cookie|authorization|x-api-key", re.I)


def hide_secrets(text: str) -> str:
    """The text with sessionids, keys, cookies and signatures replaced."""
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: found.group("keep") + HIDDEN, text)
    return text


def _hide(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _hide_under(key, value) for key, value in event.items()}


def _hide_under(key: Any, value: Any) -> Any:
    """A text under the name of a secret is one, whatever it looks like."""
    return HIDDEN if isinstance(value, str) and value and _SECRET_NAME.fullmatch(str(key)) else _hide_value(value)


def _hide_value(value: Any) -> Any:
    if isinstance(value, str):
        return hide_secrets(value)
    if isinstance(value, dict):
        return {key: _hide_under(key, each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_hide_value(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return hide_secrets(str(value))  # a request, say, whose text holds its path


class PagesOnly(logging.Filter):
    """Drops Django's line about a 5xx of the API: explained ones are no errors, bugs are logged once already."""

    PAGES = ("/admin/", "/renew/")

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return path.startswith(self.PAGES) or path == ""


def logging_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """A `LOGGING` dict: everything, Django's and gunicorn's records too, goes to standard error in one format."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    _hide,
                    renderer,
                ],
            }
        },
        "filters": {"pages_only": {"()": PagesOnly}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "httpx": {"level": "WARNING"},  # logs whole addresses at INFO
            "aiohttp": {"level": "WARNING"},
            "django.request": {"level": "ERROR", "filters": ["pages_only"]},
            "gunicorn": {"handlers": [], "propagate": True},
            "gunicorn.access": {"level": "WARNING"},  # a line a request costs more than it tells
        },
    }
