"""Renewal links with the gateway and the sandbox running: live checks, and no trace of them in logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.live import Gateway, Sandbox, wait_until
from tests.live_admin import OPERATOR, Browser

HEADER = "sid_guard=sb-alice.2%7C1900000000%7C5184000%7Cx; sessionid=sb-alice.2"
ATTEMPTS = 5


class Stage(NamedTuple):
    gateway: Gateway
    sandbox: Sandbox
    operator: Browser
    owner: Browser


@pytest.fixture
def stage(new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]) -> Iterator[Stage]:
    """Two accounts that were found alive: alice is number 1, bob number 2."""
    sandbox = new_sandbox()
    gateway = new_gateway(sandbox, LOG_LEVEL="DEBUG", **OPERATOR)
    gateway.add_accounts(["sb-alice", "sb-bobby"])
    gateway.start()
    known = "SELECT count(*) FROM accounts_account WHERE upstream_user_id != ''"
    wait_until(lambda: gateway.rows(known) == [(2,)], timeout_s=20, what="both were probed alive")
    operator, owner = Browser(gateway), Browser(gateway)
    operator.sign_in()
    yield Stage(gateway, sandbox, operator, owner)
    operator.close()
    owner.close()


def pasted(owner: Browser, link: str, text: str) -> str:
    """What the page says once Jimeng was asked."""
    owner.page(link)
    assert owner.post(link, login=text).status_code == 200
    return wait_until(
        lambda: page if 'http-equiv="refresh"' not in (page := owner.http.get(link).text) else "",
        timeout_s=20,
        what="the login was checked",
    )


def account(gateway: Gateway, columns: str) -> tuple[object, ...]:
    return gateway.rows(f"SELECT {columns} FROM accounts_account WHERE id = 1")[0]


def test_the_same_user_renews_the_login_once(stage: Stage) -> None:
    link = stage.operator.renewal_link(1)
    before = account(stage.gateway, "web_id, uid_tt")
    stage.sandbox.account("sb-alice", faults="expired")
    assert "it is renewed" in pasted(stage.owner, link, HEADER)
    assert stage.owner.post(link, login="sb-alice.3").status_code == 404
    tail, expires, *device = account(stage.gateway, "sessionid_tail, login_expires_at, web_id, uid_tt")
    assert (tail, tuple(device)) == ("ce.2", before)
    assert str(expires).startswith("2030-05-16 17:46:40")
    events = stage.gateway.rows("SELECT actor FROM accounts_accountevent WHERE kind = 'renewed'")
    assert events == [("renewal link",)]
    alive = "SELECT health FROM accounts_account WHERE id = 1"
    wait_until(lambda: stage.gateway.rows(alive) == [("alive",)], timeout_s=20, what="it was probed alive")
    assert "used" in stage.operator.page("/admin/accounts/account/1/change/")
    assert stage.sandbox.ledger()["violations"] == []  # the device stayed the same
    no_trace_of(stage.gateway, link, "sb-alice", "1900000000")


def test_others_and_dead_ones_are_refused_until_the_attempts_are_used_up(stage: Stage) -> None:
    link = stage.operator.renewal_link(1)
    table = [
        ("sb-bobby.2", "another Jimeng user"),
        ("sb-bobby", "in use here already"),
        ("sb-alice.7--expired", "does not accept this login"),
        ("sb-alice.8--reset-before%40account", "could not be asked"),
    ]
    for text, said in table:
        page = pasted(stage.owner, link, text)
        assert said in page
        assert text not in page
    assert "Attempts left: 1." in stage.owner.page(link)
    assert "does not work any more" in pasted(stage.owner, link, "sb-bobby.3")
    assert stage.owner.post(link, login="sb-alice.2").status_code == 404  # the sixth, though it would be right
    assert account(stage.gateway, "sessionid_tail") == ("lice",)
    [(attempts, pasted_encrypted)] = stage.gateway.rows("SELECT attempts, pasted_encrypted FROM accounts_renewallink")
    assert (attempts, pasted_encrypted) == (ATTEMPTS, "")
    no_trace_of(stage.gateway, link, "sb-bobby", "sb-alice")


def test_a_login_that_another_account_has_is_refused(stage: Stage) -> None:
    stage.gateway.add_accounts(["sb-bobby"])
    assert "in use here already" in pasted(stage.owner, stage.operator.renewal_link(1), "sb-bobby")


def test_ended_tampered_and_revoked_links_are_all_the_same(stage: Stage) -> None:
    ended, revoked = stage.operator.renewal_link(1), stage.operator.renewal_link(1)
    stage.operator.post("/admin/accounts/account/1/renewal-link/2/revoke/")
    stage.gateway.manage(
        "shell",
        "-c",
        "from accounts.models import *; RenewalLink.objects.update(expires_at='2026-01-01T00:00:00Z')",
    )
    tampered = ended[:-2] + ("A/" if ended[-2] != "A" else "B/")
    for link in (ended, revoked, tampered, "/renew/nonsense/", "/renew/%00/"):
        assert "does not work any more" in stage.owner.page(link, status=404)
        assert stage.owner.post(link, login="sb-alice.2").status_code == 404
    stranger = Browser(stage.gateway)
    assert stranger.post(ended, login="sb-alice.2").status_code == 403  # no CSRF token
    stranger.close()
    assert stage.gateway.rows("SELECT sum(attempts) FROM accounts_renewallink") == [(0,)]
    no_trace_of(stage.gateway, *(link for link in (ended, revoked, tampered)))


def test_a_flood_of_text_is_turned_away(stage: Stage) -> None:
    link = stage.operator.renewal_link(1)
    stage.owner.page(link)
    assert stage.owner.post(link, login="x" * 2_000_000).status_code == 400
    no_trace_of(stage.gateway, link)


def no_trace_of(gateway: Gateway, *secrets: str) -> None:
    """Neither a link's token nor a sessionid was written to the log, at any level."""
    log = gateway.log_text()
    assert log
    for secret in secrets:
        part = secret.removeprefix("/renew/").rstrip("/").partition(".")[0] if secret.startswith("/") else secret
        assert part not in log, [line for line in log.splitlines() if part in line][:3]
