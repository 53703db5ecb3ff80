"""A pool of one expired, one dry, one held, one busy and one good account: nobody notices, and all come back."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html import unescape

import httpx

from tests.live import Gateway, Sandbox, images_body, wait_until

REQUESTS = 100
PASSWORD = "a password for this test alone"
DEAD, DRY, HELD, BUSY, GOOD = ACCOUNTS = (
    "sb-dead--expired",
    "sb-dry--nocredits",
    "sb-held--riskhold",
    "sb-busy--busy",
    "sb-thegood",
)
ILL = {
    DEAD: ("expired", ""),
    DRY: ("resting", "no_credits"),
    HELD: ("resting", "risk_hold"),
    BUSY: ("resting", "busy"),
}
IN_WORDS = {DEAD: "expired", DRY: "out of credits", HELD: "held by risk control", BUSY: "too many tasks at once"}


class Admin:
    """A browser of the operator."""

    def __init__(self, gateway: Gateway) -> None:
        self._http = httpx.Client(base_url=gateway.url, timeout=30, trust_env=False, follow_redirects=True)
        login = self._http.get("/admin/login/")
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', login.text)[0]
        given = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token}
        page = self._http.post("/admin/login/", data=given, headers={"Referer": str(login.url)})
        assert page.status_code == 200
        assert "/admin/login/" not in str(page.url)

    def close(self) -> None:
        self._http.close()

    def accounts(self) -> dict[str, str]:
        """What the list says of each, by the end of its sessionid."""
        page = self._http.get("/admin/accounts/account/")
        assert page.status_code == 200
        found = re.findall(r"<tr.*?</tr>", page.text, re.DOTALL)
        rows = [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]
        return {each: row for each in ACCOUNTS for row in rows if f"…{each[-4:]}" in row}


def health(gateway: Gateway) -> dict[str, tuple[str, str]]:
    tails = {each[-4:]: each for each in ACCOUNTS}
    rows = gateway.rows("SELECT sessionid_tail, health, rest_reason FROM accounts_account")
    return {tails[tail]: (state, reason) for tail, state, reason in rows}


def ask(gateway: Gateway, key: str, number: int) -> int:
    return httpx.post(
        f"{gateway.url}/v1/images/generations",
        json=images_body(prompt=f"five {number}"),
        headers={"Authorization": f"Bearer {key}"},
        timeout=180,
        trust_env=False,
    ).status_code


def ask_while_watching(gateway: Gateway, key: str, admin: Admin) -> None:
    """All requests at once; while they are served, the page and the database say what is wrong with whom."""

    def shown_ill() -> dict[str, str]:
        page = admin.accounts()
        return page if all(IN_WORDS[each] in page[each] for each in ILL) else {}

    def stored_ill() -> dict[str, tuple[str, str]]:
        found = health(gateway)
        return found if found.items() >= ILL.items() else {}

    with ThreadPoolExecutor(REQUESTS) as threads:
        answers = [threads.submit(ask, gateway, key, number) for number in range(REQUESTS)]
        page = wait_until(shown_ill, timeout_s=60, what="the admin shows four ill accounts with their reasons")
        stored = wait_until(stored_ill, timeout_s=60, what="so does the database")
        assert [answer.result() for answer in answers] == [200] * REQUESTS
    print(f"\n{REQUESTS} requests, {REQUESTS} × 200")
    for each in ACCOUNTS:
        print(f"{each:20} {stored[each]}  {page[each]}")
    assert not any(words in page[GOOD] for words in IN_WORDS.values())


def all_are_alive(gateway: Gateway) -> bool:
    return {state for state, _ in health(gateway).values()} == {"alive"}


def recovered_by_themselves(gateway: Gateway) -> set[str]:
    """Ends of the sessionids."""
    assert gateway.rows("SELECT count(*) FROM accounts_accountevent WHERE kind = 'woken'") == [(0,)]
    rows = gateway.rows(
        "SELECT DISTINCT a.sessionid_tail FROM accounts_accountevent e JOIN accounts_account a ON a.id = e.account_id "
        "WHERE e.kind = 'recovered'"
    )
    return {tail for (tail,) in rows}


def test_a_hundred_requests_succeed_and_each_account_comes_back_by_itself(
    new_sandbox: Callable[..., Sandbox], new_gateway: Callable[..., Gateway]
) -> None:
    sandbox = new_sandbox("--image-seconds", "0.3", "--media-scale", "0.05")
    gateway = new_gateway(
        sandbox,
        JIMENG_ACCOUNT_CONCURRENCY="5",
        JIMENG_PROBE_INTERVAL_S="3",
        JIMENG_RESTS="busy=8,risk_hold=12",
        DJANGO_SUPERUSER_USERNAME="admin",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    gateway.manage("createsuperuser", "--noinput", "--email", "operator@example.com")
    gateway.add_accounts(ACCOUNTS)
    key = gateway.new_key()
    gateway.start()
    with closing(Admin(gateway)) as admin:
        ask_while_watching(gateway, key, admin)
    ledger = sandbox.ledger()
    assert {each["account"] for each in ledger["submissions"]} == {"thegood"}
    assert (len(ledger["submissions"]), ledger["duplicate_submits"], ledger["violations"]) == (REQUESTS, 0, [])

    # The causes end, each by itself; nobody asks for anything, and nobody touches the admin.
    for each in (DEAD, HELD, BUSY):
        sandbox.account(each, faults="")
    sandbox.account(DRY, faults="", credits=66)
    wait_until(lambda: all_are_alive(gateway), timeout_s=120, what="all accounts are alive again")
    back = recovered_by_themselves(gateway)
    print(f"back by themselves: {sorted(back)}")
    assert {DEAD[-4:], HELD[-4:], BUSY[-4:]} <= back
    with ThreadPoolExecutor(20) as threads:
        more = [threads.submit(ask, gateway, key, REQUESTS + number) for number in range(20)]
        assert [answer.result() for answer in more] == [200] * 20
    served = {each["account"] for each in sandbox.ledger()["submissions"]}
    assert served == {"dead", "dry", "held", "busy", "thegood"}
