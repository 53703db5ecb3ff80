"""Logs: nothing secret gets in, whatever is logged, and each line says whose request it was."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.http import HttpRequest
from django.test import RequestFactory

from jimeng_site.logs import HIDDEN, PagesOnly, hide_secrets, logging_config

SESSION = "0123456789abcdef0123456789abcdef"
KEY = "jm-" + "Ab3_-" * 8 + "xyz"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"sessionid={SESSION}", "sessionid="),
        (f"sessionid_ss={SESSION}; uid_tt={SESSION}; x=1", "x=1"),
        (f"sid_tt: {SESSION}, next", "next"),
        (f"sid_guard={SESSION}%7C1768097919%7C5184000 next", "next"),
        (f'{{"sessionid": "{SESSION}", "name": "cat"}}', '"name": "cat"'),
        (f"{{'sessionid': '{SESSION}', 'name': 'cat'}}", "'name': 'cat'"),
        (f"SESSIONID={SESSION}", "SESSIONID="),
        (f"Cookie: _tea_web_id=7; sessionid={SESSION}; x={SESSION}\nnext line", "next line"),
        (f'"cookie": "a={SESSION}; b={SESSION}"', "cookie"),
        (f"Authorization: Bearer {KEY}", "Authorization"),
        (f"Bearer {SESSION}", "Bearer"),
        (f"bearer {SESSION},{SESSION}", "bearer"),
        (f"Bearer {SESSION}, {SESSION}", "Bearer"),
        (f"x-api-key: {KEY}", "x-api-key"),
        (f"the key {KEY} was used", "was used"),
        (f"https://cdn.test/a.webp?x-expires=1&x-signature={SESSION}&w=2", "w=2"),
        (f"https://cdn.test/a.webp?X-Amz-Signature={SESSION}&X-Amz-Security-Token={SESSION}", "a.webp"),
        (f"/media/med_1.webp?s={SESSION} 200", "/media/med_1.webp?s="),
        (f"?token={SESSION}&sign={SESSION}&sig={SESSION}", "?token="),
        (f"Not Found: /renew/{SESSION}.{SESSION}/", "/renew/"),
        (f"<ASGIRequest: POST '/renew/{SESSION}.{SESSION}/'>", "POST"),
    ],
)
def test_secrets_are_hidden_and_the_rest_is_kept(text: str, kept: str) -> None:
    hidden = hide_secrets(text)
    assert SESSION not in hidden
    assert KEY not in hidden
    assert HIDDEN in hidden
    assert kept in hidden


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A generation failed",
        "gen_0123456789abcdef01234567",
        "the sessionid has expired",
        "jm-abcdef is the prefix of a key",
        "https://cdn.test/a.webp?w=2048&format=webp",
        "资源 https://jimeng.jianying.com/ai-tool/home?type=image",
        "a cookie with sugar",
    ],
)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert hide_secrets(text) == text


def test_hiding_twice_changes_nothing() -> None:
    once = hide_secrets(f"Cookie: sessionid={SESSION}\nBearer {KEY} /media/x?s={SESSION}")
    assert hide_secrets(once) == once


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the configured logging writes as JSON, and the logging of before afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    out = io.StringIO()
    config = logging_config(level="INFO", as_json=True)
    config["handlers"]["stderr"]["stream"] = out
    config["loggers"] = {}
    logging.config.dictConfig(config)
    try:
        yield out
    finally:
        structlog.contextvars.clear_contextvars()
        root.handlers[:], root.level = before


def only(lines: io.StringIO) -> dict[str, Any]:
    (line,) = lines.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_is_json_with_the_request_and_what_was_added(lines: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="req_1")
    logging.getLogger("generation.engine").info("Failed: %s", "猫", extra={"action": "fail", "generation": "gen_1"})
    line = only(lines)
    assert (line["event"], line["level"], line["logger"]) == ("Failed: 猫", "info", "generation.engine")
    assert (line["request_id"], line["action"], line["generation"]) == ("req_1", "fail", "gen_1")
    assert line["timestamp"].endswith("Z")


def test_what_is_added_is_hidden_wherever_it_stands(lines: io.StringIO) -> None:
    logging.getLogger("x").warning(
        "sessionid=%s",
        SESSION,
        extra={
            "reason": f"Cookie: a={SESSION}",
            "sessionid": SESSION,
            "headers": {"Cookie": f"a={SESSION}", "accept": "*/*"},
            "tried": [f"Bearer {SESSION}", (f"?sign={SESSION}",)],
            "count": 3,
        },
    )
    assert SESSION not in lines.getvalue()
    line = only(lines)
    assert (line["headers"]["accept"], line["count"]) == ("*/*", 3)


def test_a_request_that_is_added_does_not_tell_the_path_of_a_renewal_link(lines: io.StringIO) -> None:
    """As Django does for the answers that it warns of."""
    request = RequestFactory().post(f"/renew/{SESSION}.{SESSION}/")
    extra = {"request": request, "status_code": 403}
    logging.getLogger("django.security.csrf").warning("Forbidden (%s): %s", "no cookie", request.path, extra=extra)
    assert SESSION not in lines.getvalue()
    line = only(lines)
    assert (line["status_code"], line["request"]) == (403, "<WSGIRequest: POST '/renew/[hidden]/'>")


def test_tracebacks_are_hidden_too(lines: io.StringIO) -> None:
    def fail() -> None:
        raise RuntimeError(f"sessionid={SESSION}")

    try:
        fail()
    except RuntimeError:
        logging.getLogger("x").exception("Broken")
    assert SESSION not in lines.getvalue()
    assert "RuntimeError: sessionid=[hidden]" in only(lines)["exception"]


@pytest.mark.parametrize(
    ("path", "is_logged"),
    [
        ("/admin/accounts/", True),
        ("/renew/x/", True),
        ("/v1/images/generations", False),
        ("/media/x", False),
        ("", True),
    ],
)
def test_djangos_own_line_about_a_5xx_is_for_pages(path: str, is_logged: bool) -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "Internal Server Error", None, None)
    if path:
        request = HttpRequest()
        request.path = path
        record.__dict__["request"] = request
    assert PagesOnly().filter(record) == is_logged
